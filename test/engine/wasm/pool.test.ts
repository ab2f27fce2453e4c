import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { afterEach, describe, expect, it } from "vitest";
import { hasRelaxedSimd, hasSharedMemory, hasSimd, load } from "../../../src/engine/wasm/loader.js";
import { OP_NOTHING, OP_STALL } from "../../../src/engine/wasm/ops.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";

const engines: WasmEngine[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
});

async function startedEngine(threads: number): Promise<WasmEngine> {
  const engine = new WasmEngine({ threads, worthSharing: 0 });
  engines.push(engine);
  engine.core.launch(OP_NOTHING, 2);
  while (engine.core.pool!.started < threads - 1) await new Promise((r) => setTimeout(r, 5));
  return engine;
}

/** 2 · 3 on this engine. */
function six(engine: WasmEngine): number {
  const operand = (value: number) => {
    const buffer = engine.alloc("float32", 1);
    engine.write(buffer, [value]);
    return { buffer, offset: 0, shape: [1, 1], strides: [1, 1] };
  };
  const out = operand(0);
  engine.matmul(out, operand(2), operand(3));
  return engine.readSync(out.buffer)[0]!;
}

describe("worker pool", () => {
  it("raises an error when a worker stalls with work in hand, then goes on alone", async () => {
    const engine = await startedEngine(2);
    engine.core.pool!.timeoutMs = 50;
    expect(() => {
      // The stalling parts are for workers only, and this thread gives them time.
      for (let i = 0; i < 50; i++) engine.core.launch(OP_STALL, 4);
    }).toThrow(/^worker pool: .*, got no answer for 0.05 s\. The engine goes on with one thread/);
    expect(engine.core.pool!.broken).toBe(true);
    expect(engine.core.parts(1e9)).toBe(1);
    expect(six(engine)).toBe(6);
  });

  it("raises an error when a worker has ended, then goes on alone", async () => {
    const engine = await startedEngine(3);
    await engine.core.pool!.workers[0]!.terminate();
    await new Promise((r) => setTimeout(r, 20));
    expect(() => engine.core.launch(OP_NOTHING, 3)).toThrow(/^worker pool: .*, got a worker that ended/);
    expect(six(engine)).toBe(6);
  });

  it("starts no worker before a kernel is worth it", () => {
    const engine = new WasmEngine({ threads: 4 });
    engines.push(engine);
    expect(six(engine)).toBe(6);
    expect(engine.core.pool!.workers.length).toBe(0);
  });

  it("keeps no process alive, and the process ends clean", async () => {
    const folder = mkdtempSync(join(tmpdir(), "unrolled-pool-"));
    try {
      const file = join(folder, "main.mjs");
      const bundle = await rolldown({ input: join(import.meta.dirname, "fixture-two-threads.ts") });
      await bundle.write({ file, format: "esm" });
      const { status, stdout, stderr } = spawnSync(process.execPath, [file], { timeout: 30_000, encoding: "utf8" });
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "1 worker\n", stderr: "" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("loader", () => {
  it("finds on this Node: vectors, relaxed vectors, shared memory", () => {
    expect([hasSimd(), hasRelaxedSimd(), hasSharedMemory()]).toEqual([true, true, true]);
  });

  it("takes the fastest build by default, the named one if asked, and shares memory only when asked", () => {
    expect(load()).toMatchObject({ variant: "relaxed", shared: false });
    expect(load({ variant: "simd", shared: true })).toMatchObject({ variant: "simd", shared: true });
    expect(new WasmEngine({ variant: "simd" }).describe()).toEqual({ name: "wasm", variant: "simd", threads: 1 });
  });

  it("falls back to one thread in a page that is not cross-origin isolated", () => {
    const scope = globalThis as { crossOriginIsolated?: boolean };
    scope.crossOriginIsolated = false;
    try {
      const engine = new WasmEngine({ threads: 4 });
      expect(engine.describe().threads).toBe(1);
      expect(six(engine)).toBe(6);
    } finally {
      delete scope.crossOriginIsolated;
    }
  });
});
