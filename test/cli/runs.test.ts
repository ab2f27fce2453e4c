import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { textTable } from "../../src/base/text-table.js";
import { terminalChart } from "../../src/cli/terminal/chart.js";
import { metricsLine } from "../../src/cli/train/reporters.js";
import { figuresIn, type MetricsLine } from "../../src/runs/run-record-node.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";

const folder = temporaryFolder();
const { at } = folder;

const where = (step: number, totalSteps: number) => ({
  step,
  epoch: 1,
  epochStep: step,
  epochSteps: totalSteps,
  totalSteps,
});
const validation = (step: number, total: number, figures: object) => ({
  ...{ type: "validation", ...where(step, total), loss: 1, heldOut: true, trainLoss: 1, stale: 0 },
  ...figures,
}); // biome-ignore format: a line

function run(name: string, config: object, lines: readonly (object | string)[]): void {
  mkdirSync(at(name), { recursive: true });
  writeFileSync(at(name, "config.json"), JSON.stringify(config));
  writeFileSync(at(name, "metrics.jsonl"), lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("")); // biome-ignore format: a line
}

beforeEach(() => {
  run("runs/one", { file: "a.txt", cell: "gru", hidden: 32, lr: 0.002 }, [
    validation(20, 60, { best: true, perplexity: 9.5, bits: 3.2 }),
    validation(40, 60, { best: false, perplexity: 9.75, bits: 3.3 }),
  ]);
  run("runs/two", { file: "a.txt", cell: "lstm", hidden: 32, lr: 0.002, "seqLen": 7 }, [
    { type: "report", ...where(50, 100), loss: 2.5, gradNorm: 1, lr: 0.1, perSecond: 10, perplexity: 12 },
    validation(100, 100, { best: true, perplexity: 8.125, bits: 3 }),
  ]); // biome-ignore format: a table
});

describe("runs", () => {
  test("lists how far they came, their best, and the settings in which they differ", async () => {
    run("runs/sorts", { task: "classify", file: "b.csv", hidden: 8 }, [validation(5, 5, { best: true, f1: 0.75 })]);
    const { code, out, err } = await folder.cli("runs", "@runs/one", "@runs/two", "@runs/sorts");
    expect([code, err]).toEqual([0, ""]);
    expect(out.trimEnd().replaceAll(/ +/g, " ").split("\n")).toEqual([
      "2 runs of language-model",
      "run steps perplexity at step cell seqLen",
      "runs/one 40/60 9.500 20 gru -",
      "runs/two 100/100 8.125 100 lstm 7",
      "",
      "1 run of classify",
      "run steps f1 at step",
      "runs/sorts 5/5 0.750 5",
    ]);
  });

  test("of a folder: all that lie in it; what does not fit a narrow terminal is named below", async () => {
    const terminal = new FakeTerminal({ isTTY: true, columns: 46 });
    const { out } = await folder.cliOn(terminal, "runs", "@runs");
    const shown = out.trimEnd().split("\n");
    expect(shown.filter((line) => /runs\/(one|two)/.test(line))).toHaveLength(2);
    expect(out).toContain("They differ in");
    expect(out).toMatch(/differ in (cell, )?seqLen/);
  });

  test("--json: a line a run, with all its settings", async () => {
    const { out } = await folder.cli("runs", "@runs/two", "--json");
    expect(JSON.parse(out)).toMatchObject({
      ...{ run: "runs/two", task: "language-model", files: ["a.txt"], step: 100, totalSteps: 100, running: false },
      ...{ best: { perplexity: 8.125 }, settings: { cell: "lstm", seqLen: 7 } },
    });
  });

  test("damaged and half written runs are told of as far as they go", async () => {
    run("runs/cut", { hidden: 4 }, [validation(3, 9, { best: true, perplexity: 5 }), '{"type":"report","step":4,"epo']);
    run("runs/odd", {}, ["[1]", "null", '{"type":"validation"}', '{"type":"report","step":"x","epoch":1,"totalSteps":2}']);
    writeFileSync(at("runs/odd/config.json"), "{");
    const { code, out } = await folder.cli("runs", "@runs/cut", "@runs/odd");
    expect(code).toBe(0);
    expect(out).toContain("runs/cut    3/9       5.000        3");
    expect(out).toMatch(/runs\/odd +0 +-\s/);
  }); // biome-ignore format: a table

  test("a folder without runs is an error", async () => {
    const { code, err } = await folder.cli("runs", "@none");
    expect(code).toBe(4);
    expect(err).toContain("none: found no run; a run folder holds config.json and checkpoints");
  });
});

