import { describe, expect, test } from "vitest";
import { taskNamed } from "../../src/tasks/registry.js";

const range = <T>(n: number, of: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => of(i));
const csv = (columns: string, rows: readonly (readonly (string | number)[])[]) =>
  [columns, ...rows.map((cells) => cells.map((cell) => `"${cell}"`).join(","))].join("\n");

async function notesOn(task: string, text: string, given: object, name = "file.csv", valid?: string) {
  const found = taskNamed(task);
  const source = (text: string) => ({ name, bytes: new TextEncoder().encode(text) });
  const sources = { train: source(text), valid: valid === undefined ? undefined : source(valid) };
  const { data, config } = found.read(sources, given as never, { op: "train" });
  return (await found.beware!(data, config)).join("\n");
}

/** All different, so that nothing else is odd. */
const words = (i: number) => `the ${["cat", "dog", "cow"][i % 3]} no ${i} sat`;

describe("names that a person takes for one", () => {
  test.each<[what: string, names: string[], said: string]>([
    ["letter case", ["Spam", "spam", "ham"], '"Spam" (20), "spam" (20)'],
    ["blanks at the ends", ["spam", "spam ", "ham"], '"spam" (20), "spam " (20)'],
    ["a blank that is none", ["a b", "a\u00a0b", "ham"], '"a b" (20), "a\u00a0b" (20)'],
    ["several blanks", ["a b", "a  b", "ham"], '"a  b" (20), "a b" (20)'],
    ["composed and not", ["caf\u00e9", "cafe\u0301", "ham"], "(20)"],
    ["two groups", ["A", "a", "B", "b"], '"A" (15), "a" (15); "B" (15), "b" (15)'],
    ["nothing", ["spam", "ham", "eggs"], ""],
    ["another accent", ["cafe", "caf\u00e9", "ham"], ""],
  ])("%s", async (_, names, said) => {
    const rows = range(60, (i) => [words(i), names[i % names.length]!]);
    const given = { text: "text", label: "label" };
    const how =
      said === "(20)" ? "letter case, white space or Unicode's ways to write a letter" : "letter case or white space";
    for (const task of ["classify", "generate"]) {
      const notes = await notesOn(task, csv("text,label", rows), given);
      if (said === "") expect(notes).toBe("");
      else expect(notes).toContain(`of label some differ only in ${how}, and stay apart: `);
      expect(notes).toContain(said);
    }
    const labels = await notesOn("classify", csv("text,label", rows), { ...given, multi: true });
    // Blanks around one of several labels are left out.
    expect(labels === "").toBe(said === "" || names[1] === "spam ");
    const tagged = rows.map(([text, name]) => JSON.stringify({ tokens: [text], tags: [name] })).join("\n");
    const notes = await notesOn("tag", tagged, {}, "file.jsonl");
    expect(notes.startsWith(`of tags some differ only in ${how}`)).toBe(said !== "");
    expect(notes).toContain(said.replaceAll("of label", "of tags"));
  });
});

describe("a column that alone tells the label", () => {
  const noise = (i: number) => (i * 7919) % 101;
  const kind = (i: number) => (noise(i) > 50 ? "up" : noise(i) > 20 ? "mid" : "down");
  test.each<[what: string, column: (i: number) => number, isTold: boolean]>([
    ["its code", (i) => ["down", "up", "mid"].indexOf(kind(i)), true],
    ["a threshold of it", (i) => 3 * noise(i) + 2, true],
    ["most of it", (i) => (i === 7 ? (noise(i) > 50 ? 0 : 100) : noise(i)), false],
    ["nothing of it", (i) => (i * 31) % 17, false],
    ["always the same", () => 4, false],
  ])("%s", async (_, column, isTold) => {
    const rows = range(90, (i) => [(i * 13) % 29, column(i), kind(i)]);
    for (const given of [{ label: "label" }, { label: "label", window: 1 }]) {
      const notes = await notesOn("classify", csv("a,b,label", rows), given);
      expect(notes.includes('"b" alone tells "label"'), notes).toBe(isTold);
      expect(notes).not.toContain('"a"');
    }
  });

  test.each<[what: string, column: (price: number) => number, isTold: boolean]>([
    ["another unit", (price) => 1.1 * price + 3, true],
    ["less of it", (price) => 1e6 - price, true],
    ["rounded away", (price) => Math.round(price / 300), false],
  ])("of a number: %s", async (_, column, isTold) => {
    const rows = range(60, (i) => [(i * 13) % 29, column(noise(i) * 10), noise(i) * 10]);
    const notes = await notesOn("regress", csv("a,b,price", rows), { label: "price" });
    expect(notes.includes('"b" alone tells "price"'), notes).toBe(isTold);
  });

  test("several of them are told in one line", async () => {
    const rows = range(90, (i) => [...range(5, (k) => (k + 2) * noise(i)), (i * 13) % 29, kind(i)]);
    expect(await notesOn("classify", csv("a,b,c,d,e,f,label", rows), { label: "label" })).toBe(
      '"a", "b", "c" and 2 more alone each tell "label": leave them out if not known before',
    );
  });

  test("in few rows it may be chance", async () => {
    const rows = range(12, (i) => [i, (i * 5) % 7, i > 5 ? "up" : "down"]);
    expect(await notesOn("classify", csv("a,b,label", rows), { label: "label" })).toBe("");
  });
});

