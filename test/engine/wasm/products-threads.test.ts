import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { expectSameBits } from "../../support/bits.js";
import { awake, Bench, head, product, sequence } from "./kernel-runs.js";
import { SAME_BITS } from "./variants.js";

const CASES: Readonly<Record<string, (b: Bench) => void>> = {
  "products of every layout": (b) => {
    for (const layout of ["nn", "nt", "tn", "tt"]) product(b, 131, 75, 300, layout);
    product(b, 1, 203, 117, "nt");
    product(b, 3, 203, 117, "nn");
  },
  "head and loss, whole rows": (b) => head(b, 150, 21, 301),
  "head and loss of more hidden units than are taken at once": (b) => head(b, 130, 530, 401),
  "head and loss by blocks of the vocabulary, in several chunks": (b) => head(b, 290, 21, 9001),
  "the same with logits beyond the exponentials in some rows": (b) => head(b, 290, 21, 9001, 400),
  ...Object.fromEntries(
    (["rnn_tanh", "rnn_relu", "rnn_sigmoid", "lstm", "gru"] as const).flatMap((cell) =>
      [1, 2, 5, 33, 130].map((n) => [`${cell}, N ${n}`, (b: Bench) => sequence(b, cell, [6, n, 19, 37], n % 2 === 1)]),
    ),
  ),
  ...Object.fromEntries(
    (["rnn_tanh", "lstm", "gru"] as const).flatMap((cell) =>
      [1, 4].map((n) => [`${cell}, one step, N ${n}`, (b: Bench) => sequence(b, cell, [1, n, 19, 531], false)]),
    ),
  ),
  ...Object.fromEntries(
    [1, 2, 5, 33, 130].flatMap((n) => [
      [`lstm with a projection, N ${n}`, (b: Bench) => sequence(b, "lstm", [6, n, 19, 37, 21], n % 2 === 1)],
      [`lstm with a projection, one step, N ${n}`, (b: Bench) => sequence(b, "lstm", [1, n, 19, 267, 75], false)],
    ]),
  ),
};

describe("bits do not depend on the number of threads: 1, 2, 3, 4, 8; nor, where there are 256-bit kernels, on these", () => {
  const engines = SAME_BITS.map(({ options }) => new WasmEngine(options));
  beforeAll(async () => {
    for (const engine of engines) {
      engine.core.headChunk = 1_500_000;
      await awake(engine);
    }
  });
  afterAll(() => {
    for (const engine of engines) engine.close();
  });

  for (const [name, body] of Object.entries(CASES)) {
    test(name, () => {
      const [alone, ...others] = engines.map((engine) => {
        const bench = new Bench(engine);
        body(bench);
        return bench.results();
      });
      for (const [i, other] of others.entries()) expectSameBits(other, alone!, SAME_BITS[i + 1]!.name);
    });
  }

  test("workers took part, and nothing fell back", () => {
    for (const { core, paths } of engines) {
      if (core.pool !== null) expect(core.pool.helped).toBeGreaterThan(0);
      expect(Object.entries(paths).filter(([, { fallback }]) => fallback > 0)).toEqual([]);
    }
  });
});
