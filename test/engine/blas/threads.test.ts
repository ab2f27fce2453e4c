import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TypedArray } from "../../../src/base/dtype.js";
import { BlasEngine } from "../../../src/engine/blas/blas-engine.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { expectSameBits } from "../../support/bits.js";
import { expectClose } from "../../support/close.js";
import { awake, Bench, head, product, sequence } from "../wasm/kernel-runs.js";
import { KINDS, systemBlas } from "./engines.js";

const THREADS = [1, 2, 3, 4, 8];

const CASES: Readonly<Record<string, (b: Bench) => void>> = {
  "products of every layout": (b) => {
    for (const layout of ["nn", "nt", "tn", "tt"]) product(b, 131, 75, 300, layout);
    for (const layout of ["nn", "tn"]) product(b, 611, 77, 301, layout);
    product(b, 9, 2003, 117, "nt");
  },
  "head and loss, in several chunks": (b) => head(b, 150, 21, 9001),
  "head and loss, by blocks of words": (b) => head(b, 301, 33, 2051),
  "the same with rows that need their largest logit": (b) => head(b, 260, 35, 2048, 40),
  ...Object.fromEntries(
    (["rnn_tanh", "rnn_sigmoid", "lstm", "gru"] as const).flatMap((cell) =>
      [1, 5, 33].map((n) => [`${cell}, N ${n}`, (b: Bench) => sequence(b, cell, [4, n, 19, 37], n % 2 === 1)]),
    ),
  ),
  // More weights than it pays to read for few rows: units are split, not rows.
  "lstm, H 331": (b) => sequence(b, "lstm", [3, 9, 20, 331], false),
  "gru, H 379": (b) => sequence(b, "gru", [3, 7, 20, 379], true),
  ...Object.fromEntries(
    [1, 5, 33].map((n) => [
      `lstm with a projection, N ${n}`,
      (b: Bench) => sequence(b, "lstm", [4, n, 19, 37, 21], n % 2 === 1),
    ]),
  ),
  "lstm, H 501, P 203": (b) => sequence(b, "lstm", [2, 7, 20, 501, 203], true),
  // As many rows as one part may have, ragged units, which take the way through a tile.
  "lstm, H 13, N 64": (b) => sequence(b, "lstm", [2, 64, 5, 13], false),
  "gru, H 13, N 121": (b) => sequence(b, "gru", [2, 121, 5, 13], false),
  // Several chunks of units, and several parts of rows.
  "lstm, H 150, N 40": (b) => sequence(b, "lstm", [2, 40, 20, 150], false),
};

/** Too large for loops in JavaScript. */
const LARGE: typeof CASES = {
  "rnn, H 265, N 64": (b) => sequence(b, "rnn_tanh", [2, 64, 5, 265], true),
  "lstm, H 267, N 64": (b) => sequence(b, "lstm", [2, 64, 5, 267], false),
  // Rows enough for up to four threads to walk alone; eight share the units.
  "gru, H 379, N 33": (b) => sequence(b, "gru", [2, 33, 5, 379], false),
  "lstm, H 331, N 40": (b) => sequence(b, "lstm", [2, 40, 5, 331], true),
  "lstm, H 512, P 320, N 40": (b) => sequence(b, "lstm", [2, 40, 5, 512, 320], false),
};

for (const kind of KINDS) {
  const cases = kind.make === systemBlas ? { ...CASES, ...LARGE } : CASES;
  describe(`${kind.name}: bits do not depend on the number of threads: 1, 2, 3, 4, 8`, () => {
    const engines = THREADS.map((threads) => new BlasEngine(kind.make(), { threads, shared: true, worthSharing: 0 }));
    const plain = new WasmEngine();
    beforeAll(async () => {
      for (const engine of engines) await awake(engine);
    });
    afterAll(() => {
      for (const engine of [...engines, plain]) engine.close();
    });

    for (const [name, body] of Object.entries(cases)) {
      test(`${name}; as WebAssembly has it, within rtol 1e-4, atol 1e-5`, () => {
        const results = (engine: WasmEngine): TypedArray[] => {
          const bench = new Bench(engine);
          body(bench);
          return bench.results();
        };
        const [alone, ...others] = engines.map(results);
        for (const [i, other] of others.entries()) expectSameBits(other, alone!, `${THREADS[i + 1]} threads`);
        const expected = results(plain);
        for (const [i, values] of alone!.entries()) expectClose(values, expected[i]!, { rtol: 1e-4, atol: 1e-5 });
      });
    }

    test("workers took part, and nothing fell back", () => {
      for (const { core, paths } of engines) {
        if (core.pool !== null) expect(core.pool.helped).toBeGreaterThan(0);
        expect(Object.entries(paths).filter(([, { fallback }]) => fallback > 0)).toEqual([]);
      }
    });
  });
}