describe("what stands there twice", () => {
  const rows = range(40, (i) => [words(i), i % 2 ? "good" : "bad", i]);
  const again = [...rows, ...rows.slice(0, 6)];
  const columns = "text,label,number";
  test.each<[task: string, given: object]>([
    ["classify", { text: "text", label: "label" }],
    ["classify", { text: "text", label: "label", multi: true }],
    ["regress", { text: "text", label: "number" }],
  ])("%s: to validate on and to train on", async (task, given) => {
    expect(await notesOn(task, csv(columns, rows), given, "f.csv", csv(columns, rows.slice(0, 5)))).toMatch(
      /^5 of 5 rows validated on also stand in training/,
    );
    expect(await notesOn(task, csv(columns, rows), given)).toBe("");
    expect(await notesOn(task, csv(columns, again), { ...given, valid: 0.5 })).toMatch(
      /^[1-6] of 23 rows validated on/,
    );
  });

  test("with several answers", async () => {
    const torn = [...rows, [rows[3]![0]!, "bad", 3.5], [rows[3]![0]!, "good", 3.5], [rows[4]![0]!, "bad", 4]];
    expect(await notesOn("classify", csv(columns, torn), { text: "text", label: "label", valid: 0 })).toBe(
      "1 time rows to train on read alike, and have other answers",
    );
  });

  test("sentences", async () => {
    const of = (i: number) => `Ada${i % 30}\tB-PER\nlives\tO`;
    const notes = await notesOn("tag", range(60, of).join("\n\n"), { valid: 0.5 }, "f.conll");
    expect(notes).toMatch(/^\d+ of 30 sentences validated on also stand in training/);
    expect(await notesOn("tag", range(30, of).join("\n\n"), {}, "f.conll")).toBe("");
  });
});

describe("a class that a model does well without", () => {
  const rows = (rare: number) => range(100, (i) => [words(i), i < rare ? "urgent" : "normal"]);
  const given = { text: "text", label: "label", split: "stratified", valid: 0.2 };
  test.each([
    [3, 'of "urgent" there are 2 rows to train on and 1 to validate on: with balanced class weights'],
    [9, 'of "urgent" there are 7 rows to train on and 2 to validate on'],
    [12, ""],
    [50, ""],
  ])("%i of 100 rows", async (rare, said) => {
    const notes = await notesOn("classify", csv("text,label", rows(rare)), given);
    expect(notes === "").toBe(said === "");
    expect(notes).toContain(said);
    expect(await notesOn("classify", csv("text,label", rows(rare)), { ...given, classWeights: "balanced" })).toBe("");
  });
});

describe("texts that name their class", () => {
  test.each<[what: string, text: (i: number, name: string) => string, tokens: string, isTold: boolean]>([
    ["in a mark", (i, name) => `[${name.toUpperCase()}] buy ${i} now`, "char", true],
    ["as words", (i, name) => `${i} now ${name}`, "word", true],
    ["in some rows", (i, name) => `${i % 5 ? name : ""} buy ${i} now`, "char", false],
    ["in other words", (i, name) => `x${name.replace(" ", "x")}x buy ${i} now`, "char", false],
    ["with the others beside it", (i) => `spam or ham, not ${i}`, "char", false],
    ["not at all", (i) => `buy ${i} now`, "char", false],
  ])("%s", async (_, text, tokens, isTold) => {
    const all = ["spam", "Ham"];
    const rows = range(60, (i) => [text(i, all[i % 2]!), all[i % 2]!]);
    const notes = await notesOn("classify", csv("text,label", rows), { text: "text", label: "label", tokens });
    expect(notes.includes('texts name their "label"'), notes).toBe(isTold);
  });
});
