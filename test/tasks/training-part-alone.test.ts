import { describe, expect, test } from "vitest";
import { taskNamed } from "../../src/tasks/registry.js";

const range = <T>(n: number, of: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => of(i));
/** Each row has a character of its own, so that a vocabulary says which rows it was made of. */
const own = (i: number) => String.fromCodePoint(0x4e00 + i);
const kind = (i: number) => (i % 3 ? "up" : "down");
const noise = (i: number) => ((i * 7919 + 13) % 1009) / 10;
const ROWS = 60;

const read = (task: string, text: string, given: object, name: string, valid?: string) => {
  const source = (text: string) => ({ name, bytes: new TextEncoder().encode(text) });
  const sources = { train: source(text), valid: valid === undefined ? undefined : source(valid) };
  return taskNamed(task).read(sources, given as never, { op: "train" });
};
/** What a model would know of the data, as it is stored. */
const known = (task: string, { data, config }: ReturnType<typeof read>) => {
  return JSON.stringify(taskNamed(task).describeMeta(taskNamed(task).about(data, config).meta));
};

interface Case {
  file: (rows: readonly number[]) => string;
  name: string;
  given: object;
}

const rowsOf = (header: string, of: (i: number) => string) => (rows: readonly number[]) =>
  [header, ...rows.map(of)].join("\n");
const CASES: Record<string, Case> = {
  classify: { file: rowsOf("text,label", (i) => `it ${own(i)},${kind(i)}`), name: "t.csv", given: { text: "text" } },
  "classify by words": {
    file: rowsOf("text,label", (i) => `it ${own(i)},${kind(i)}`),
    name: "t.csv",
    given: { text: "text", tokens: "word", split: "stratified" },
  },
  "classify into several": {
    file: rowsOf("text,label", (i) => `it ${own(i)},${kind(i)};all`),
    name: "t.csv",
    given: { text: "text", multi: true },
  },
  regress: { file: rowsOf("text,label", (i) => `it ${own(i)},${noise(i)}`), name: "t.csv", given: { text: "text" } },
  tag: {
    file: (rows) => rows.map((i) => `it O\n${own(i)} B-X`).join("\n\n"),
    name: "t.conll",
    given: { minCount: 1 },
  },
  seq2seq: { file: rowsOf("source,target", (i) => `it ${own(i)},to ${own(i)}`), name: "t.csv", given: {} },
  generate: {
    file: rowsOf("text,label", (i) => `it ${own(i)},${kind(i)}`),
    name: "t.csv",
    given: { text: "text", label: "label" },
  },
};

describe.each(Object.entries(CASES))("%s", (name, { file, name: path, given }) => {
  const [task] = name.split(" ") as [string];
  const all = range(ROWS, (i) => i);

  test.each([
    ["a share", { valid: 0.3 }],
    ["a fold", { fold: "2/4" }],
  ])("a vocabulary knows nothing of what is held out: %s", (_, held) => {
    const found = read(task, file(all), { ...given, ...held, seed: 3 }, path);
    const { train, validation } = found.data as Record<"train" | "validation", { length: number }>;
    expect([train.length + validation.length, validation.length > 9]).toEqual([ROWS, true]);
    const meta = known(task, found);
    expect(all.filter((i) => meta.includes(own(i)))).toHaveLength(train.length);
  });

  test("nor of a file to validate on", () => {
    const train = file(all.slice(0, 40));
    const [a, b] = [all.slice(40, 50), all.slice(45)].map((rows) => read(task, train, given, path, file(rows)));
    expect(known(task, a!)).toBe(known(task, b!));
  });
});

describe("scales, means and weights of classes", () => {
  const file = rowsOf("a,b,label", (i) => `${noise(i)},${noise(i + 7)},${task(i)}`);
  const task = (i: number) => (i % 5 ? "up" : "down");
  test.each([
    ["classify", { classWeights: "balanced", columns: "a,b" }],
    ["classify", { classWeights: "balanced", columns: "a,b", window: 1 }],
  ])("%s %j", (name, given) => {
    const rows = range(40, (i) => i);
    const found = read(name, file(rows), { ...given, label: "label" }, "t.csv", file(range(5, (i) => 500 + i)));
    const alone = read(name, file(rows), { ...given, label: "label", valid: 0 }, "t.csv");
    expect(known(name, found)).toBe(known(name, alone));
    const weights = (of: typeof found) => (of.data as { weights: Float32Array }).weights;
    expect([...weights(found)]).toEqual([...weights(alone)]);
    expect(weights(found)[0]).not.toBe(weights(found)[1]);
  });

  test("regress", () => {
    const numbers = rowsOf("a,b,label", (i) => `${noise(i)},${noise(i + 7)},${noise(i + 3)}`);
    const found = read("regress", numbers(range(50, (i) => i)), { label: "label", valid: 0.4 }, "t.csv");
    const { train, mean } = found.data as { train: { target: number[] }[]; mean: number };
    expect(mean).toBeCloseTo([...train].reduce((sum, { target }) => sum + target[0]!, 0) / 30, 8);
    const { steps } = (found.data as { train: { steps: Float32Array }[] }).train.reduce(
      (all, one) => ({ steps: [...all.steps, ...one.steps] }),
      { steps: [] as number[] },
    );
    expect(steps.reduce((sum, x) => sum + x, 0) / steps.length).toBeCloseTo(0, 5);
  });
});
