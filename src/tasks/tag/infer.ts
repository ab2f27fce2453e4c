import { resolveFields } from "../../base/fields.js";
import { isJsonLinesName, plainName } from "../../data/readers/index.js";
import type { Inferred } from "../task.js";
import { TAG_FIELDS, type TagSettings } from "./config.js";
import { isColumnsName, readTagged } from "./sentences.js";
import { areSpanTags } from "./spans.js";
import type { TagTypes } from "./types.js";

/** Columns of CoNLL-U: the word, and its universal tag. */
const CONLLU = { tokenColumn: 2, tagColumn: 4 };

/**
 * What a file of sentences says of itself: columns by their name, JSON lines where the first has a list of words and one of tags.
 */
export function inferSentences(name: string, bytes: () => Uint8Array, given: object): Inferred<TagTypes> | null {
  const asked = given as Partial<Record<keyof TagSettings | "text" | "label", unknown>>;
  let found: Partial<Record<"tokens" | "tags", string>> = {};
  if (isJsonLinesName(name)) {
    const { tokens, tags, text, label } = asked;
    if (text !== undefined || label !== undefined) return null;
    const first = firstLines(bytes());
    if (!hasLists(first.slice(0, 1), String(tokens ?? "tokens"), String(tags ?? "tags"))) {
      const keys = tokens === undefined && tags === undefined ? listKeys(first) : null;
      if (keys === null) return null;
      found = keys;
    }
  } else if (!isColumnsName(name)) return null;
  const suggested: Partial<TagSettings> = /\.conllu$/i.test(plainName(name)) ? CONLLU : found;
  const places = (["tokenColumn", "tagColumn"] as const).flatMap((key) =>
    asked[key] === undefined ? [] : [[key, Number(asked[key])] as const],
  );
  const keys = (["tokens", "tags"] as const).flatMap((key) => (asked[key] === undefined ? [] : [[key, asked[key]]]));
  const settings = { ...suggested, ...Object.fromEntries(places), ...Object.fromEntries(keys) };
  const read = readTagged({ name, bytes: bytes() }, resolveFields("tag", TAG_FIELDS, settings));
  const names = [...new Set(read.sentences.flatMap(({ tags }) => tags!))];
  const kind = areSpanTags(names) ? " of spans" : "";
  const says = `${read.sentences.length.toLocaleString("en")} sentences, ${names.length} tags${kind}`;
  const named = found.tokens === undefined ? "" : `tokens=${found.tokens}, tags=${found.tags}, `;
  return { settings: suggested, found: named + says };
}

/** So many lines say what a file holds. */
const LINES = 100;

type Values = Readonly<Record<string, unknown>>;

/** Objects of the first lines; none where one holds something else. */
function firstLines(bytes: Uint8Array): Values[] {
  const lines = new TextDecoder().decode(bytes.subarray(0, 2 ** 20)).split("\n");
  try {
    const whole = lines.length > 1 ? lines.slice(0, -1) : lines;
    return whole.slice(0, LINES).filter((line) => line.trim() !== "").map((line) => ({ ...JSON.parse(line) })); // biome-ignore format: a line
  } catch {
    return [];
  }
}

const isTexts = (list: unknown): list is string[] => Array.isArray(list) && list.every((x) => typeof x === "string");

function hasLists(lines: readonly Values[], tokens: string, tags: string): boolean {
  return lines.length > 0 && lines.every((line) => isTexts(line[tokens]) && Array.isArray(line[tags]));
}

/** The two keys with lists that are as long as each other in every line: words, and of fewer kinds tags. */
function listKeys(lines: readonly Values[]): { tokens: string; tags: string } | null {
  const keys = Object.keys(lines[0] ?? {}).filter((key) => lines.every((line) => isTexts(line[key])));
  if (keys.length !== 2) return null;
  const lists = keys.map((key) => lines.map((line) => line[key] as string[]));
  const [a, b] = lists.map((all) => all.map(({ length }) => length));
  if (!a.every((length, i) => length === b[i]) || Math.max(...a) < 2) return null;
  const [kinds, others] = lists.map((all) => new Set(all.flat()).size);
  const [tokens, tags] = kinds < others ? [keys[1], keys[0]] : keys;
  return { tokens, tags };
}
