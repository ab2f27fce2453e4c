import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { passOf, piecesOf, type Report, tellRow } from "../../src/base/report.js";
import { textWidth } from "../../src/base/width.js";
import { rowStream } from "../../src/cli/input/row-streams.js";
import { barText, ProgressBar } from "../../src/cli/terminal/progress-bar.js";
import { readTable } from "../../src/data/readers/index.js";
import { TASKS } from "../../src/tasks/registry.js";
import { TaskTraining } from "../../src/tasks/training/task-training.js";
import { reversedPairs } from "../support/pairs.js";
import { dailyTable, nameTable, priceTable } from "../support/rows.js";
import { conll, taggedSentences } from "../support/tagged.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";
import { nonsense } from "../support/text.js";

const folder = temporaryFolder();

/** A bar whose clock is set by hand. */
function barAt(options: { isTTY?: boolean; columns?: number; silent?: boolean } = {}) {
  const { isTTY = true, columns = 80, silent = false } = options;
  const { stderr } = new FakeTerminal({ isTTY, columns });
  const clock = { now: 5000, cleared: 0 };
  const bar = new ProgressBar(stderr, { silent, now: () => clock.now, clear: () => clock.cleared++ });
  return { bar, clock, stderr };
}

/** What a terminal shows after all that was written to its last line. */
function shown(text: string): string {
  const cells: string[] = [];
  let at = 0;
  for (const char of text) {
    if (char === "\r") at = 0;
    else cells[at++] = char;
  }
  return cells.join("").trimEnd();
}

describe("a bar with a fake clock", () => {
  test("shows nothing before a second has gone, then how far it is and what is left, and is taken away", () => {
    const { bar, clock, stderr } = barAt();
    for (const done of [0, 100, 200]) {
      bar.report("reading", done, 1000);
      clock.now += 450;
    }
    expect([stderr.text, clock.cleared]).toEqual(["", 0]);
    clock.now = 7000;
    bar.report("reading", 250, 1000);
    expect(shown(stderr.text)).toBe(`reading  ${"█".repeat(6)}${"░".repeat(18)}  25%  0:06 left`);
    expect(clock.cleared).toBe(1);
    clock.now = 9000;
    bar.report("reading", 800, 1000);
    expect(shown(stderr.text)).toBe(`reading  ${"█".repeat(19)}${"░".repeat(5)}  80%  0:01 left`);
    bar.report("reading", 1000, 1000);
    expect([shown(stderr.text), stderr.text.endsWith("\r")]).toEqual(["", true]);
    expect([stderr.text.includes("\n"), clock.cleared]).toEqual([false, 1]);
  });

  test("is not drawn more than ten times a second", () => {
    const { bar, clock, stderr } = barAt();
    for (let i = 0; i <= 4000; i++) {
      bar.report("encoding", i, 5000);
      clock.now++;
    }
    // From the end of the first second to that of the fourth, both with them.
    expect(stderr.text.split("\r").length - 1).toBe(31);
  });

  test("a pass begins anew with another name, or where it is less far", () => {
    for (const [pass, done] of [
      ["validating", 900],
      ["encoding", 0],
    ] as const) {
      const { bar, clock, stderr } = barAt();
      bar.report("encoding", 0, 1000);
      clock.now += 2000;
      bar.report("encoding", 500, 1000);
      expect(shown(stderr.text)).toContain("50%");
      bar.report(pass, done, 1000);
      expect(shown(stderr.text)).toBe("");
      clock.now += 999;
      bar.report(pass, 950, 1000);
      expect(shown(stderr.text)).toBe("");
      clock.now += 1;
      bar.report(pass, 960, 1000);
      expect(shown(stderr.text)).toContain("96%");
    }
  });

  test.each([[{ isTTY: false }], [{ silent: true }]])("%j: nothing", (options) => {
    const { bar, clock, stderr } = barAt(options);
    for (const done of [0, 10, 20]) {
      bar.report("reading", done, 30);
      clock.now += 5000;
    }
    bar.end();
    expect(stderr.text).toBe("");
  });

  test("ends in the middle without a trace, and ending twice writes nothing", () => {
    const { bar, clock, stderr } = barAt();
    bar.report("reading", 0, 10);
    clock.now += 3000;
    bar.report("reading", 4, 10);
    bar.end();
    const { text } = stderr;
    expect(shown(text)).toBe("");
    bar.end();
    expect(stderr.text).toBe(text);
  });

  test.each([80, 50, 30, 12, 5])("%i columns: the time that is left stays longest", (columns) => {
    const text = barText("predicting", 0.4567, 4000, columns - 1);
    expect(text).toContain("1:06:40");
    if (columns > 13) expect(textWidth(text)).toBeLessThan(columns);
  });
});

