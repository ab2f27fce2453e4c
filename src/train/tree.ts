import { FormatError, show } from "../base/errors.js";
import type { TensorEntry } from "../io/safetensors.js";
import { Tensor, tensor } from "../tensor/index.js";

/** Tensors in objects and arrays: a recurrent state, the state of an optimiser. */
export type TensorTree = Tensor | { readonly [key: string]: TensorTree } | readonly TensorTree[] | null | undefined;

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const TENSOR = "$tensor";

/** A copy of the tree, with every tensor cut from its history; tensors share memory with the old ones. */
export function detachTree<T>(tree: T): T {
  return mapTensors(tree, (found) => found.detach()) as T;
}

export function disposeTree(tree: unknown): void {
  mapTensors(tree, (found) => {
    found.dispose();
    return found;
  });
}

function mapTensors(tree: unknown, change: (found: Tensor) => Tensor): unknown {
  if (tree instanceof Tensor) return change(tree);
  if (Array.isArray(tree)) return tree.map((item) => mapTensors(item, change));
  if (tree === null || typeof tree !== "object") return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, mapTensors(value, change)]));
}

/**
 * A tree as JSON, with `{ "$tensor": name }` where a tensor was; the tensors go to `entries`, named by their path
 * after `prefix`. Numbers that JSON lacks (NaN, infinities) are refused.
 */
export function treeToJson(tree: unknown, prefix: string, entries: Map<string, TensorEntry>): Json {
  if (tree instanceof Tensor) {
    entries.set(prefix, { dtype: tree.dtype, shape: tree.shape, data: tree.data() });
    return { [TENSOR]: prefix };
  }
  if (Array.isArray(tree)) return tree.map((item, i) => treeToJson(item, `${prefix}.${i}`, entries));
  if (tree !== null && typeof tree === "object") {
    const pairs = tree instanceof Map ? [...tree] : Object.entries(tree);
    const fields = pairs.filter(([, value]) => value !== undefined);
    return Object.fromEntries(fields.map(([key, value]) => [key, treeToJson(value, `${prefix}.${key}`, entries)]));
  }
  if (tree === undefined) return null;
  const plain = typeof tree === "string" || typeof tree === "boolean" || tree === null;
  if (plain || (typeof tree === "number" && Number.isFinite(tree))) return tree as Json;
  throw new FormatError({ op: "treeToJson", argument: prefix, must: "be JSON or a tensor", value: show(tree) });
}

/**
 * The tree that `treeToJson` took apart. What it takes from `entries` it deletes there, so that a caller sees the rest.
 * @throws FormatError when a tensor is missing
 */
export function jsonToTree(json: Json, entries: Map<string, TensorEntry>): unknown {
  if (json === null || typeof json !== "object") return json;
  if (Array.isArray(json)) return json.map((item) => jsonToTree(item, entries));
  const name = json[TENSOR];
  if (typeof name !== "string") {
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, jsonToTree(value, entries)]));
  }
  const entry = entries.get(name);
  if (entry === undefined) {
    throw new FormatError({ op: "jsonToTree", argument: "tensors", must: `contain ${show(name)}`, value: "none" });
  }
  entries.delete(name);
  return tensor(entry.data, { shape: entry.shape, dtype: entry.dtype });
}
