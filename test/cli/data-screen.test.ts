import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { textWidth } from "../../src/base/width.js";
import { dataLines } from "../../src/cli/train/data-screen.js";
import { classCounts } from "../../src/tasks/about-data/class-counts.js";
import type { DataDetails } from "../../src/tasks/about-data/details.js";
import { quantiles } from "../../src/tasks/about-data/quantiles.js";
import { TASKS } from "../../src/tasks/registry.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";

const folder = temporaryFolder();
const { at } = folder;

/** A terminal would act upon it, or a reader be deceived. */
const EVIL = "e\x1b[31m\u202evil";
const LONG = "a rather long name of something that no screen has room for ".repeat(3).trim();
const UNSAFE = /(?!\n)\p{Cc}|[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

const range = <T>(n: number, of: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => of(i));
const csv = (columns: string[], rows: (string | number)[][]) =>
  [columns, ...rows]
    .map((cells) => cells.map((cell) => `"${String(cell).replaceAll('"', '""')}"`).join(","))
    .join("\n");
const day = (i: number) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);
const words = (i: number) =>
  range(1 + (i % 7), (k) => ["sea", "ship", "whale", "a\u202eb", "한글"][(i + k * k) % 5]).join(" ");

const classes = [EVIL, LONG, "up", "down", ...range(9, (i) => `${i} kind`)];
const labelled = csv(
  [EVIL, "label", LONG, "empty"],
  range(120, (i) => [words(i), classes[i % classes.length === 2 ? 0 : i % classes.length], i % 3 ? i : "x", ""]),
);
const series = csv(
  ["day", EVIL, "site", "load", "holiday"],
  range(160, (i) => [day(i % 80), i, i < 80 ? EVIL : LONG, ((i * 37) % 11) + (i % 80), Number(i % 7 === 0)]),
);

/** One file for each task. */
const CASES: Record<string, { file: string; text: string; flags: string[] }> = {
  classify: {
    file: "c.csv",
    text: labelled,
    flags: ["--text", EVIL, "--label", "label", "--max-length", "6", "--min-count", "60", "--bidirectional"],
  },
  regress: {
    file: "r.csv",
    text: csv(
      [EVIL, "id", LONG],
      range(90, (i) => [words(i), `no ${i}`, (i * 31) % 17]),
    ),
    flags: ["--text", EVIL, "--label", LONG, "--max-length", "9"],
  },
  tag: {
    file: "t.conll",
    text: range(60, (i) =>
      words(i)
        .split(" ")
        .map((word, k) => `${word}\t${classes[(i + k) % 4].replaceAll(" ", "-")}`)
        .join("\n"),
    ).join("\n\n"),
    flags: ["--max-length", "5", "--max-chars", "2", "--min-count", "40"],
  },
  seq2seq: {
    file: "s.tsv",
    text: ["source\ttarget\tnote", ...range(80, (i) => `${words(i)} ${i}\t${words(i + 3)}\t${EVIL}`)].join("\n"),
    flags: ["--min-count", "30"],
  },
  generate: {
    file: "g.csv",
    text: labelled,
    flags: ["--text", EVIL, "--label", "label", "--min-count", "50"],
  },
  forecast: {
    file: "f.csv",
    text: series,
    flags: [
      "--time",
      "day",
      "--target",
      "load",
      "--id",
      "site",
      "--known",
      "holiday",
      "--horizon",
      "2",
      "--epochs",
      "1",
    ],
  },
  anomaly: {
    file: "a.log",
    text: [...range(80, (i) => `${words(i)} ${i}`), "", EVIL, LONG].join("\n"),
    flags: ["--max-length", "12", "--min-count", "20"],
  },
  "language-model": {
    file: "l.txt",
    text: range(200, (i) => `${words(i)}${i % 50 === 0 ? EVIL : ""}`).join("\n"),
    flags: ["--min-count", "10"],
  },
};

const SMALL = ["--hidden", "6", "--threads", "1", "--max-steps", "2"];

const train = async (name: string, terminal: FakeTerminal, ...more: string[]) => {
  const { file, text, flags } = CASES[name]!;
  writeFileSync(at(file), text);
  return folder.cliOn(
    terminal,
    "train",
    `@${file}`,
    "--task",
    name,
    "--out",
    `@run-${name}`,
    ...SMALL,
    ...flags,
    ...more,
  );
};

test("there is a case for every task", () => {
  expect(Object.keys(CASES).sort()).toEqual(TASKS.map(({ name }) => name).sort());
});

