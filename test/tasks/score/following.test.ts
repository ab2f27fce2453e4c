import { expect, test } from "vitest";
import type { RecordedLayer } from "../../../src/diagnostics/record.js";
import { byFollowing, correlations, unitsAbout } from "../../../src/tasks/score/following.js";
import { heatOfRows, heatValues, reachOf } from "../../../src/tasks/score/heat.js";
import { layerTracks } from "../../../src/tasks/score/layer-tracks.js";
import { highUnits, placesWhere } from "../../../src/tasks/score/places.js";

const STEPS = 60;
const beat = Float32Array.from({ length: STEPS }, (_, t) => Number(t % 3 === 0));
const rise = Float32Array.from({ length: STEPS }, (_, t) => t);
const SERIES = [
  { name: "the beat", values: beat },
  { name: "the place", values: rise },
];
/** [L, 4]: against the place, nothing, the beat, and one that stands still. */
const VALUES = Float32Array.from({ length: STEPS * 4 }, (_, i) => {
  const t = Math.floor(i / 4);
  return [-rise[t]! / STEPS, Math.sin(t * t * 1.7), 0.5 * beat[t]! + 0.1, 0.4][i % 4]!;
});

test("units are named after what they follow, once they have left their zeros", () => {
  const units = unitsAbout(VALUES, STEPS, SERIES);
  expect(units.map(({ follows }) => follows?.feature ?? null)).toEqual(["the place", null, "the beat", null]);
  expect(units[0]!.follows!.correlation).toBeCloseTo(-1, 6);
  expect(units[2]!.follows!.correlation).toBeCloseTo(1, 6);
  expect(units[3]!.deviation).toBeCloseTo(0, 6);
  expect(byFollowing(units, SERIES)).toEqual([2, 0, 1, 3]);
});

test("numbers that are none neither follow nor throw", () => {
  const units = unitsAbout(new Float32Array(STEPS * 2).fill(Number.NaN), STEPS, SERIES);
  expect(units).toEqual([
    { deviation: 0, follows: null },
    { deviation: 0, follows: null },
  ]);
});

test("a map's rows are the units in their order, as parts of 127 of the scale", () => {
  expect([...heatValues([1, -0.5, 0.25, Number.NaN], 2, [1, 0], 1)]).toEqual([-63, 0, 127, 32]);
  expect([...heatValues([4, -9], 1, [0, 1], 4)]).toEqual([127, -127]);
  expect([reachOf([0, 0]), reachOf([-3, Infinity, 2])]).toEqual([1, 3]);
  const map = heatOfRows({ id: "a", title: "a", about: "" }, ["x", "y"], [[0, 0.5], [0.25, 0.125]]); // biome-ignore format: rows
  expect([map.signed, map.scale, [...map.values]]).toEqual([false, 0.5, [0, 127, 64, 32]]);
});

test("correlations of one row with all", () => {
  const rows = [...beat, ...rise, ...beat.map((x) => -x)];
  const found = correlations(rows, STEPS, 0);
  expect([found[0], found[2]]).toEqual([expect.closeTo(1, 6), expect.closeTo(-1, 6)]);
  expect(Math.abs(found[1]!)).toBeLessThan(0.1);
});

const layer: RecordedLayer = {
  ...{ name: "rnn", layer: 1, direction: "forward", steps: STEPS, units: 4, h: VALUES, c: null },
  gates: [{ name: "reset", activation: "sigmoid", values: VALUES.map(Math.abs) }],
};

test("tracks of a layer: means of the gates, units sorted, each gate by itself", () => {
  const [gates, units, reset] = layerTracks(layer, SERIES);
  expect([gates!.id, gates!.title, units!.id, reset!.id]).toEqual(["gates:rnn.1", "gates 2", "units:rnn.1", "gate:rnn.1.reset"]); // biome-ignore format: one line
  const mean = (t: number) => [0, 1, 2, 3].reduce((sum, u) => sum + Math.abs(VALUES[t * 4 + u]!), 0) / 4;
  if (gates!.kind !== "lines" || units!.kind !== "heat" || reset!.kind !== "heat") throw new Error("other kinds");
  for (const t of [0, 7, 59]) expect(gates!.series[0]!.values[t]).toBeCloseTo(mean(t), 6);
  expect(gates!.range).toEqual([0, 1]);
  expect(units!.rows).toEqual([
    { name: "unit 2", follows: "the beat (1.00)" },
    { name: "unit 0", follows: "the place (−1.00)" },
    { name: "unit 1", follows: "" },
    { name: "unit 3", follows: "" },
  ]);
  expect([units!.signed, reset!.signed, units!.ofUnits, reset!.ofUnits]).toEqual([true, false, true, false]);
});

test("the units that are high in a range, and the other places where they are", () => {
  const rows = [
    [0, 9, 9, 0, 0, 9, 9, 9, 0, 9],
    [0, -8, -8, 0, 0, -8, -8, 0, 0, 8],
    [9, 9, 0, 0, 9, 9, 9, 9, 9, 9],
  ];
  const track = heatOfRows({ id: "u", title: "u", about: "" }, ["a", "b", "c"], rows);
  const units = highUnits(track, { from: 1, to: 3, threshold: 5 });
  expect(units.map(({ row, sign }) => [row, sign])).toEqual([[0, 1], [1, -1]]); // biome-ignore format: pairs
  expect(units[0]!.size).toBeCloseTo(9, 5);
  const places = placesWhere(track, units, { length: 2, threshold: 5, except: { from: 1, to: 3 }, most: 2 });
  expect(places).toEqual([{ from: 5, to: 7, share: 1 }, { from: 7, to: 9, share: 0.25 }]); // biome-ignore format: places
  expect(placesWhere(track, [], { length: 2 })).toEqual([]);
  expect(placesWhere(track, units, { length: 11 })).toEqual([]);
});