describe("plot", () => {
  test("of one run its training beside its validation, of several their validations", async () => {
    const one = await folder.cli("plot", "@runs/two");
    expect([one.code, one.err]).toEqual([0, ""]);
    expect(one.out).toMatch(/^perplexity\n +12\.00┤•/);
    expect(one.out).toMatch(/8\.125┤ +\+\n/);
    expect(one.out).toMatch(/50 +100 steps\n +• training\n +\+ validation\n$/);
    const both = await folder.cli("plot", "@runs/one", "@runs/two", "--metric", "bits");
    expect(both.out).toMatch(/^bits\n/);
    expect(both.out).toMatch(/• runs\/one\n +\+ runs\/two\n$/);
    for (const line of both.out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("a run that has no such figure is named, and the others are drawn", async () => {
    run("runs/sorts", { task: "classify" }, [validation(5, 5, { best: true, f1: 0.75 })]);
    const { code, out } = await folder.cli("plot", "@runs/one", "@runs/sorts", "--svg", at("curves.svg"));
    expect(code).toBe(0);
    expect(out).toMatch(/• runs\/one\nruns\/sorts has no perplexity\nwrote curves\.svg\n$/);
    expect(readFileSync(at("curves.svg"), "utf8")).not.toContain("sorts");
  });

  test("as a picture too", async () => {
    const { out } = await folder.cli("plot", "@runs/one", "@runs/two", "--svg", at("curves.svg"));
    expect(out).toContain("wrote curves.svg");
    const svg = readFileSync(at("curves.svg"), "utf8");
    expect(svg).toMatch(/^<svg /);
    expect(svg).toContain("perplexity");
    expect(svg.match(/runs\/(one|two)/g)).toHaveLength(2);
  });

  test("a figure that no run has, and runs without figures", async () => {
    const { code, err } = await folder.cli("plot", "@runs/one", "--metric", "perplexty");
    expect(code).toBe(2);
    expect(err).toContain('--metric: found "perplexty"; the runs have loss, perplexity, bits.');
    expect(err).toContain("Try: --metric perplexity");
    run("runs/new", {}, []);
    const none = await folder.cli("plot", "@runs/new");
    expect(none.code).toBe(4);
    expect(none.err).toContain("found no figures in metrics.jsonl");
  });
});

test("all that a line tells besides figures is known to be none", () => {
  const line = metricsLine({
    ...{ type: "validation", step: 1, epoch: 1, epochStep: 1, epochSteps: 1, totalSteps: 1, loss: 1 },
    ...{ heldOut: true, trainLoss: 1, best: true, stale: 0, metrics: { own: 3 } },
  }) as MetricsLine;
  expect(figuresIn(line)).toEqual([["own", 3]]);
  const report = metricsLine({
    ...{ type: "report", step: 1, epoch: 1, epochStep: 1, epochSteps: 1, totalSteps: 1, loss: 1 },
    ...{ gradNorm: 1, lr: 1, perSecond: 1, metrics: { own: 3 } },
  }) as MetricsLine;
  expect(figuresIn(report)).toEqual([["own", 3]]);
});

test.each<[string, [number, number][]]>([
  ["one point", [[7, 3]]],
  ["a level line", [[0, 2], [9, 2]]], // biome-ignore format: a table
  ["gaps", [[0, 1], [1, Number.NaN], [2, Number.POSITIVE_INFINITY], [3, 4]]], // biome-ignore format: a table
])("a chart of %s fits its width", (_, points) => {
  const lines = terminalChart([{ name: "curve", points }], 40, "steps");
  expect(lines.join("\n")).toContain("•");
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(40);
});

test("a curve goes from its first height to its last, in straight lines", () => {
  const lines = terminalChart([{ name: "up", points: [[0, 0], [16, 16]] }], 17 + 7, "steps"); // biome-ignore format: a point
  const rows = lines.slice(0, 17).map((line) => line.indexOf("•"));
  expect(rows).toEqual([...rows].sort((a, b) => b - a));
  expect(new Set(rows).size).toBe(17);
});

test("wide letters take two columns of a table", () => {
  const table = textTable([["이름", "n"], ["a", "10"]], (column) => column === 1); // biome-ignore format: a table
  expect(table).toEqual(["이름   n", "a     10"]);
});
