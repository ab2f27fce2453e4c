import { FormatError, show } from "../../../base/errors.js";
import { MAX_TENSORS } from "../safetensors/header.js";
import { type StoredArray, storedArray } from "../stored-array.js";
import { Dict, Opaque, Strided, said, type Value, WIDTHS } from "./pickle/index.js";

/** What of a checkpoint is no tensor: numbers and texts by their paths, `optimizer.param_groups.0.lr`. */
export type PlainValues = Record<string, unknown>;

/** Where a storage's bytes are. @param width  bytes of an element, undefined where it is a storage of bytes */
export type RecordOf = (tensor: Strided, argument: string) => () => Uint8Array;

const OP = "read";
/** Visits of containers and values: one that stands in many places is visited in each. */
const MOST_VISITS = 1_000_000;
const MOST_DEPTH = 64;
const MOST_PLAIN = 100_000;
/** Keys that stand in keys make paths: without a limit, a few long ones make a flood of text. */
const MOST_PATH = 1000;
/** What a file that is one tensor calls it. */
const ALONE = "tensor";

interface Walk {
  source: string;
  arrays: Map<string, StoredArray>;
  plain: [string, unknown][];
  recordOf: RecordOf;
  visits: number;
}

/**
 * All tensors of a tree by their paths: the keys of dictionaries and the places in lists, with dots between them.
 * @throws FormatError for two tensors of one path, and for trees that are deep, endless, or larger than their file
 */
export function tensorsIn(
  root: Value,
  source: string,
  recordOf: RecordOf,
): { arrays: Map<string, StoredArray>; metadata: PlainValues } {
  const walk: Walk = { source, arrays: new Map(), plain: [], recordOf, visits: 0 };
  visit(walk, root, "", 0);
  // Own properties, so that a key "__proto__" is only a key.
  return { arrays: walk.arrays, metadata: Object.fromEntries(walk.plain) };
}

function visit(walk: Walk, value: Value, path: string, depth: number): void {
  if (++walk.visits > MOST_VISITS) fail(walk, `hold at most ${MOST_VISITS} values`, "more");
  if (depth > MOST_DEPTH) fail(walk, `be nested at most ${MOST_DEPTH} deep, and never hold itself`, "more");
  if (path.length > MOST_PATH) fail(walk, `have paths of at most ${MOST_PATH} characters`, show(path));
  const at = (key: unknown): string => (path === "" ? String(key) : `${path}.${String(key)}`);
  if (Array.isArray(value)) walk.visits += value.length >> 4;
  if (value instanceof Strided) addTensor(walk, value, path === "" ? ALONE : path);
  else if (value instanceof Dict) {
    for (const [key, item] of value.entries ?? []) visit(walk, item, at(key), depth + 1);
  } else if (!Array.isArray(value)) addPlain(walk, path, value);
  else if (value.length > 0 && value.every(isNumber)) addPlain(walk, path, value);
  else for (const [i, item] of value.entries()) visit(walk, item, at(i), depth + 1);
}

const isNumber = (value: Value): boolean => typeof value === "number";

function addTensor(walk: Walk, tensor: Strided, path: string): void {
  const argument = `tensor ${show(path)} of ${walk.source}`;
  if (walk.arrays.size === MAX_TENSORS) fail(walk, `hold at most ${MAX_TENSORS} tensors`, "more");
  if (walk.arrays.has(path)) {
    throw new FormatError({ op: OP, argument, must: "be the only one under its name", value: "a second one" });
  }
  const { stored, shape, strides, offset, storage } = tensor;
  const bytes = walk.recordOf(tensor, argument);
  const first = offset + storage.offset;
  walk.arrays.set(path, storedArray({ stored, shape, strides, offset: first, bytes }, argument));
}

function addPlain(walk: Walk, path: string, value: Value): void {
  if (value === null || value instanceof Uint8Array) return;
  if (walk.plain.length === MOST_PLAIN) fail(walk, `hold at most ${MOST_PLAIN} plain values`, "more");
  const isShown = typeof value !== "object" || Array.isArray(value);
  walk.plain.push([path === "" ? "value" : path, isShown ? value : value instanceof Opaque ? value.text : said(value)]);
}

function fail({ source }: Walk, must: string, value: string): never {
  throw new FormatError({ op: OP, argument: source, must, value });
}

/** The record of a storage, found to be as long as the tensor's description says. @throws FormatError */
export function checkedRecord(tensor: Strided, length: number, argument: string): void {
  const { storage, stored } = tensor;
  const width = storage.stored === null ? 1 : WIDTHS[storage.stored];
  const expected = storage.length * width;
  if (storage.offset === 0 && length !== expected) {
    const must = `have a storage of ${expected} bytes (${storage.length} of ${storage.stored ?? "bytes"})`;
    throw new FormatError({ op: OP, argument, must, value: `${length}`, fix: "The file is truncated, or damaged." });
  }
  if ((storage.offset + storage.length) * width > length) {
    const must = `lie within its storage of ${length} bytes`;
    throw new FormatError({ op: OP, argument, must, value: `${stored} from element ${storage.offset} on` });
  }
}
