import type { Engine } from "../../../src/engine/engine.js";
import { type ConformanceOptions, conformance, type KernelCase } from "./harness.js";

/** [R, V, D] */
const ROWS: readonly (readonly [number, number, number])[] = [
  [0, 4, 3],
  [1, 1, 1],
  [5, 3, 1],
  [7, 11, 5],
  [9, 4, 16],
  [33, 10, 17],
  [130, 50, 67],
  [3, 4, 0],
];

function rowCases([r, v, d]: readonly [number, number, number]): KernelCase[] {
  const empty = r * d === 0;
  const title = (what: string): string => `${what} ${r} rows of [${v}, ${d}]`;
  return [
    {
      title: title("gatherRows"),
      kernels: ["gatherRows"],
      empty,
      bound: { rtol: 0, atol: 0 },
      run(arena) {
        const out = arena.out([r, d]);
        arena.engine.gatherRows(out, arena.random([v, d]), arena.integers([r], 0, v));
        return { out };
      },
    },
    ...[undefined, 0, v - 1].map(
      (skip): KernelCase => ({
        title: title(`scatterAddRows, skip ${skip},`),
        kernels: ["scatterAddRows"],
        empty,
        bound: { rtol: 1e-5, atol: 1e-5 },
        run(arena) {
          const dTable = arena.random([v, d]);
          arena.engine.scatterAddRows(dTable, arena.integers([r], 0, v), arena.random([r, d]), skip);
          return { dTable };
        },
      }),
    ),
  ];
}

/** x [..., D], index [..., K] */
const LAST: readonly [number[], number, number][] = [
  [[], 5, 3],
  [[1], 1, 1],
  [[4], 7, 1],
  [[3, 5], 9, 4],
  [[0], 4, 2],
  [[17], 33, 40],
  [[130], 67, 3],
];

function lastCases([lead, d, k]: [number[], number, number]): KernelCase[] {
  const empty = lead.includes(0);
  return [
    {
      title: `gatherLast ${k} of ${d}, [${lead}]`,
      kernels: ["gatherLast"],
      empty,
      bound: { rtol: 0, atol: 0 },
      run(arena) {
        const out = arena.out([...lead, k]);
        arena.engine.gatherLast(out, arena.random([...lead, d]), arena.integers([...lead, k], 0, d));
        return { out };
      },
    },
    {
      title: `scatterAddLast ${k} of ${d}, [${lead}]`,
      kernels: ["scatterAddLast"],
      empty,
      bound: { rtol: 1e-5, atol: 1e-5 },
      run(arena) {
        const dx = arena.random([...lead, d]);
        arena.engine.scatterAddLast(dx, arena.integers([...lead, k], 0, d), arena.random([...lead, k]));
        return { dx };
      },
    },
  ];
}

function rangeCases(): KernelCase[] {
  return [0, 1, 3, 4, 9, 1000].map((size) => ({
    title: `range of ${size}`,
    kernels: ["range"],
    empty: size === 0,
    bound: { rtol: 0, atol: 0 },
    once: true,
    run: (arena) => ({ range: arena.engine.range(arena.integers([size], -1000, 1000)) }),
  }));
}

/** gatherRows, scatterAddRows, gatherLast, scatterAddLast, range. */
export function indexingConformance(name: string, makeEngine: () => Engine, options: ConformanceOptions = {}): void {
  conformance(name, "indexing", makeEngine, options, [
    ...ROWS.flatMap(rowCases),
    ...LAST.flatMap(lastCases),
    ...rangeCases(),
  ]);
}
