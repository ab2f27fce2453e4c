import { FormatError, show } from "../../base/errors.js";
import { parsePlainJson } from "../../base/strict-json.js";
import { decodeUtf8 } from "../../text/index.js";
import type { Source } from "../task.js";

const OP = "import";
const MOST_TOKENS = 1_000_000;

/**
 * Names by their ids: a list in JSON, an object of names to ids in JSON, or a text with a name a line.
 * @param what  what they are names of: `tokens`, `labels`
 * @returns by id; null for one that an object leaves out
 * @throws FormatError naming the line, or what is wrong with the JSON
 */
export function readNames({ name, bytes }: Source, what: string): (string | null)[] {
  const text = decodeUtf8(bytes, name);
  const isJson = /^\s*[[{]/.test(text) && /[\]}]\s*$/.test(text);
  const names = isJson ? fromJson(text, name, what) : fromLines(text, name, what);
  const twice = new Set<string>();
  for (const [id, own] of names.entries()) {
    if (own === null) continue;
    if (twice.has(own)) fail(name, `name each of the ${what} once`, `${show(own)} again, at ${id}`);
    twice.add(own);
  }
  if (twice.size === 0) fail(name, `name ${what}`, "none");
  return names;
}

function fromJson(text: string, name: string, what: string): (string | null)[] {
  const json = parsePlainJson(OP, name, text);
  if (Array.isArray(json)) {
    const wrong = json.findIndex((each) => typeof each !== "string");
    if (wrong >= 0) fail(name, `be a list of ${what} as texts`, `${show(json[wrong])} at ${wrong}`);
    return json as string[];
  }
  const names: (string | null)[] = [];
  for (const [own, id] of Object.entries(json as object)) {
    if (!Number.isSafeInteger(id) || id < 0 || id >= MOST_TOKENS) {
      fail(name, `give each of the ${what} an id from 0 to ${MOST_TOKENS - 1}`, `${show(id)} for ${show(own)}`);
    }
    if ((names[id] ?? null) !== null) fail(name, "give each id once", `${id} for ${show(names[id])} and ${show(own)}`);
    names[id] = own;
  }
  return Array.from(names, (own) => own ?? null);
}

function fromLines(text: string, name: string, what: string): string[] {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  if (lines.at(-1) === "") lines.pop();
  const empty = lines.indexOf("");
  if (empty >= 0) {
    const fix = 'Write them as a list in JSON, where a line break is "\\n".';
    fail(name, `have one of the ${what} in each line`, `an empty line ${empty + 1}`, fix, empty + 1);
  }
  return lines;
}

function fail(argument: string, must: string, value: string, fix = "", line?: number): never {
  throw new FormatError({ op: OP, argument, must, value, fix, details: { file: argument, line } });
}
