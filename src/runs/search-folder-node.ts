import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../base/check.js";
import { FileError, FormatError, show } from "../base/errors.js";
import { parsePlainJson } from "../base/strict-json.js";
import { appendToFile, readFileBytes, removeQuietly, temporaryOf, writeFileAtomic } from "../io/files-node.js";
import { listRuns } from "./list-node.js";
import { RunFolder } from "./run-folder-node.js";

const FILES = {
  search: "search.json",
  trials: "trials.jsonl",
  results: "results.jsonl",
  table: "results.csv",
} as const;

type Told = Readonly<Record<string, unknown>>;

/** Whether a search lies in this folder. */
export function holdsSearch(path: string): boolean {
  return existsSync(join(path, FILES.search));
}

/**
 * What a search leaves: `search.json` (what is searched, and how), `trials.jsonl` (a line for each training that ended, by which it
 * goes on), `results.jsonl` and `results.csv` (the table), and a run folder for each training.
 */
export class SearchFolder {
  readonly path: string;
  /** The folder itself, for its lock alone: no run lies in it. */
  readonly #folder: RunFolder;

  constructor(path: string) {
    this.path = path;
    this.#folder = new RunFolder(path);
  }

  set onNotice(tell: (line: string) => void) {
    this.#folder.onNotice = tell;
  }

  file(kind: keyof typeof FILES): string {
    return join(this.path, FILES[kind]);
  }

  /** The folder of one training. */
  run(name: string): RunFolder {
    return new RunFolder(join(this.path, name));
  }

  /** @throws FileError as a run folder does, and where another search is here (`search-exists`) */
  checkFree(): void {
    this.#folder.checkFree();
    if (!holdsSearch(this.path)) {
      if (listRuns(this.path).length === 0) return;
      throw this.#error("holds-runs", "be a folder without runs", "runs", "Choose another folder.");
    }
    throw this.#error(
      "search-exists",
      "be a folder without a search",
      "another search",
      "Choose another folder, or go on with it.",
    );
  }

  /** What is searched here. @throws FileError where nothing is (`no-search`); FormatError for what cannot be read */
  read(): Told {
    if (!holdsSearch(this.path)) {
      const fix = "Choose the folder of a search, or start one here.";
      throw this.#error("no-search", "be a folder with a search", "none", fix);
    }
    const path = this.file("search");
    const found = parsePlainJson("search", path, new TextDecoder().decode(readFileBytes(path)));
    if (isObject(found) && !Array.isArray(found)) return found;
    throw new FormatError({ op: "search", argument: path, must: "be an object", value: show(found) });
  }

  /** @throws FileError with the code `locked` when another process writes here */
  lock(): void {
    this.#folder.lock();
    for (const name of readdirSync(this.path)) {
      const ours: readonly string[] = Object.values(FILES);
      if (ours.includes(temporaryOf(name) ?? "")) removeQuietly(join(this.path, name));
    }
  }

  unlock(): void {
    this.#folder.unlock();
  }

  create(what: Told): void {
    this.lock();
    this.checkFree();
    this.#write("search", `${JSON.stringify(what, null, 2)}\n`);
  }

  /** Those that ended, in their order; a line that was cut short is of one that did not, and goes. */
  ended(): Told[] {
    if (!existsSync(this.file("trials"))) return [];
    const lines = readFileSync(this.file("trials"), "utf8").split("\n");
    const found = lines.flatMap((line): Told[] => {
      try {
        const json: unknown = JSON.parse(line);
        return isObject(json) ? [json as Told] : [];
      } catch {
        return [];
      }
    });
    this.#write("trials", found.map((line) => `${JSON.stringify(line)}\n`).join(""));
    return found;
  }

  /** @throws FileError */
  add(ended: object): void {
    appendToFile(this.file("trials"), new TextEncoder().encode(`${JSON.stringify(ended)}\n`), { flush: true });
  }

  /** The table, anew. @throws FileError */
  writeResults(rows: readonly object[], table: string): void {
    this.#write("results", rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    this.#write("table", table);
  }

  #write(kind: keyof typeof FILES, text: string): void {
    writeFileAtomic(this.file(kind), new TextEncoder().encode(text));
  }

  #error(code: string, must: string, value: string, fix: string): FileError {
    return new FileError({ op: "run folder", argument: this.path, must, value, fix, code, path: this.path });
  }
}
