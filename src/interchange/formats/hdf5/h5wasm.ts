import { isObject } from "../../../base/check.js";
import { UnsupportedError } from "../../../base/errors.js";

/** What is used of h5wasm, an optional peer dependency that is loaded when it is asked for. */
export interface H5wasm {
  ready: Promise<H5Module>;
  File: new (path: string, mode: "r") => H5Group & { close(): unknown };
}

export interface H5Module {
  FS: {
    writeFile(path: string, data: Uint8Array, options: { canOwn: boolean }): void;
    unlink(path: string): void;
    /** By number; empty where one was closed. */
    streams: readonly (object | null | undefined)[];
    close(stream: object): void;
  };
  HEAPU8: Uint8Array;
  /** Called for all that the package itself asks for. */
  _malloc: (bytes: number) => number;
  _calloc(count: number, bytes: number): number;
  activate_throwing_error_handler?(): unknown;
  deactivate_throwing_error_handler?(): unknown;
}

/** A group or a dataset: `type` says which. */
export interface H5Object {
  type: string;
  attrs: Record<string, { metadata: H5Metadata; value: unknown }>;
}

export interface H5Group extends H5Object {
  keys(): string[];
  get(path: string): H5Object | null;
}

export interface H5Dataset extends H5Object {
  metadata: H5Metadata;
  value: unknown;
}

export interface H5Metadata {
  /** HDF5's class: 0 integer, 1 float, 3 string. */
  type: number;
  size: number;
  /** Elements. */
  total_size: number;
  shape: readonly number[] | null;
  /** Sizes of the pieces in which it lies; null where it is one. */
  chunks?: readonly number[] | null | undefined;
  littleEndian: boolean;
}

const PACKAGE = "h5wasm";

/** Instances in which WebAssembly stopped amid a damaged file: whatever is asked of them next fails too. */
const broken = new WeakSet<H5Module>();
let generation = 0;

/** Not to be used again: the next file gets a new instance. */
export function setBroken(module: H5Module): void {
  broken.add(module);
  generation++;
}

/**
 * @param given  the package itself, where it cannot be found by its name, as in a bundle
 * @throws UnsupportedError where it is not installed
 */
export async function loadH5wasm(op: string, given: unknown): Promise<{ module: H5Module; File: H5wasm["File"] }> {
  const found = given ?? (await imported(op));
  const { ready, File } = found as Partial<H5wasm>;
  if (isObject(ready) && typeof File === "function") {
    const module = await (ready as Promise<H5Module>);
    if (!isComplete(module)) {
      const [must, fix] = ["be of version 0.10 or later", `npm install ${PACKAGE}@latest.`];
      throw new UnsupportedError({ op, argument: PACKAGE, must, value: "another one", fix });
    }
    if (!broken.has(module)) return { module, File };
    const [must, fix] = ["be in order", "Start the program again."];
    throw new UnsupportedError({ op, argument: PACKAGE, must, value: "one that a damaged file has stopped", fix });
  }
  const fix = `Pass { h5wasm: await import("${PACKAGE}") }.`;
  throw new UnsupportedError({ op, argument: PACKAGE, must: "have ready and File", value: "another module", fix });
}

/** Whether it has what damaged files are kept in bounds by. */
function isComplete({ FS, HEAPU8, _malloc, _calloc }: Partial<H5Module>): boolean {
  const calls = [FS?.writeFile, FS?.unlink, FS?.close, _malloc, _calloc];
  return HEAPU8 !== undefined && Array.isArray(FS?.streams) && calls.every((call) => typeof call === "function");
}

async function imported(op: string): Promise<unknown> {
  // By a variable, so that bundlers do not look for what may not be there.
  const name: string = PACKAGE;
  // Under another address a module is loaded anew.
  const { resolve } = import.meta as { resolve?: (name: string) => string };
  const address = generation === 0 || resolve === undefined ? name : `${resolve(name)}?${generation}`;
  try {
    return await import(/* @vite-ignore */ address);
  } catch (cause) {
    const [argument, must] = [PACKAGE, "be installed for HDF5"];
    const fix = `npm install ${PACKAGE}; or pass { h5wasm: await import("${PACKAGE}") }.`;
    const code = "missing-package";
    throw new UnsupportedError({ code, op, argument, must, value: "no such package", fix }, { cause });
  }
}
