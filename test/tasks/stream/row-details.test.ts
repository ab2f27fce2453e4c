import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { taskNamed } from "../../../src/tasks/registry.js";
import type { ReadData, TaskTypes } from "../../../src/tasks/task.js";
import { groupTable, nameTable, priceTable, seriesTable, streamed } from "../../support/rows.js";

interface Case {
  task?: "regress";
  name?: string;
  text: string;
  valid: string;
  given: object;
  /** What of all is said to be odd, with the file to validate on. */
  beware?: string[];
}

const range = <T>(n: number, of: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => of(i));
const csv = (columns: string, rows: readonly (readonly (string | number)[])[], mark = ",") =>
  `${columns}\n${rows.map((cells) => cells.map((cell) => `"${`${cell}`.replaceAll('"', '""')}"`).join(mark)).join("\n")}\n`;
const jsonl = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
/** All but the first so many rows. */
const tail = (table: string, from: number) => [table.split("\n")[0], ...table.split("\n").slice(from)].join("\n");

const TEXT = { text: "text", label: "label" };
const words = (i: number) =>
  `the ${["cat", "dog", "cow"][i % 3]} no ${i} sat${i % 11 === 0 ? " for very long".repeat(9) : ""}`;
const noise = (i: number) => (i * 7919) % 101;
const level = (i: number) => (noise(i) > 50 ? "up" : noise(i) > 20 ? "mid" : "down");
const told = range(90, (i) => [(i * 13) % 29, 3 * noise(i) + 2, level(i)]);
const priced = range(60, (i) => [(i * 13) % 29, 11 * noise(i) + 3, noise(i) * 10, words(i)]);
const kinds = range(80, (i) => [
  words(i),
  ["Spam", "spam", "ham", "a b", "a  b"][i % 5]!,
  i,
  "",
  `2024-01-${10 + (i % 9)}`,
]);
const odd = range(60, (i) => [
  `${["😀 안녕", "- = @", "caf\u00e9 \u0301", " two\nlines ", '"quoted"'][i % 5]} ${i}`,
  ["긍정", "😀", "\ud83d\ude00"][i % 3]!,
]);
const ALIKE = 'of label some differ only in letter case or white space, and stay apart: "Spam" (';
const AGAIN = "17 of 17 rows validated on also stand in training";
const SMALL = '"small" alone tells "way"';
const TOLD = '"b" alone tells "label": leave it out if not known before';

