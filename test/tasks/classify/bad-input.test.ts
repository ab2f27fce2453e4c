import { describe, expect, test } from "vitest";
import { FormatError } from "../../../src/base/errors.js";
import type { ClassifySettings } from "../../../src/tasks/classify/config.js";
import { classify } from "../../../src/tasks/classify/task.js";
import { train } from "../../../src/tasks/task-model.js";

const source = (text: string | Uint8Array, name = "rows.csv") => ({
  name,
  bytes: typeof text === "string" ? new TextEncoder().encode(text) : text,
});
const TEXT: Partial<ClassifySettings> = { text: "text", label: "label", valid: 0 };
const NUMBERS: Partial<ClassifySettings> = { label: "label", valid: 0 };
const read = (text: string | Uint8Array, settings: Partial<ClassifySettings>, name = "rows.csv") =>
  classify.read({ train: source(text, name) }, settings, { op: "train" }).data;

describe("what is refused says where it stands", () => {
  test.each<[string, string, Partial<ClassifySettings>, string]>([
    ["an empty label", "text,label\na,x\nb,\nc,y\n", TEXT, 'rows.csv:3: column "label" must name a class, got ""'],
    ["a blank label", "text,label\na,x\nb,  \nc,y\n", TEXT, 'rows.csv:3: column "label" must name a class, got "  "'],
    [
      "one class",
      "text,label\na,x\nb,x\n",
      TEXT,
      'rows.csv must have two classes or more, got "x" alone in column "label"',
    ],
    ["no label of many", "text,label\na,\nb, ;\n", { ...TEXT, multi: true }, "rows.csv must have a label, got none"],
    ["an empty text", 'text,label\na,x\n"",y\n', TEXT, 'rows.csv:3: column "text" must hold text, got ""'],
    [
      "a comma in a number",
      'n,label\n1,x\n"1,5",y\n',
      NUMBERS,
      'rows.csv:3: column "n" must be a finite number, got "1,5". Write it with a point: 1.5.',
    ],
    ["NaN", "n,label\n1,x\nNaN,y\n", NUMBERS, 'rows.csv:3: column "n" must be a finite number, got "NaN"'],
    ["infinity", "n,label\n1,x\ninf,y\n", NUMBERS, 'rows.csv:3: column "n" must be a finite number, got "inf"'],
    [
      "a number that is too large",
      "n,label\n1,x\n1e999,y\n",
      NUMBERS,
      'rows.csv:3: column "n" must be a finite number, got "1e999"',
    ],
    ["nothing", "n,m,label\n1,2,x\n,3,y\n", NUMBERS, 'rows.csv:3: column "n" must be a finite number, got ""'],
    ["a short row", "text,label\na,x\nb\n", TEXT, "rows.csv:3 must have 2 cells, as the header has, got 1"],
    ["a long row", "text,label\na,x\nb,y,z\n", TEXT, "rows.csv:3 must have 2 cells, as the header has, got 3"],
    ["a quote that never closes", 'text,label\na,x\n"b,y\n', TEXT, "rows.csv:3:1 must close every double quote"],
    ["a column twice", "text,label,text\na,x,b\n", TEXT, 'rows.csv:1 must name each column once, got "text" twice'],
    [
      "a column without a name",
      "text,,label\na,1,x\n",
      TEXT,
      "rows.csv:1 must name every column, got nothing for column 2",
    ],
    [
      "a column that is nearly there",
      "text,lable\na,x\nb,y\n",
      TEXT,
      'rows.csv must have the column, got "label". Did you mean "lable"?',
    ],
    ["a NUL", "text,label\na,x\nb\0c,y\n", TEXT, "rows.csv:3:2 must be text, got a NUL (byte 0)"],
    ["a header alone", "text,label\n", TEXT, "rows.csv must hold rows below its header, got none"],
    [
      "a label and nothing else",
      "label\nx\ny\n",
      NUMBERS,
      'rows.csv must have a column to learn from, got "label" alone',
    ],
  ])("%s", (_, text, settings, says) => {
    expect(() => read(text, settings)).toThrow(says);
  });

  test("JSON lines name their line", () => {
    expect(() => read('{"text":"a","label":"x"}\n{"text":\n', TEXT, "rows.jsonl")).toThrow(
      "rows.jsonl:2:9 must be JSON",
    );
  });
});

