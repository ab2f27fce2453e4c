import { existsSync } from "node:fs";
import { OptionError } from "../../base/errors.js";
import { parsePlainJson } from "../../base/strict-json.js";
import { holdsSearch } from "../../runs/search-folder-node.js";
import { SEARCH_KINDS, type SearchKind } from "../../search/plan.js";
import type { Settings, SpaceLike } from "../../search/space.js";
import type { OptionFields } from "../../tasks/commands.js";
import { decodeUtf8 } from "../../text/utf8.js";
import { CliError, EXIT, flagOf, toCliError } from "../errors/cli-error.js";
import { asNumber } from "../field-options.js";
import { readInput } from "../input/model-files.js";

type Options = Readonly<Record<string, unknown>>;

/** What of a search the command line says; undefined where it says nothing. */
export interface SearchFlags {
  space: SpaceLike | undefined;
  kind: SearchKind | undefined;
  trials: number | undefined;
  folds: number | undefined;
}

/** Whether `train` is to train many times: it is asked to, or to go on in a folder where it did. @throws CliError for flags of a search without one */
export function isSearch(options: Options): boolean {
  const { search, folds, resume, out } = options;
  if (search !== undefined || folds !== undefined) return true;
  if (typeof out === "string" && holdsSearch(out)) {
    if (resume === true) return true;
    const fix = { text: "--out with another folder, or --resume to go on with that search" };
    const context = {
      ...{ exitCode: EXIT.files, where: out, found: "found a search" },
      expected: "a run needs a folder of its own",
    };
    throw new CliError({ ...context, untouched: "That search is untouched.", fix });
  }
  for (const key of ["searchKind", "trials"]) {
    if (options[key] === undefined) continue;
    const expected = "it is of a search, and --search says what is searched";
    const fix = { edit: { set: ["--search", "hidden=32,64"] } };
    throw usage(flagOf(key), "found no --search", expected, fix);
  }
  return false;
}

/** @throws CliError */
export function searchFlags(options: Options): SearchFlags {
  const { search, searchKind: kind, trials, folds } = options;
  if (kind !== undefined && !SEARCH_KINDS.includes(kind as SearchKind)) {
    const fix = { edit: { set: ["--search-kind", "random"] } };
    throw usage("--search-kind", `found ${JSON.stringify(kind)}`, `it must be one of ${SEARCH_KINDS.join(", ")}`, fix);
  }
  const count = (key: string, least: number, example: string) => {
    if (options[key] === undefined) return undefined;
    const value = asNumber(options[key] as string);
    if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
    const must = least > 1 ? `it must be an integer from ${least} on` : "it must be a positive integer";
    throw usage(flagOf(key), `found ${JSON.stringify(value)}`, must, { edit: { set: [flagOf(key), example] } });
  };
  return {
    space: search === undefined ? undefined : spaceOf(search as string),
    kind: kind as SearchKind | undefined,
    trials: trials === undefined ? undefined : count("trials", 1, "20"),
    folds: folds === undefined ? undefined : count("folds", 2, "5"),
  };
}

/** Words, JSON, or a file of it. */
function spaceOf(text: string): SpaceLike {
  const isInline = text.trimStart().startsWith("{");
  if (!isInline && !text.endsWith(".json") && (text.includes("=") || !existsSync(text))) return text;
  const where = isInline ? "--search" : text;
  try {
    const json = parsePlainJson("search", where, isInline ? text : decodeUtf8(readInput(text), text));
    // What is no object is refused where a space is read.
    return json as SpaceLike;
  } catch (error) {
    const exitCode = isInline ? EXIT.usage : EXIT.input;
    throw toCliError(error, { untouched: "Nothing was written.", exitCode }) ?? error;
  }
}

/** What a flag of a search is called in errors of the library. */
const FLAGS: Readonly<Record<string, string>> = {
  space: "--search",
  kind: "--search-kind",
  trials: "--trials",
  folds: "--folds",
};

/** A setting that is searched over and does not go together with what all trials have, as an error about the search; undefined for others. */
export function searchedError(error: OptionError, own: Settings): OptionError | undefined {
  const key = Object.keys(own).find((name) => flagOf(name) === error.argument);
  if (key === undefined) return undefined;
  const { must, value } = error;
  return new OptionError({ op: "search", argument: key, must, value, details: { key } }, { cause: error });
}

/** An error about a search, as the flag that it came from, with what would do in its place. */
export function searchError(error: unknown, given: unknown, fields: OptionFields): unknown {
  if (!(error instanceof OptionError)) return error;
  const { argument, details } = error;
  const flag = FLAGS[argument];
  const isFlag = flag === undefined && details.settings?.[argument] === null;
  const searched = Object.hasOwn(fields, argument) ? `--search ${argument}` : argument;
  const where = flag ?? (isFlag ? flagOf(argument) : searched);
  const text = typeof given === "string" && given.includes("=") ? mended(given, error) : undefined;
  const set = insteadOf(error, text);
  const edit = set !== undefined ? { set } : argument === "trials" ? { without: ["--trials"] } : undefined;
  const fix = edit === undefined ? undefined : { edit };
  return toCliError(error, { where, untouched: "Nothing was written.", fix, exitCode: EXIT.usage }) ?? error;
}

/** Flags that would do. @param text  the spec, with what would do in it */
function insteadOf({ code, argument, details }: OptionError, text: string | undefined): string[] | undefined {
  const folds = details.settings?.["folds"];
  if (code === "no-grid") return ["--search-kind", "random", "--trials", "20"];
  if (code === "too-few-trials") return argument === "trials" ? ["--trials", "8"] : undefined;
  if (folds !== undefined) return ["--folds", String(folds)];
  return text === undefined ? undefined : ["--search", text];
}

/** The words with another name, other values, or without the setting; undefined where nothing is known that would do. */
function mended(text: string, { code, details: { key, nearest } }: OptionError): string | undefined {
  if (key === undefined) return undefined;
  const words = text.split(/\s+/).filter((word) => word !== "");
  const isIt = (word: string) => word.split("=", 1)[0] === key;
  if (nearest === undefined) {
    const rest = words.filter((word) => !isIt(word));
    return rest.length === 0 ? undefined : rest.join(" ");
  }
  const better = (word: string) => {
    const at = word.indexOf("=");
    return code === "unknown-option" ? nearest + word.slice(at) : `${key}=${nearest}`;
  };
  return words.map((word) => (isIt(word) ? better(word) : word)).join(" ");
}

function usage(where: string, found: string, expected: string, fix: CliError["fix"]): CliError {
  return new CliError({ exitCode: EXIT.usage, where, found, expected, untouched: "Nothing was written.", fix: fix! });
}
