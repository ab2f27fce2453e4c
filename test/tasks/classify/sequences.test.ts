import { describe, expect, test } from "vitest";
import type { Table } from "../../../src/data/readers/index.js";
import { decodeTask } from "../../../src/tasks/checkpoint.js";
import type { ClassifySettings } from "../../../src/tasks/classify/config.js";
import { classify } from "../../../src/tasks/classify/task.js";
import { Sequencer, type SequenceSettings } from "../../../src/tasks/rows/sequences.js";
import { load, train } from "../../../src/tasks/task-model.js";
import { TaskTraining } from "../../../src/tasks/training/task-training.js";
import { groupTable } from "../../support/rows.js";

const source = (text: string, name = "rows.csv") => ({ name, bytes: new TextEncoder().encode(text) });
const SMALL: Partial<ClassifySettings> = { hidden: 12, batch: 16, lr: 0.02, valid: 0.2, epochs: 8 };
const GROUPS: Partial<ClassifySettings> = { ...SMALL, group: "id", label: "way" };
const read = (table: string, settings: Partial<ClassifySettings>) =>
  classify.read({ train: source(table) }, settings, { op: "train" });

describe("rows of a group are the steps of one sequence", () => {
  test("whose columns have a scale each: what is small tells as much as what is large", async () => {
    const { model } = await train(source(groupTable(250)), { ...GROUPS, task: "classify" });
    const { figures } = await model.evaluate(source(groupTable(80, 5)));
    expect(figures.find(({ name }) => name === "accuracy")!.value).toBeGreaterThan(0.9);
    const rising = [1, 0, 2, 0, 3, 0, 4, 0];
    for await (const { label } of load(model.encode()).predict([rising])) expect(label).toBe("up");
    await expect(model.predict([[1, 2, 3]]).next()).rejects.toThrow(
      "must be a table of 2 numbers for each step, got 3 numbers",
    );
  });

  test("scales are those of the groups to train on", () => {
    const { data } = read(groupTable(50), GROUPS);
    expect(data.train).toHaveLength(40);
    const { mean, scale } = data.inputs;
    const columns = [0, 1].map((f) => [...data.train].flatMap(({ steps }) => [...steps].filter((_, i) => i % 2 === f)));
    for (const [f, values] of columns.entries()) {
      const average = values.reduce((sum, x) => sum + x, 0) / values.length;
      expect(average).toBeCloseTo(0, 4);
      expect(Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length)).toBeCloseTo(1, 4);
      expect(scale[f]).toBeGreaterThan(f === 0 ? 1 : 1000);
    }
    expect(mean).toHaveLength(2);
  });

  test("columns are those that are named, in that order", () => {
    const { data } = read(groupTable(20), { ...GROUPS, columns: "large, small" });
    expect(data.inputs.columns).toEqual(["large", "small"]);
    expect(() => read(groupTable(20), { ...GROUPS, columns: "large,smal" })).toThrow('Did you mean "small"?');
  });

  test.each([
    [
      "a group whose rows are torn",
      "id,x,way\na,1,u\nb,2,d\na,3,u\n",
      'rows.csv:4: column "id" must stand with the other rows of its group, got "a". Sort the rows by that column.',
    ],
    [
      "a group of two labels",
      "id,x,way\na,1,u\na,2,d\nb,3,d\n",
      'rows.csv:3: column "way" must be that of its group, "u" (line 2), got "d"',
    ],
    [
      "a text in a column of numbers",
      "id,x,day,way\na,1,Mon,u\nb,2,7,d\n",
      'rows.csv:2: column "day" must be a finite number, got "Mon". Mend it, or name the columns of numbers (columns).',
    ],
  ])("%s is refused", (_, table, says) => {
    expect(() => read(table, { ...GROUPS, valid: 0 })).toThrow(says);
  });

  test("rows that are sorted by their group, and columns that are named, will do", () => {
    expect(read("id,x,way\na,1,u\na,3,u\nb,2,d\n", { ...GROUPS, valid: 0 }).data.train).toHaveLength(2);
    const named = { ...GROUPS, valid: 0, columns: "x" };
    expect(read("id,x,day,way\na,1,Mon,u\nb,2,7,d\n", named).data.inputs.columns).toEqual(["x"]);
    expect(read("id,x,day,way\na,1,1,u\nb,2,7,d\n", { ...GROUPS, valid: 0 }).data.inputs.columns).toHaveLength(2);
  });

  test("resuming is exact", async () => {
    const begin = (resume?: Uint8Array) => {
      const { data, config } = read(groupTable(60), { ...GROUPS, pooling: "attention", dropout: 0.2 });
      return new TaskTraining(classify, data, config, { resume: resume && decodeTask(classify, resume) });
    };
    const whole = begin();
    await whole.fit({ untilStep: 9 });
    const first = begin();
    await first.fit({ untilStep: 4 });
    const second = begin(first.encode());
    await second.fit({ untilStep: 9 });
    expect(second.encode()).toEqual(whole.encode());
  });
});