describe("what is read as it is", () => {
  test.each<[string, string, string[]]>([
    ["CRLF", "text,label\r\nab,x\r\ncd,y\r\n", ["x", "y"]],
    ["a byte-order mark", "\ufefftext,label\nab,x\ncd,y\n", ["x", "y"]],
    ["emoji, of one and of several code points", "text,label\n👍🏽 ja,😀\n👎,👨‍👩‍👧\n", ["👨‍👩‍👧", "😀"]],
    ["Hangul", "text,label\n안녕,인사\n잘 가,작별\n", ["인사", "작별"]],
    ["line ends and separators in quotes", 'text,label\n"a\nb, c",x\nd,"y,\n1"\n', ["x", "y,\n1"]],
    ["names of properties of objects", "text,label\na,__proto__\nb,constructor\n", ["__proto__", "constructor"]],
    ["cells of a megabyte", `text,label\n${"ab ".repeat(350_000)},x\nb,y\n`, ["x", "y"]],
    ["a constant column", "text,label\nsame,x\nsame,y\n", ["x", "y"]],
  ])("%s", (_, text, classes) => {
    const { classes: found, train: examples, inputs } = read(text, TEXT);
    expect([...found].sort()).toEqual([...classes].sort());
    expect(examples).toHaveLength(2);
    expect(Math.max(...[...examples].map(({ steps }) => steps.length))).toBeLessThanOrEqual(400);
    expect(inputs.vocabulary!.size).toBeGreaterThan(1);
  });

  test("a constant column of numbers tells nothing, and breaks nothing", () => {
    const { train: examples } = read("id,a,b,label\n1,5,1,x\n1,5,2,x\n2,5,3,y\n", { ...NUMBERS, group: "id" });
    expect([...examples].flatMap(({ steps }) => [...steps]).filter((_, i) => i % 2 === 0)).toEqual([0, 0, 0]);
  });

  test("what is told of such classes comes back under their names", async () => {
    const rows = Array.from({ length: 12 }, (_, i) => (i % 2 ? "안녕 👍🏽,__proto__" : "b,잘 가"));
    const { model } = await train(source(`text,label\n${rows.join("\n")}\n`), {
      task: "classify",
      epochs: 1,
      hidden: 4,
    });
    for await (const { probabilities } of model.predict(["안녕"])) {
      expect(Object.keys(probabilities as object)).toEqual(["__proto__", "잘 가"]);
    }
  });
});

test("columns at prediction may stand in another order, and others beside them", async () => {
  const numbers = Array.from({ length: 24 }, (_, i) => `${i % 2},${5 - (i % 2)},${i % 2 ? "one" : "none"}`);
  const settings = { task: "classify", label: "label", hidden: 6, epochs: 12, lr: 0.05, batch: 4, valid: 0 } as const;
  const { model } = await train(source(`a,b,label\n${numbers.join("\n")}\n`), settings);
  const scored = async (text: string) => (await model.evaluate(source(text))).figures.map(({ value }) => value);
  const first = await scored("a,b,label\n1,4,one\n0,5,none\n");
  expect(await scored("x,label,b,a\nq,one,4,1\nr,none,5,0\n")).toEqual(first);
  await expect(scored("a,label\n1,one\n")).rejects.toThrow('must have the column, got "b"');
  await expect(scored("a,b,label\n1,4,two\n")).rejects.toThrow(
    'must be a class that was learned ("none", "one"), got "two"',
  );
});

describe("a description that is damaged is refused", () => {
  const grouped = { ...NUMBERS, group: "id" };
  const data = read("id,a,b,label\n1,5,1,x\n1,6,2,x\n2,5,3,y\n", grouped);
  const described = classify.describeMeta(data);
  const inputs = described["inputs"] as Record<string, never>;
  const config = classify.resolve(grouped, "test");
  const shapes = (meta: object, given = config) => classify.parameterShapes(given, classify.readMeta(meta as never));

  test("and a whole one is not", () => {
    expect(shapes(JSON.parse(JSON.stringify(described))).get("rnn.weight_ih_l0")).toEqual([4 * 64, 2]);
  });

  test.each<[string, object]>([
    ["no classes", { ...described, classes: undefined }],
    ["classes that are none", { ...described, classes: [1, 2] }],
    ["one class", { ...described, classes: ["x"] }],
    ["no inputs", { ...described, inputs: null }],
    ["no columns", { ...described, inputs: { ...inputs, columns: [] } }],
    ["a mean that is none", { ...described, inputs: { ...inputs, mean: [1, null] } }],
    ["one mean for two columns", { ...described, inputs: { ...inputs, mean: 1, scale: 1 } }],
    ["three means", { ...described, inputs: { ...inputs, mean: [1, 2, 3], scale: [1, 1, 1] } }],
    ["a scale of 0", { ...described, inputs: { ...inputs, scale: [1, 0] } }],
    ["a vocabulary that is none", { ...described, inputs: { ...inputs, vocabulary: 3 } }],
    ["several labels, which the config denies", { ...described, multi: true }],
  ])("%s", (_, meta) => {
    expect(() => shapes(meta)).toThrow(FormatError);
  });
});
