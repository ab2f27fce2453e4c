import { show } from "../../base/errors.js";
import { nearest } from "../../base/nearest.js";
import type { Told } from "../../base/report.js";
import { type JsonRow, JsonRows } from "../../data/readers/json-lines.js";
import { type OnBadRow, withoutBad } from "../../data/readers/table.js";
import { rowsOf } from "../../data/readers/whole-file.js";
import type { SentenceSettings } from "./config.js";
import { faultError, type Place, type Sentence } from "./sentence.js";

/**
 * Sentences as JSON lines: a list of words a line, and beside it a list of tags.
 * @param withTags  whether their tags are asked for
 * @throws FormatError for what is no JSON, a missing key, no word, other tags than words
 */
export function jsonSentences(
  bytes: Uint8Array,
  file: string,
  settings: SentenceSettings,
  withTags: boolean,
  told?: Told,
): Sentence[] {
  return rowsOf(new JsonSentences(file, settings, withTags), bytes, told);
}

/** Sentences of bytes that come in pieces. */
export class JsonSentences {
  readonly #rows: JsonRows;
  readonly #read: (row: JsonRow) => Sentence;
  readonly #onBad: OnBadRow | undefined;

  /** @param onBad  told of lines that cannot be read, which are left out; without it the first one is refused */
  constructor(file: string, settings: SentenceSettings, withTags: boolean, onBad?: OnBadRow) {
    this.#rows = new JsonRows(file, onBad);
    this.#onBad = onBad;
    this.#read = ({ values, line }) => {
      const tokens = listAt(values, "tokens", settings.tokens, { file, line });
      const tags = withTags ? listAt(values, "tags", settings.tags, { file, line }) : null;
      if (tags !== null && tags.length !== tokens.length) {
        const must = `hold a tag for each of the ${tokens.length} words`;
        throw faultError({ file, line, name: settings.tags }, { must, value: `${tags.length} of them` });
      }
      return { tokens, tags, lines: tokens.map(() => line) };
    };
  }

  /** @throws FormatError */
  push(piece: Uint8Array): Sentence[] {
    return this.#sentencesOf(this.#rows.push(piece));
  }

  end(): Sentence[] {
    return this.#sentencesOf(this.#rows.end());
  }

  #sentencesOf(rows: JsonRow[]): Sentence[] {
    const found: Sentence[] = [];
    withoutBad(rows, (row) => void found.push(this.#read(row)), this.#onBad);
    return found;
  }
}

function listAt(values: ReadonlyMap<string, unknown>, setting: "tokens" | "tags", key: string, place: Place): string[] {
  const list = values.get(key);
  if (list === undefined) {
    const near = nearest(key, [...values.keys()]);
    const details = near === undefined ? {} : { nearest: near, settings: { [setting]: near } };
    const fix = near === undefined ? `Set ${setting} to the key that it has.` : `Did you mean ${show(near)}?`;
    const value = `only ${[...values.keys()].map(show).join(", ") || "an empty object"}`;
    throw faultError(place, { must: `have the key ${show(key)}`, value, fix, details });
  }
  if (!Array.isArray(list) || list.length === 0) {
    const must = `be a list of ${setting === "tags" ? "tags" : "words"}, one or more`;
    throw faultError({ ...place, name: key }, { must, value: show(list) });
  }
  // Tags are often numbers of a list that stands elsewhere.
  const isOne = (item: unknown) => setting === "tags" && Number.isSafeInteger(item);
  const wrong = list.findIndex((item) => !isOne(item) && (typeof item !== "string" || item.trim() === ""));
  if (wrong < 0) return list.map(String);
  throw faultError({ ...place, name: `${key}[${wrong}]` }, { must: "be a text", value: show(list[wrong]) });
}