const CASES: Record<string, Case> = {
  "texts of names": { text: nameTable(150), valid: nameTable(40, 2), given: { text: "name", label: "kind" }, },
  "texts, columns that are not used, classes alike": { text: csv("text,label,n,none,day", kinds), valid: csv("text,label,n,none,day", kinds.slice(3, 20)), given: TEXT, beware: [ALIKE, AGAIN] },
  "words that are too rare, ends that are cut": { text: csv("text,label,n,none,day", kinds), valid: csv("text,label,n,none,day", kinds.slice(3, 20)), given: { ...TEXT, tokens: "word", minCount: 2, maxLength: 20 }, beware: [ALIKE] },
  "a word for a sentence": { text: csv("text,label,n,none,day", kinds), valid: csv("text,label,n,none,day", kinds.slice(3, 20)), given: { ...TEXT, tokens: "word", vocabSize: 8, maxLength: 3 }, beware: [ALIKE, AGAIN, "read alike, and have other answers"] },
  bytes: { text: csv("text,label", odd), valid: csv("text,label", odd.slice(0, 20)), given: { ...TEXT, tokens: "byte" }, beware: ["20 of 20 rows"] },
  "pieces of words": { text: csv("text,label,n,none,day", kinds), valid: csv("text,label,n,none,day", kinds.slice(3, 20)), given: { ...TEXT, tokens: "bpe", vocabSize: 300 }, beware: [ALIKE, AGAIN] },
  "characters of all kinds, tabs, a mark at the beginning": { name: "d.tsv", text: `\ufeff${csv("text\tlabel", odd, "\t")}`, valid: csv("text\tlabel", odd.slice(0, 20), "\t"), given: TEXT, beware: ["20 of 20 rows"] },
  "line ends of Windows, semicolons": { text: csv("text;label", odd, ";").replaceAll("\n", "\r\n"), valid: csv("text;label", odd.slice(0, 20), ";"), given: TEXT, beware: ["16 of 20 rows"] },
  "JSON lines": { name: "d.jsonl", text: jsonl(kinds.map(([text, label, n]) => ({ n, text, label, list: [n, null], is: n === 3 }))), valid: jsonl(kinds.slice(3, 20).map(([text, label, n]) => ({ n, text, label, list: [], is: true }))), given: TEXT, beware: [ALIKE, AGAIN] },
  packed: { name: "d.csv.gz", text: csv("text,label,n,none,day", kinds), valid: csv("text,label,n,none,day", kinds.slice(3, 20)), given: TEXT, beware: [ALIKE, AGAIN] },
  "texts that name their class": { text: csv("text,label", range(60, (i) => [`[${i % 2 ? "SPAM" : "ham"}] buy ${i}`, i % 2 ? "spam" : "ham"])), valid: csv("text,label", range(9, (i) => [`[ham] no ${i}`, "ham"])), given: TEXT, beware: ['texts name their "label"'] },
  "a rare class": { text: csv("text,label", range(100, (i) => [words(i), i % 40 ? "normal" : "urgent"])), valid: csv("text,label", range(9, (i) => [`no ${i}`, "normal"])), given: TEXT, beware: ['of "urgent" there are 3 rows to train on and 0 to validate on'] },
  "a rare class, balanced": { text: csv("text,label", range(100, (i) => [words(i), i % 30 === 7 ? "urgent" : "normal"])), valid: csv("text,label", range(9, (i) => [`no ${i}`, "normal"])), given: { ...TEXT, classWeights: "balanced" } },
  "several labels": { text: csv("text,label", range(60, (i) => [words(i), ["a; b", "b ;a;a", "", "c", '["A","c"]'][i % 5]!])), valid: csv("text,label", range(9, (i) => [words(i), "b"])), given: { ...TEXT, multi: true }, beware: ['"A" (12), "a" (24)', "9 of 9"] },
  "several labels, torn": { text: csv("text,label", range(60, (i) => [words(i % 30), ["a;b", "b;a", "b"][i % 3 === 2 ? 2 : (i % 2)]!]).concat([[words(0), "b"]])), valid: csv("text,label", [["new", "b"]]), given: { ...TEXT, multi: true }, beware: ["1 time rows to train on read alike, and have other answers"] },
  numbers: { text: csv("a,b,label", told), valid: csv("a,b,label", told.slice(0, 9)), given: { label: "label" }, beware: [TOLD, "9 of 9 rows"] },
  "numbers of which not all are read": { text: seriesTable(120), valid: seriesTable(20, 2), given: { label: "label", maxLength: 3 } },
  "columns by name": { text: csv("a,b,label", told), valid: csv("a,b,label", told.slice(0, 9)), given: { label: "label", columns: "b" }, beware: [TOLD] },
  "rows of a group": { text: groupTable(50), valid: groupTable(20, 3), given: { label: "way", group: "id" }, beware: [SMALL] },
  "rows of a group, the last ones not read": { text: groupTable(50), valid: tail(groupTable(50), 30), given: { label: "way", group: "id", maxLength: 5 }, beware: [SMALL, "46 of 47 groups"] },
  windows: { text: csv("a,b,label", told), valid: csv("a,b,label", told.slice(0, 30)), given: { label: "label", window: 2, stride: 1 }, beware: [TOLD, "29 of 29 windows"] },
  "windows of groups": { text: groupTable(50), valid: groupTable(20, 3), given: { label: "way", group: "id", window: 3, stride: 1 } },
  "windows longer than is read": { text: csv("a,b,label", told), valid: csv("a,b,label", told.slice(0, 30)), given: { label: "label", window: 6, maxLength: 4 }, beware: ["5 of 5 windows"] },
  "a number of texts": { task: "regress", text: priceTable(150), valid: priceTable(30, 4), given: { text: "what", label: "price", tokens: "word" }, beware: ["11 of 30 rows"] },
  "a number of numbers": { task: "regress", text: csv("a,b,price,text", priced), valid: csv("a,b,price,text", priced.slice(0, 9)), given: { label: "price", columns: "a,b" }, beware: ['"b" alone tells "price"', "9 of 9"] },
  "a number of groups": { task: "regress", text: csv("id,a,b,y", range(90, (i) => [Math.floor(i / 3), noise(i), i % 7, Math.floor(i / 3) * -1.5])), valid: csv("id,a,b,y", range(9, (i) => [Math.floor(i / 3), 1, i % 7, Math.floor(i / 3)])), given: { label: "y", group: "id" } },
  "a number of windows": { task: "regress", text: csv("a,b,y", range(90, (i) => [noise(i), 7, 3 - 2 * noise(i)])), valid: csv("a,b,y", range(9, (i) => [noise(i), 7, 3 - 2 * noise(i)])), given: { label: "y", window: 3, stride: 2 }, beware: ['"a" alone tells "y"', "4 of 4 windows"] },
}; // biome-ignore format: cases

