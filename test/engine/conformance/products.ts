import type { Shape } from "../../../src/base/shape.js";
import type { Engine } from "../../../src/engine/engine.js";
import type { Arena, Layout } from "../../support/arena.js";
import { type ConformanceOptions, conformance, type KernelCase } from "./harness.js";

/** [M, N, K], around the edges of tiles of 4, 6, 8 and 16. */
const SIZES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, 1, 7],
  [1, 400, 100],
  [2, 3, 5],
  [5, 4, 1],
  [6, 8, 4],
  [6, 16, 8],
  [7, 9, 3],
  [7, 17, 16],
  [12, 32, 33],
  [13, 15, 17],
  [20, 1, 9],
  [1, 33, 2],
  [64, 48, 64],
  [65, 49, 63],
  [130, 67, 101],
  [0, 5, 3],
  [4, 0, 3],
  [4, 5, 0],
];

const LAYOUTS: readonly Layout[] = ["contiguous", "transposed", "stepped", "offset", "repeatFirst", "repeatLast"];
const BOUND = { rtol: 1e-5, atol: 5e-6 };

interface Case {
  batch: Shape;
  size: readonly [number, number, number];
  a: Layout;
  b: Layout;
  bias?: boolean;
  accumulate?: boolean;
  aligned?: boolean;
}

/** A transpose is an operand that a fast engine takes; its packing reads any of the two orders. */
const isTaken = (layout: Layout): boolean => layout === "contiguous" || layout === "transposed";

function matmulCase({ batch, size, a, b, bias = false, accumulate = false, aligned = true }: Case): KernelCase {
  const [m, n, k] = size;
  const extras = `${bias ? " + bias" : ""}${accumulate ? ", accumulated" : ""}${aligned ? "" : ", unaligned out"}`;
  return {
    title: `matmul [${[...batch, m, k]}] ${a} · [${[...batch, k, n]}] ${b}${extras}`,
    kernels: ["matmul"],
    contiguous: isTaken(a) && isTaken(b) && aligned,
    empty: m * n * k === 0 || batch.includes(0),
    bound: BOUND,
    run(arena: Arena) {
      const left = arena.random([...batch, m, k], { layout: a });
      const right = arena.random([...batch, k, n], { layout: b });
      const shift = bias ? arena.random([n]) : undefined;
      const out = arena.out([...batch, m, n], { aligned });
      if (accumulate) arena.engine.copy(out, arena.random([...batch, m, n]));
      arena.engine.matmul(out, left, right, { bias: shift, accumulate });
      return { out };
    },
  };
}

function cases(): KernelCase[] {
  const plain = { batch: [], a: "contiguous", b: "contiguous" } as const;
  const orders: [Layout, Layout][] = [
    ["contiguous", "transposed"],
    ["transposed", "contiguous"],
    ["transposed", "transposed"],
  ];
  const mixed: [number, number, number][] = [
    [7, 9, 5],
    [13, 33, 18],
  ];
  return [
    ...SIZES.flatMap((size): Case[] => [
      { ...plain, size },
      { ...plain, size, bias: true },
      { ...plain, size, accumulate: true },
      { ...plain, size, bias: true, accumulate: true, aligned: false },
      ...orders.map(([a, b]): Case => ({ ...plain, size, a, b })),
    ]),
    ...mixed.flatMap((size) => LAYOUTS.flatMap((a) => LAYOUTS.map((b): Case => ({ ...plain, size, a, b })))),
    ...([[1], [3], [2, 3], [0]] as Shape[]).flatMap((batch) =>
      mixed.flatMap((size) =>
        [...orders, ["contiguous", "contiguous"] as const, ["repeatFirst", "contiguous"] as const].map(
          ([a, b]): Case => ({ batch, size, a, b, bias: true }),
        ),
      ),
    ),
  ].map(matmulCase);
}

/** matmul: transposes, batches, bias, accumulation. */
export function productConformance(name: string, makeEngine: () => Engine, options: ConformanceOptions = {}): void {
  conformance(name, "products", makeEngine, options, cases());
}
