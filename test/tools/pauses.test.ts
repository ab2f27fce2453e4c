import { expect, test } from "vitest";
import { longestPauses } from "../../tools/rigs/pauses.mjs";

/** CPU time that stands still while another process has the core. */
const marks = { times: [0, 10, 20, 90, 100], cpu: [0, 10, 20, 32, 42] };

test.each<[string, [number, number][], { clock: number; cpu: number }]>([
  ["none", [], { clock: 0, cpu: 0 }],
  ["one that ran all the time", [[11, 7]], { clock: 7, cpu: 7 }],
  ["one during which the thread stood still", [[25, 60]], { clock: 60, cpu: 12 }],
  ["one over several marks", [[8, 20]], { clock: 20, cpu: 20 }],
  ["the longest of several, by each measure", [[1, 9], [25, 60], [91, 3]], { clock: 60, cpu: 12 }], // biome-ignore format: one line
  ["those before the first mark and after the last are not of the pattern", [[-5, 3], [99, 5]], { clock: 0, cpu: 0 }], // biome-ignore format: one line
])("%s", (_, collections, expected) => {
  expect(longestPauses(marks, collections)).toEqual(expected);
});
