// Files that are dropped into the studio: a small one for each task, and those with which something is wrong.

import { gzipSync } from "node:zlib";
import { UNSAFE } from "../../../dist/base/unsafe-text.js";
import { below, randomOf } from "../scenario.mjs";

const pick = (random, from) => from[below(random, from.length)];
const lines = (count, line) => `${Array.from({ length: count }, (_, i) => line(i)).join("\n")}\n`;
const word = (random, length) =>
  Array.from({ length }, () => pick(random, "bdlmnrst") + pick(random, "aeiou")).join("");

/** Each with the task that the studio finds in it, or that is chosen. @returns {{ task: string, name: string, text: string, chosen?: boolean }[]} */
export function taskFiles(seed) {
  const random = randomOf(seed);
  const names = lines(60, () => `${word(random, 1 + below(random, 3))},${pick(random, ["one", "two"])}`);
  const day = (i) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);
  const series = lines(90, (i) => `${day(i)},${(10 + 3 * Math.sin(i / 3) + random()).toFixed(2)}`);
  return [
    { task: "classify", name: "names.csv", text: `name,kind\n${names}` },
    { task: "classify", name: "names.jsonl", text: lines(60, () => JSON.stringify({ name: word(random, 2), kind: pick(random, ["one", "two"]) })) }, // biome-ignore format: one line
    { task: "regress", name: "prices.csv", text: `what,price\n${lines(60, () => `${word(random, 3)} ${word(random, 2)},${(100 * random()).toFixed(2)}`)}`, chosen: true }, // biome-ignore format: one line
    { task: "forecast", name: "days.csv", text: `day,load\n${series}` },
    {
      task: "seq2seq",
      name: "pairs.tsv",
      text: `source\ttarget\n${lines(60, () => {
        const source = word(random, 1 + below(random, 2));
        return `${source}\t${[...source].reverse().join("")}`;
      })}`,
    },
    {
      task: "tag",
      name: "words.conll",
      text: lines(30, () => `${word(random, 2)} B-PER\nlives O\nin O\n${word(random, 3)}ton B-LOC\n. O\n`),
    },
    { task: "language-model", name: "tale.txt", text: lines(40, () => `${word(random, 2)} ${word(random, 3)}, ${word(random, 1)}.`) }, // biome-ignore format: one line
    { task: "generate", name: "list.csv", text: `name,kind\n${names}`, chosen: true },
    { task: "anomaly", name: "watched.csv", text: `day,load\n${series}`, chosen: true },
  ];
}

/** Names and contents that try to be more than text. */
export const STRANGE = [
  '<img src=x onerror="document.title=1">',
  "\u202egnp.exe",
  "👩‍👩‍👧‍👦 🇰🇷",
  "a\u2028b\u0007c",
  "__proto__",
  "'; drop table names; --",
];

/** Whether a text holds what a page must not act upon, but for ends of lines and tabs. */
export const isUnsafe = (text) => text.replace(/[\n\t]/g, " ").search(UNSAFE) >= 0;

/** Each must be refused, by name, with what to do. */
export function badFiles(seed) {
  const random = randomOf(seed);
  const noise = Uint8Array.from({ length: 4000 }, () => below(random, 256));
  return [
    { name: "empty.csv", content: "" },
    { name: "empty.txt", content: "" },
    { name: "blank.txt", content: " \n\n\t\n" },
    { name: "header-only.csv", content: "name,kind\n" },
    { name: "quote.csv", content: 'name,kind\n"Ann,one\n' },
    { name: "ragged.csv", content: "name,kind\nAnn,one\nBob\nCid,two,three\n" },
    { name: "broken.jsonl", content: '{"name":"Ann","kind":"one"}\n{"name":\n' },
    { name: "list.jsonl", content: "[1,2]\n[3,4]\n" },
    { name: "noise.bin", content: noise },
    { name: "noise.csv", content: noise },
    { name: "noise.txt", content: noise },
    { name: "picture.png", content: Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), noise]) },
    { name: "packed.csv.gz", content: gzipSync("name,kind\nAnn,one\n") },
    { name: "packed.txt.gz", content: gzipSync("Call me Ishmael. ") },
    { name: "packed.zip", content: Buffer.concat([Buffer.from("504b0304", "hex"), noise]) },
    { name: "latin.csv", content: Buffer.from("name,kind\nJos\xe9,one\nAn\xed,two\n", "latin1") },
    { name: "utf16.txt", content: Buffer.from("\ufeffCall me Ishmael. Some years ago", "utf16le") },
    { name: "short.txt", content: "a" },
    { name: "model.safetensors", content: noise },
    { name: "model.onnx", content: noise },
    { name: "model.pt", content: noise },
    ...STRANGE.map((name) => ({ name: `${name}.csv`, content: 'a,b\n"x,y\n' })),
  ];
}
