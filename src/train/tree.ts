import { checkString, refusal } from "../base/check.js";
import { FormatError, show } from "../base/errors.js";
import type { Json } from "../base/strict-json.js";
import type { TensorEntry } from "../interchange/formats/safetensors/index.js";
import { Tensor, tensor } from "../tensor/index.js";

/** Tensors in objects and arrays: a recurrent state, the state of an optimiser. */
export type TensorTree = Tensor | { readonly [key: string]: TensorTree } | readonly TensorTree[] | null | undefined;

const TENSOR = "$tensor";

/** A copy of the tree, with every tensor cut from its history; tensors share memory with the old ones. */
export function detachTree<T>(tree: T): T {
  return mapTensors(tree, (found) => found.detach()) as T;
}

/** Frees every tensor of a tree. */
export function disposeTree(tree: unknown): void {
  mapTensors(tree, (found) => {
    found.dispose();
    return found;
  });
}

/** A copy of the tree with other tensors. */
export function mapTensors(tree: unknown, change: (found: Tensor) => Tensor, depth = 0): unknown {
  if (tree instanceof Tensor) return change(tree);
  if (tree === null || typeof tree !== "object") return tree;
  checkDepth("tree", depth);
  if (Array.isArray(tree)) return tree.map((item) => mapTensors(item, change, depth + 1));
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, mapTensors(value, change, depth + 1)]));
}

/** Deeper trees are a mistake, such as one that holds itself. */
const DEEPEST = 200;

function checkDepth(argument: string, depth: number): void {
  if (depth > DEEPEST) throw refusal("tree", argument, `be at most ${DEEPEST} objects deep`, "a deeper one");
}

const MAX_DEPTH = 48;

/**
 * A tree as JSON, with `{ "$tensor": name }` where a tensor was; the tensors go to `entries`, named by their path
 * after `prefix`; without entries, a tensor is refused. Numbers that JSON lacks (NaN, infinities) are refused, and so are trees
 * without an end.
 */
export function treeToJson(tree: unknown, prefix: string, entries: Map<string, TensorEntry> | null): Json {
  if (entries !== null) checkEntries("treeToJson", entries);
  checkString("treeToJson", "prefix", prefix);
  return asJson(tree, prefix, entries, 0);
}

function checkEntries(op: string, entries: unknown): void {
  if (!(entries instanceof Map)) throw refusal(op, "entries", "be a Map of tensors by name", entries);
}

function asJson(tree: unknown, prefix: string, entries: Map<string, TensorEntry> | null, depth: number): Json {
  if (tree instanceof Tensor && entries !== null) {
    entries.set(prefix, { dtype: tree.dtype, shape: tree.shape, data: tree.data() });
    return { [TENSOR]: prefix };
  }
  const fail = (must: string, value: string): never => {
    throw new FormatError({ op: "treeToJson", argument: show(prefix), must, value });
  };
  if (depth > MAX_DEPTH) fail(`be nested at most ${MAX_DEPTH} deep`, "more");
  if (Array.isArray(tree)) {
    return Array.from(tree, (item: unknown, i) => asJson(item, `${prefix}.${i}`, entries, depth + 1));
  }
  if (tree !== null && typeof tree === "object" && !(tree instanceof Tensor)) {
    const pairs: [unknown, unknown][] = tree instanceof Map ? [...tree] : Object.entries(tree);
    const fields = pairs.flatMap(([key, value]) =>
      value === undefined ? [] : [[typeof key === "string" ? key : show(key), value] as const],
    );
    for (const [key] of fields) if (key === TENSOR || key === "__proto__") fail("have other keys", show(key));
    return Object.fromEntries(
      fields.map(([key, value]) => [key, asJson(value, `${prefix}.${key}`, entries, depth + 1)]),
    );
  }
  if (tree === undefined) return null;
  const plain = typeof tree === "string" || typeof tree === "boolean" || tree === null;
  if (plain || (typeof tree === "number" && Number.isFinite(tree))) return tree as Json;
  return fail("be JSON or a tensor", show(tree));
}

/**
 * The tree that `treeToJson` took apart. What it takes from `entries` it deletes there, so that a caller sees the rest.
 * @throws FormatError when a tensor is missing, or the tree is none that `treeToJson` makes
 */
export function jsonToTree(json: Json, entries: Map<string, TensorEntry>): unknown {
  checkEntries("jsonToTree", entries);
  return asTree(json, entries, 0);
}

function asTree(json: Json, entries: Map<string, TensorEntry>, depth: number): unknown {
  if (json === null || typeof json !== "object") return json;
  if (depth > MAX_DEPTH) refuse("tree", `be nested at most ${MAX_DEPTH} deep`, "more");
  if (Array.isArray(json)) return json.map((item) => asTree(item, entries, depth + 1));
  if (!Object.hasOwn(json, TENSOR)) {
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, asTree(value, entries, depth + 1)]));
  }
  const name = json[TENSOR];
  if (typeof name !== "string" || Object.keys(json).length > 1) refuse(TENSOR, "be a tensor's name alone", show(name));
  const entry = entries.get(name);
  if (entry === undefined) refuse("tensors", `contain ${show(name)}`, "none");
  entries.delete(name);
  return tensor(entry.data, { shape: entry.shape, dtype: entry.dtype });
}

function refuse(argument: string, must: string, value: string): never {
  throw new FormatError({ op: "jsonToTree", argument, must, value });
}
