import { describe, expect, test, vi } from "vitest";
import type { Engine } from "../../../src/engine/engine.js";
import { OP_HEAD_COLUMNS } from "../../../src/engine/wasm/ops.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { lossConformance } from "../conformance/losses.js";
import { Bench, head } from "./kernel-runs.js";
import { VARIANTS } from "./variants.js";

for (const variant of VARIANTS) {
  const make = (): Engine => {
    const engine = new WasmEngine(variant.options);
    engine.core.headChunk = 1_000_000;
    return engine;
  };
  lossConformance(variant.name, make, variant.conformance);
}

describe("head and loss together", () => {
  test("go by blocks of the vocabulary above 65,536 weights, and by whole rows up to there", () => {
    const engine = new WasmEngine({ threads: 1 });
    const launch = vi.spyOn(engine.core, "launch");
    const byBlocks = (h: number, v: number): boolean => {
      launch.mockClear();
      head(new Bench(engine), 5, h, v);
      return launch.mock.calls.some(([op]) => op === OP_HEAD_COLUMNS);
    };
    expect([byBlocks(64, 1024), byBlocks(64, 1025)]).toEqual([false, true]);
    engine.close();
  });
});
