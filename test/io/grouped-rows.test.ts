import { expect, test } from "vitest";
import { Generator } from "../../src/base/random.js";
import { groupedRows } from "../../src/io/grouped-rows.js";
import { NumberRows } from "../../src/io/number-rows.js";

const WIDTH = 3;

test.each([
  [1, 400],
  [7, 400],
  [300, 900],
  [5, 30_000],
])(
  "rows of %i groups, %i in all, come group after group, in their order, however little memory there is",
  (groups, rows) => {
    const draw = new Generator(groups);
    // A few groups have most of the rows.
    const of = Array.from({ length: rows }, (_, i) => (i < groups ? i : Math.floor(groups * draw.uniform() ** 3)));
    const counts = Array.from({ length: groups }, (_, group) => of.filter((own) => own === group).length);
    const expected = of
      .map((group, i) => [group, i, -i / 3])
      .sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!)
      .flat();
    for (const most of [1, 50, 3000, 2 ** 22]) {
      const given = new NumberRows(WIDTH);
      for (const [i, group] of of.entries()) given.append([group, i, -i / 3]);
      const told: number[] = [];
      const found = groupedRows(given, counts, { most, told: (done, total) => void told.push(done / total) });
      expect([...found.read(0, rows)]).toEqual(expected);
      const part = [...found.blocks(3, rows - 2)].flatMap((block) => [...block]);
      expect(part).toEqual(expected.slice(3 * WIDTH, -2 * WIDTH));
      expect(told).toEqual([...told].sort((a, b) => a - b));
      expect(told.at(-1)).toBe(1);
      found.close();
    }
  },
);