describe("passes tell of themselves", () => {
  const listen = () => {
    const told: [string, number, number][] = [];
    return { told, report: (pass: string, done: number, total: number) => void told.push([pass, done, total]) };
  };

  test("reading a large table: bytes, from the first to the last, and the rows are the same", () => {
    const text = nameTable(120_000);
    const { told, report } = listen();
    const bytes = new TextEncoder().encode(text);
    const table = readTable(bytes, "n.csv", { told: passOf(report, "reading") });
    expect(told[0]).toEqual(["reading", 0, bytes.length]);
    expect(told.at(-1)).toEqual(["reading", bytes.length, bytes.length]);
    expect(told.length).toBeGreaterThan(2);
    const plain = readTable(bytes, "n.csv");
    expect([table.rows.length, table.rows[99_999], table.lines[99_999]]).toEqual([
      plain.rows.length,
      plain.rows[99_999],
      plain.lines[99_999],
    ]);
  });

  test("pieces and rows: from 0 to all of them", () => {
    const { told, report } = listen();
    expect([...piecesOf([1, 2, 3, 4, 5], 2, passOf(report, "p"))]).toEqual([[1, 2], [3, 4], [5]]);
    expect(told.map(([, done]) => done)).toEqual([0, 2, 4, 5]);
    const rows: number[] = [];
    for (let i = 0; i < 10_000; i++) tellRow((done) => void rows.push(done), i, 10_000);
    expect(rows).toEqual([0, 4096, 8192, 9999]);
  });

  test("a file that comes in pieces", async () => {
    const path = folder.at("n.csv");
    writeFileSync(path, nameTable(9000));
    const { told, report } = listen();
    let bytes = 0;
    for await (const piece of rowStream(path, new FakeTerminal(), { told: passOf(report, "p") }).pieces())
      bytes += piece.length;
    expect([told[0], told.at(-1)]).toEqual([
      ["p", 0, bytes],
      ["p", bytes, bytes],
    ]);
    expect(told.length).toBeGreaterThan(3);
  });

  const FILES: Record<string, { name: string; text: string; settings: object }> = {
    classify: { name: "n.csv", text: nameTable(200), settings: { text: "name", label: "kind" } },
    regress: { name: "p.csv", text: priceTable(200), settings: { text: "what", label: "price" } },
    tag: { name: "t.conll", text: conll(taggedSentences(200)), settings: {} },
    seq2seq: { name: "s.tsv", text: reversedPairs(200), settings: {} },
    generate: { name: "n.csv", text: nameTable(200), settings: {} },
    forecast: { name: "d.csv", text: dailyTable(60), settings: { time: "day", target: "load", id: "site" } },
    anomaly: { name: "a.log", text: Array.from({ length: 200 }, (_, i) => `line ${i}`).join("\n"), settings: {} },
    "language-model": { name: "l.txt", text: nonsense(9000), settings: {} },
  };
  test.each([
    ["language-model", `${"a 🙂 b\n".repeat(200_000)}`, "l.txt", ["reading", "encoding"]],
    ["tag", conll(taggedSentences(4000)), "t.conll", ["reading"]],
  ])("%s: what is read is told of, and is the same", (kind, text, name, passes) => {
    const task = TASKS.find((one) => one.name === kind)!;
    const { told, report } = listen();
    const bytes = new TextEncoder().encode(text);
    const read = (source: { report?: Report }) =>
      task.read({ train: { name, bytes, ...source } }, { hidden: 4 } as never, { op: "test" });
    const [one, other] = [read({ report }), read({})];
    expect(task.about(one.data, one.config).fingerprint).toBe(task.about(other.data, other.config).fingerprint);
    for (const pass of passes) {
      const own = told.filter(([name_]) => name_ === pass);
      const [, , total] = own[0]!;
      expect([own[0], own.at(-1)]).toEqual([
        [pass, 0, total],
        [pass, total, total],
      ]);
      expect(own.length).toBeGreaterThan(2);
    }
  });

  test.each(TASKS.map((task) => [task.name, task] as const))("the validation of %s", async (kind, task) => {
    const { name, text, settings } = FILES[kind]!;
    const { told, report } = listen();
    const source = { name, bytes: new TextEncoder().encode(text), report };
    const given = { hidden: 4, batch: 50, maxSteps: 1, valid: 0.5, ...settings };
    const { data, config } = task.read({ train: source }, given as never, { op: "test" });
    await new TaskTraining(task, data, config, { told: passOf(report, "validating") }).fit();
    const own = told.filter(([pass]) => pass === "validating");
    const [, , total] = own[0]!;
    expect(own[0]).toEqual(["validating", 0, total]);
    expect(own.length).toBeGreaterThan(1);
    for (const [i, [, done, all]] of own.entries()) {
      expect(all).toBe(total);
      expect(done).toBeLessThanOrEqual(total);
      if (i > 0) expect(done).toBeGreaterThanOrEqual(own[i - 1]![1]);
    }
  });
});