describe("windows", () => {
  const WINDOWS: Partial<ClassifySettings> = { ...SMALL, window: 4, stride: 2, label: "way", columns: "x" };
  const table = `x,way\n${Array.from({ length: 60 }, (_, i) => `${i},${i < 40 ? "a" : "b"}`).join("\n")}\n`;

  test("have the label of their last row, and share no row between training and validation", () => {
    const { data } = read(table, WINDOWS);
    const { mean, scale } = data.inputs;
    const rowsOf = (part: typeof data.train) =>
      [...part].map(
        ({ steps, target }) =>
          [[...steps].map((x) => Math.round(x * scale[0]! + mean[0]!)), data.classes[target[0]!]] as const,
      );
    const [learned, held] = [rowsOf(data.train), rowsOf(data.validation)];
    expect(held.length).toBeGreaterThan(3);
    for (const [rows, label] of [...learned, ...held]) {
      expect(rows).toEqual([0, 1, 2, 3].map((i) => rows[0]! + i));
      expect(label).toBe(rows[3]! < 40 ? "a" : "b");
    }
    const seen = new Set(learned.flatMap(([rows]) => rows));
    expect(held.flatMap(([rows]) => rows).filter((row) => seen.has(row))).toEqual([]);
    expect(new Set(held.map(([, label]) => label))).toEqual(new Set(["a", "b"]));
  });

  test("of groups: a group is in one part", () => {
    const { data } = read(groupTable(40), { ...GROUPS, window: 3, stride: 1, columns: "large" });
    const { mean, scale } = data.inputs;
    const values = (part: typeof data.train) =>
      [...part].flatMap(({ steps }) => [...steps].map((x) => Math.round(10 * (x * scale[0]! + mean[0]!))));
    const seen = new Set(values(data.train));
    expect(data.validation.length).toBeGreaterThan(5);
    expect(values(data.validation).filter((value) => seen.has(value)).length / data.validation.length).toBeLessThan(
      0.05,
    );
  });

  test.each<[Partial<ClassifySettings>, string]>([
    [
      { text: "t", group: "id" },
      "group must be left out with text: a text has its own steps, got id. Leave group out.",
    ],
    [{ text: "t", window: 3 }, "window must be left out with text: a text has its own steps, got 3. Leave window out."],
    [{ stride: 3 }, "stride must be left out without window, got 3. Leave stride out."],
  ])("%j is refused", (settings, says) => {
    expect(() => classify.resolve(settings, "train")).toThrow(says);
    const [key] = Object.keys(settings).filter((name) => name !== "text");
    const { [key as "group"]: _, ...rest } = settings;
    expect(() => classify.resolve(rest, "train")).not.toThrow();
  });
});

describe("a table in parts is cut as the whole is", () => {
  const ids = "aaabbcddddddee".split("");
  const whole: Table = { source: "t", columns: ["id"], rows: ids.map((id) => [id]), lines: ids.map((_, i) => i + 2) };
  const cut = (settings: SequenceSettings, size: number): string[] => {
    const sequencer = new Sequencer(settings);
    const found: string[] = [];
    let waiting: string[][] = [];
    for (let at = 0; at < ids.length; at += size) {
      const rows = [...waiting, ...whole.rows.slice(at, at + size).map((row) => [...row])];
      const table = { ...whole, rows, lines: rows.map((_, i) => i) };
      const { spans, rest } = sequencer.take(table, at + size >= ids.length);
      for (const { from, to } of spans) found.push(rows.slice(from, to).join(""));
      waiting = rows.slice(rest);
    }
    return found;
  };
  test.each<[SequenceSettings, string[]]>([
    [{ group: null, window: 0, stride: 0 }, ids],
    [{ group: "id", window: 0, stride: 0 }, ["aaa", "bb", "c", "dddddd", "ee"]],
    [{ group: "id", window: 2, stride: 0 }, ["aa", "bb", "c", "dd", "dd", "dd", "ee"]],
    [{ group: "id", window: 3, stride: 1 }, ["aaa", "bb", "c", "ddd", "ddd", "ddd", "ddd", "ee"]],
    [{ group: null, window: 5, stride: 3 }, ["aaabb", "bbcdd", "ddddd", "dddee"].slice(0, 4)],
    [{ group: null, window: 20, stride: 0 }, [ids.join("")]],
    [{ group: null, window: 2, stride: 5 }, ["aa", "cd", "dd"]],
    [{ group: "id", window: 1, stride: 2 }, ["a", "a", "b", "c", "d", "d", "d", "e"]],
  ])("%j", (settings, sequences) => {
    expect(cut(settings, ids.length)).toEqual(sequences);
    for (const size of [1, 2, 3, 5, 8]) expect(cut(settings, size), `parts of ${size}`).toEqual(sequences);
  });
});
