import type { Engine } from "../../../src/engine/engine.js";
import { type ConformanceOptions, conformance, type KernelCase } from "./harness.js";

const KEYS = [
  { key0: 7, key1: 0, counter0: 0, counter1: 0 },
  { key0: 0xdeadbeef, key1: 0x9e3779b9, counter0: 12345, counter1: 6 },
  { key0: 1, key1: 2, counter0: 0xfffffffe, counter1: 0xffffffff },
] as const;

function cases(): KernelCase[] {
  return KEYS.flatMap((key, k) =>
    [0, 0.1, 0.5, 0.9, 1].flatMap((p) =>
      [0, 1, 3, 4, 7, 37, 8710].map(
        (size): KernelCase => ({
          title: `dropout p ${p} of ${size} elements, key ${k}`,
          kernels: ["dropout"],
          empty: size === 0,
          bound: { rtol: 2e-7, atol: 0 },
          run(arena) {
            const out = arena.out([size]);
            // All positive, so that a dropped element cannot be mistaken for a kept one.
            arena.engine.dropout(out, arena.random([size], { low: 0.5, high: 2 }), p, key);
            return { out };
          },
        }),
      ),
    ),
  );
}

/** dropout: the mask is the same for every engine and dtype. */
export function dropoutConformance(name: string, makeEngine: () => Engine, options: ConformanceOptions = {}): void {
  conformance(name, "dropout", makeEngine, options, cases());
}
