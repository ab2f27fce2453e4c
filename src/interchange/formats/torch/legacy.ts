import { FormatError, show } from "../../../base/errors.js";
import type { FileContents } from "../file-contents.js";
import { SAVE_WEIGHTS, Strided, said, unpickle, type Value, WIDTHS } from "./pickle/index.js";
import { checkedRecord, type RecordOf, tensorsIn } from "./tensors.js";
import { MOST_PICKLED } from "./zipped.js";

const OP = "read";
const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;

/** Whether it begins as a pickle of protocol 2 or later does. */
export function isPickle(bytes: Uint8Array): boolean {
  return bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5;
}

/**
 * A file of `torch.save` before PyTorch 1.6: five pickles in a row (a magic number, a version, the writer's machine, the content, the keys of
 * the storages), and behind them the storages in the order of their keys, each after its number of elements.
 */
export function readLegacy(bytes: Uint8Array, source: string): FileContents {
  const argument = `pickle of ${source}`;
  const head = bytes.subarray(0, MOST_PICKLED);
  let at = 0;
  const next = (): Value => {
    const { value, end } = unpickle(head, at, argument);
    at = end;
    return value;
  };
  if (next() !== MAGIC) {
    const must = "begin with PyTorch's magic number";
    throw new FormatError({ op: OP, argument, must, value: "another pickle", fix: SAVE_WEIGHTS });
  }
  const version = next();
  if (version !== VERSION) {
    throw new FormatError({ op: OP, argument: source, must: `be of version ${VERSION}`, value: said(version) });
  }
  next();
  const content = next();
  const keys = next();
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string")) {
    throw new FormatError({ op: OP, argument: source, must: "list the keys of its storages", value: said(keys) });
  }
  const found = tensorsIn(content, source, recordsOf(bytes, at, keys as string[], content));
  return { producer: "PyTorch before 1.6 (legacy format)", ...found };
}

/** How wide the elements of each storage are, only the tensors say. */
function recordsOf(bytes: Uint8Array, from: number, keys: readonly string[], content: Value): RecordOf {
  const widths = widthsIn(content);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records = new Map<string, Uint8Array>();
  let at = from;
  for (const key of keys) {
    const width = widths.get(key);
    // One that no tensor is of: how long it is cannot be told, and so not where the next one begins.
    if (width === undefined || at + 8 > bytes.length) break;
    const elements = Number(view.getBigInt64(at, true));
    const length = elements * width;
    if (!Number.isSafeInteger(length) || elements < 0 || at + 8 + length > bytes.length) break;
    records.set(key, bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return (tensor, argument) => {
    const record = records.get(tensor.storage.key);
    if (record === undefined) {
      const [must, value] = ["have its storage in the file", `none of key ${show(tensor.storage.key)}`];
      throw new FormatError({ op: OP, argument, must, value, fix: "The file is truncated, or damaged." });
    }
    checkedRecord(tensor, record.length, argument);
    return () => record;
  };
}

/** Bytes of an element of each storage, of all tensors in a tree. */
function widthsIn(root: Value): Map<string, number> {
  const widths = new Map<string, number>();
  const seen = new Set<Value>();
  const stack: Value[] = [root];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (value instanceof Strided)
      widths.set(value.storage.key, value.storage.stored === null ? 1 : WIDTHS[value.storage.stored]);
    if (value === null || typeof value !== "object" || seen.has(value)) continue;
    seen.add(value);
    if (Array.isArray(value)) for (const item of value) stack.push(item);
    else if ("entries" in value && value.entries instanceof Map)
      for (const item of value.entries.values()) stack.push(item);
  }
  return widths;
}