describe.each(Object.keys(CASES))("%s", (name) => {
  test.each([[80], [50]])("fits a screen of %i columns, escaped", async (columns) => {
    const { code, out, err } = await train(name, new FakeTerminal({ isTTY: true, columns }), "--dry-run");
    expect([code, err]).toEqual([0, ""]);
    const lines = out.trimEnd().split("\n");
    for (const line of lines) expect(textWidth(line), line).toBeLessThanOrEqual(columns);
    if (columns === 80) expect(lines.length, out).toBeLessThanOrEqual(24);
    expect(out).not.toMatch(UNSAFE);
    expect(out).toMatch(/\n {2}(columns|classes|lengths) /);
    expect(out).toMatch(/\n {2}left out {2}[1-9]/);
    expect(out).toMatch(/\n {2}split {5}[\d,]+ \w+ to train on/);
    expect(out).toMatch(/[\d,]+ parameters\n[\s\S]*a step takes about/);
  });

  test("tells programs the same, as data that sum up", async () => {
    const { code, out } = await train(name, new FakeTerminal(), "--json");
    expect(code).toBe(0);
    const start = out.split("\n").map((line) => (line === "" ? {} : JSON.parse(line))).find(({ type }) => type === "start"); // biome-ignore format: a line
    expect(start.trainingBytes).toBeGreaterThan(0);
    expect(start.seconds).toBeGreaterThan(0);
    expect(start.steps).toBe(2);
    const data: DataDetails = start.data;
    expect(data.rows).toBeGreaterThan(0);
    for (const { most, total, classes } of data.classes) {
      const sum = most.reduce((all, { count }) => all + count, 0);
      expect(most.length).toBe(Math.min(10, classes));
      if (classes <= 10) expect(sum).toBe(total);
      else expect(total - sum).toBeGreaterThanOrEqual(classes - 10);
    }
    for (const { least, lower, median, upper, p95, most } of [...data.lengths, ...data.values]) {
      const inOrder = [least, lower, median, upper, p95, most];
      expect([...inOrder].sort((a, b) => a - b)).toEqual(inOrder);
    }
    for (const { count, what } of data.leftOut)
      expect([Number.isInteger(count) && count > 0, what]).toEqual([true, what]);
    const shown = dataLines(data).join(" ").replaceAll(/\s+/g, " ");
    for (const { name: column, use } of data.columns) {
      if (column === "empty") expect([use, shown.includes("empty (missing, not used)")]).toEqual([null, true]);
    }
    const counted = Object.entries(start).flatMap(([key, value]) =>
      /^(train|validation)[A-Z]/.test(key) ? [value] : [],
    );
    for (const part of [data.split.train, data.split.validation]) expect(counted).toContain(part);
  });
});

test.each(["tag", "seq2seq", "generate", "language-model", "forecast"])(
  "%s: a file that stays on the disk has the screen of one in memory",
  async (name) => {
    const more = ["--valid", "0", "--dry-run"];
    const whole = await train(name, new FakeTerminal(), ...more);
    const stored = await train(name, new FakeTerminal(), ...more, "--stream");
    expect([stored.code, stored.err]).toEqual([0, ""]);
    const untimed = (out: string) => out.replace(/a step takes about.*/, "");
    expect(untimed(stored.out)).toBe(untimed(whole.out));
    expect(stored.out).toMatch(/\n {2}left out {2}[1-9]/);
  },
);

test("what is longer than what is read is counted, as is what is rare", async () => {
  const texts = [...range(30, () => "abc"), ...range(7, () => "abcdef"), "abcxyz"];
  writeFileSync(
    at("n.csv"),
    csv(
      ["name", "label"],
      texts.map((name, i) => [name, i % 2]),
    ),
  );
  const flags = ["--max-length", "5", "--min-count", "7", "--valid", "0", "--dry-run"];
  const { out } = await folder.cli("train", "@n.csv", ...SMALL, ...flags);
  expect(out).toContain("8 rows are longer than 5 characters: their ends are not read\n            (--max-length)\n");
  // Of the five characters that are read of `abcxyz`, x and y are rarer than seven.
  expect(out).toMatch(/\n +2 characters, 1\.54 % of the text, read as <unk>/);
  expect(out).toContain("name: 3 to 6 characters · quarters 3, 3, 3 · 95 % up to 6");
  expect(out).toContain("38 rows to train on, none to validate on\n");
  expect(out).toContain("classes   2 of label · 0: 19 (50 %) · 1: 19 (50 %)\n");
});

test("quantiles are numbers that occur", () => {
  const [found] = quantiles(
    "x",
    "",
    range(101, (i) => (i * 37) % 101),
  );
  expect(found).toEqual({
    of: "x",
    unit: "",
    count: 101,
    least: 0,
    lower: 25,
    median: 50,
    upper: 75,
    p95: 95,
    most: 100,
  });
  expect(quantiles("x", "", [])).toEqual([]);
});

