import { expect, test } from "vitest";
import type { Block } from "../../../src/tasks/inspection/blocks.js";
import { scoreSection } from "../../../src/tasks/inspection/score-section.js";
import { decodeScores, encodeScores } from "../../../src/tasks/score/encode.js";
import { lookedOf } from "../../../src/tasks/score/from-blocks.js";
import { harmlessScore } from "../../../src/tasks/score/harmless-score.js";
import type { ScoreData } from "../../../src/tasks/score/score-data.js";

const SCORE: ScoreData = {
  ...{ title: "</script>", unit: "step", steps: [{ label: "a", written: "\u202ea" }, { label: "b" }] },
  tracks: [
    {
      kind: "bars",
      id: "s",
      title: "s",
      about: "",
      values: Float32Array.from([0.5, Number.NaN]),
      measure: "nats",
      high: 1,
    },
    { kind: "heat", id: "u", title: "u", about: "", rows: [{ name: "unit 0", follows: "" }], values: Int8Array.from([-127, 3]), scale: 1, signed: true, ofUnits: true }, // biome-ignore format: one line
    { kind: "next", id: "n", title: "n", about: "", top: 1, ids: Int32Array.from([70_000, 1]), probabilities: Float32Array.from([1, 0.25]), names: { 1: "<", 70000: "\u202e" } }, // biome-ignore format: one line
  ],
};
const ROW = { step: 3, from: 0, horizon: 1, values: Float32Array.from([0, 1e-9, 0.02, 5]) };

test("scores in a page: there and back, gradients to the percent, nothing that ends an element", () => {
  const text = encodeScores({ scores: [SCORE], gradients: [[ROW], []] });
  expect(text).not.toMatch(/[<\u2028]/);
  const { scores, gradients } = decodeScores(text);
  expect(scores).toEqual([SCORE]);
  expect(gradients[1]).toEqual([]);
  const [row] = gradients[0]!;
  expect([row!.step, row!.from, row!.horizon]).toEqual([3, 0, 1]);
  expect([row!.values[0], row!.values[1], row!.values[3]]).toEqual([0, 0, 5]);
  expect(row!.values[2]! / 0.02).toBeCloseTo(1, 1);
});

test("a section: texts are harmless, and the program cannot end its element", () => {
  const html = scoreSection({ script: 'x = "</script>"' }, { scores: [SCORE], gradients: [] });
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  expect(html).not.toContain("\u202e");
  expect(html).toContain("▯");
  expect(scoreSection({ script: "" }, { scores: [], gradients: [] })).toBe("");
});

test("no text of a score, of whatever track, turns its neighbours around; its values are not copied", () => {
  const [e, values] = ["\u202e", Float32Array.from([0, 1])];
  const base = (id: string) => ({ id, title: e, about: e });
  const steps = [{ label: e, written: e }, { label: e }];
  const map = { ...base("attention"), across: "pair" as const, values };
  const score: ScoreData = {
    ...{ title: e, unit: e, steps, pair: { title: e, steps, maps: [map] } },
    tracks: [
      { ...base("l"), kind: "lines", range: [0, 1], log: false, series: [{ name: e, values }] },
      {
        ...base("f"),
        kind: "fan",
        range: [0, 1],
        bands: [{ name: e, low: values, high: values }],
        lines: [{ name: e, values }],
      },
      { ...base("b"), kind: "bars", values, measure: e, high: 1 },
      { ...base("n"), kind: "next", top: 1, ids: Int32Array.from([1, 1]), probabilities: values, names: { 1: e } },
      { ...base("h"), kind: "heat", rows: [{ name: e, follows: e }], values: new Int8Array(2), scale: 1, signed: true, ofUnits: true }, // biome-ignore format: one line
    ],
  };
  const safe = harmlessScore(score);
  expect(JSON.stringify(safe)).not.toContain(e);
  expect(JSON.stringify(safe)).toBe(JSON.stringify(score).replaceAll(e, "▯"));
  const [lines] = safe.tracks;
  expect(lines?.kind === "lines" && lines.series[0]!.values).toBe(values);
});

test("a report's blocks as scores: by the sequence that they are about", () => {
  const blocks: Block[] = [
    { kind: "heading", text: "line 1" },
    {
      kind: "weighed",
      title: "What decided it, line 1",
      about: "",
      steps: [{ label: "x" }, { label: "y" }],
      weights: [1, -2],
    },
    { kind: "map", title: "attention", about: "", rows: ["p"], columns: ["x", "y"], values: [[0.5, 0.25]] },
    {
      kind: "curves",
      title: "probability",
      about: "",
      xTitle: "",
      yTitle: "",
      series: [{ name: "p", values: [0.1, 0.2] }],
    },
    { kind: "curves", title: "forecast", about: "", xTitle: "", yTitle: "", series: [{ name: "known", values: [1, 2, 3] }, { name: "10 %", values: [2], from: 3 }, { name: "90 %", values: [4], from: 3 }] }, // biome-ignore format: one line
    { kind: "heading", text: "line 2" },
    {
      kind: "weighed",
      title: "What decided it, line 2",
      about: "",
      steps: [{ label: "x" }, { label: "y" }],
      weights: [0, 1],
    },
  ];
  const { scores, gradients } = lookedOf(blocks);
  expect(gradients).toEqual([null, null, null]);
  expect(scores.map(({ title, steps }) => `${title}: ${steps.map(({ label }) => label).join("")}`)).toEqual(["line 1: xy", "line 1: 1234", "line 2: xy"]); // biome-ignore format: one line
  expect(scores[0]!.tracks.map(({ kind, title }) => `${kind} ${title}`)).toEqual(["weights What decided it", "heat attention", "lines probability"]); // biome-ignore format: one line
  const [fan] = scores[1]!.tracks;
  expect(fan).toMatchObject({ kind: "fan", range: [1, 4], bands: [{ name: "80 %" }], lines: [{ name: "known" }] });
});
