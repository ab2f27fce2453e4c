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
  if (isJsonLinesName(name)) {
    const { tokens = "tokens", tags = "tags", text, label } = asked;
    if (text !== undefined || label !== undefined) return null;
    if (!hasLists(bytes(), String(tokens), String(tags))) return null;
  } else if (!isColumnsName(name)) return null;
  const suggested: Partial<TagSettings> = /\.conllu$/i.test(plainName(name)) ? CONLLU : {};
  const places = (["tokenColumn", "tagColumn"] as const).flatMap((key) =>
    asked[key] === undefined ? [] : [[key, Number(asked[key])] as const],
  );
  const keys = (["tokens", "tags"] as const).flatMap((key) => (asked[key] === undefined ? [] : [[key, asked[key]]]));
  const settings = { ...suggested, ...Object.fromEntries(places), ...Object.fromEntries(keys) };
  const read = readTagged({ name, bytes: bytes() }, resolveFields("tag", TAG_FIELDS, settings));
  const names = [...new Set(read.sentences.flatMap(({ tags }) => tags!))];
  const kind = areSpanTags(names) ? " of spans" : "";
  const found = `${read.sentences.length.toLocaleString("en")} sentences, ${names.length} tags${kind}`;
  return { settings: suggested, found };
}

function hasLists(bytes: Uint8Array, tokens: string, tags: string): boolean {
  const end = bytes.indexOf(0x0a);
  const line = new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  try {
    const { [tokens]: words, [tags]: own } = JSON.parse(line) as Record<string, unknown>;
    const isTexts = (list: unknown): list is string[] =>
      Array.isArray(list) && list.every((x) => typeof x === "string");
    return isTexts(words) && isTexts(own);
  } catch {
    return false;
  }
}