test("of many classes the ten most frequent are named", () => {
  const names = range(30, (i) => range(i + 1, () => `class ${i}`)).flat();
  const counts = classCounts("kind", names);
  expect(counts).toMatchObject({ classes: 30, total: 465 });
  expect(counts.most[0]).toEqual({ name: "class 29", count: 30 });
  expect(counts.most).toHaveLength(10);
  const split = { train: 465, validation: 0, unit: "rows", how: "none" };
  const details = {
    rows: 465,
    unit: "rows",
    columns: [],
    classes: [counts],
    lengths: [],
    values: [],
    leftOut: [],
    split,
  };
  expect(dataLines(details).join("\n")).toContain("… and 20 more");
});

/** Series and lines that leave something to tell, beside those of the cases. */
const STREAMED: Record<string, { file: string; text: string; flags: string[] }> = {
  forecast: CASES["forecast"]!,
  "gaps, empty cells, rows to come and a column that nobody reads": {
    file: "gaps.csv",
    text: csv(
      ["day", "site", "note", "zip", "load"],
      range(200, (i) => [day(i >> 1), `s${i % 2}`, words(i), `0${i % 2}`, i % 13 === 5 || i > 190 ? "" : (i % 7) - i / 3])
        .filter((_, i) => i % 17 !== 4),
    ),
    flags: ["--task", "forecast", "--target", "load", "--id", "site", "--static", "zip", "--fill", "linear", "--horizon", "3"],
  },
  "lines of JSON": {
    file: "j.jsonl",
    text: range(90, (i) => JSON.stringify({ ts: day(i), ok: i % 2 === 0, value: Math.sin(i * i) * 1e6, tag: EVIL })).join("\n"),
    flags: ["--task", "forecast", "--known", "ok", "--horizon", "2"],
  },
  "a series with faults": {
    file: "faults.csv",
    text: csv(["t", "y", "fault"], range(220, (i) => [i, i % 31 === 7 ? 90 : (i * 37) % 11, i % 31 === 7 ? "yes" : ""])),
    flags: ["--task", "anomaly", "--time", "t", "--target", "y", "--label", "fault"],
  },
  "lines with faults, empty ones and rare words": {
    file: "lines.csv",
    text: csv(["no", "message", "fault"], range(120, (i) => [i, i % 19 === 3 ? " " : `${words(i)} ${i}`, i % 23 === 5 ? "1" : "0"])),
    flags: ["--task", "anomaly", "--text", "message", "--label", "fault", "--tokens", "word", "--min-count", "5", "--max-length", "4", "--valid", "@held.csv"],
  },
}; // biome-ignore format: a table

/** What is told of the data alone: neither times nor folders. */
const dataOf = (out: string) => out.split("\n").filter((line) => /^ {2}\S|^ {12}\S|^data/.test(line)).join("\n"); // biome-ignore format: a line

test.each(Object.entries(STREAMED))("%s: the same is told where rows stay on the disk", async (name, one) => {
  writeFileSync(at(one.file), one.text);
  writeFileSync(at("held.csv"), csv(["no", "message", "fault"], range(9, (i) => [i, `${words(i)} sea`, "0"])));
  const { flags } = one;
  const told = async (...more: string[]) => {
    const task = flags.includes("--task") ? [] : ["--task", name];
    const { code, out, err } = await folder.cliOn(new FakeTerminal({ isTTY: true, columns: 80 }), "train", `@${one.file}`, "--out", "@disk", ...task, ...SMALL, ...flags, ...more);
    expect([code, err]).toEqual([0, ""]);
    return dataOf(out);
  };
  const whole = await told("--dry-run");
  expect(whole).toMatch(/\n {2}(columns|lengths) [\s\S]*\n {2}split /);
  expect(whole).toMatch(/\n {2}left out {2}[1-9]/);
  expect(await told("--dry-run", "--stream")).toBe(whole);
  expect(await told("--stream")).toContain(whole.slice(0, whole.indexOf("split")));
}); // biome-ignore format: a table

test("a thousand columns take a few lines", () => {
  const columns = range(1000, (i) => ({ name: `column number ${i}`, type: "number" as const, use: "number" }));
  const split = { train: 10, validation: 0, unit: "rows", how: "none" };
  const lines = dataLines({
    rows: 10,
    unit: "rows",
    columns,
    classes: [],
    lengths: [],
    values: [],
    leftOut: [],
    split,
  });
  expect(lines.length).toBeLessThan(8);
  expect(lines.join("\n")).toMatch(/… and 9\d\d more/);
});