const bytesOf = ({ name = "d.csv" }: Case, text: string) => (name.endsWith(".gz") ? gzipSync(text) : Buffer.from(text));
const taskOf = ({ task = "classify" as "regress" }: Case) => taskNamed(task);

async function inMemory(one: Case, valid: string | number | object) {
  const { name = "d.csv" } = one;
  const plain = (text: string) => new TextEncoder().encode(text.replace(/^\ufeff/, ""));
  const file = typeof valid === "string" ? { name: `v-${name}`, bytes: plain(valid) } : undefined;
  const sources = { train: { name, bytes: plain(one.text) }, valid: file };
  return screenOf(one, taskOf(one).read(sources, settingsOf(one, valid), { op: "train" }));
}

async function onDisk(one: Case, valid: string | number | object, size = 97) {
  const { name = "d.csv" } = one;
  const file = typeof valid === "string" ? streamed(bytesOf(one, valid), 50, `v-${name}`) : undefined;
  const sources = { train: streamed(bytesOf(one, one.text), size, name), valid: file };
  const read = await taskOf(one).readStream!(sources, settingsOf(one, valid), { op: "train" });
  const screen = await screenOf(one, read);
  read.close!();
  return screen;
}

const settingsOf = ({ given }: Case, valid: string | number | object) =>
  ({ ...given, ...(typeof valid === "number" ? { valid } : typeof valid === "object" ? valid : {}) }) as never;

async function screenOf(one: Case, { data, config }: ReadData<TaskTypes>) {
  const { details, summary } = taskOf(one).about(data, config);
  return { details: details!, summary, beware: await taskOf(one).beware!(data, config) };
}

describe.each(Object.entries(CASES))("%s", (_, one) => {
  test("before training the same is said of rows on the disk and in memory", async () => {
    for (const valid of [one.valid, 0]) {
      const wanted = await inMemory(one, valid);
      expect(await onDisk(one, valid)).toEqual(wanted);
      expect(await onDisk(one, valid, 2 ** 20)).toEqual(wanted);
    }
    const { beware } = await onDisk(one, one.valid);
    for (const [i, said] of (one.beware ?? []).entries()) expect(beware[i]).toContain(said);
    if (one.beware === undefined) expect(beware).toEqual([]);
  });

  test("what is drawn to validate on is not the same, all else is", async () => {
    for (const drawn of [{ valid: 0.3 }, { fold: "2/3", splitSeed: 5 }]) {
      const [{ details: disk }, { details: memory }] = [await onDisk(one, drawn), await inMemory(one, drawn)];
      const { split, leftOut, ...others } = disk;
      const { count } = disk.lengths[0]!;
      const { split: wanted, leftOut: _, ...same } = memory;
      // What is of no part is not the same either. Pieces are learned from what is trained on, so that lengths in them are others.
      const { tokens } = one.given as { tokens?: string };
      if (tokens !== "bpe")
        expect(others).toEqual({ ...same, lengths: same.lengths.map((own) => ({ ...own, count })) });
      expect(split.unit).toBe(wanted.unit);
      expect(split.train + split.validation).toBe(count);
      const left = leftOut.filter(({ what }) => what.endsWith("neither trained nor validated on"));
      const all = await onDisk(one, 0);
      expect(count + left.reduce((sum, own) => sum + own.count, 0)).toBe(all.details.split.train);
    }
  });
});
