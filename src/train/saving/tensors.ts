import { isObject, refusal } from "../../base/check.js";
import { Module } from "../../nn/module.js";
import { Tensor } from "../../tensor/index.js";

/** Tensors by name, as a module's `stateDict()` gives them. */
export type NamedTensors = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

/** The tensors of a module, map or object by name; null for what is none of these. */
export function tensorsOf(model: unknown): Map<string, Tensor> | null {
  if (model instanceof Module) return model.stateDict();
  if (!isObject(model) || Array.isArray(model) || model instanceof Tensor || ArrayBuffer.isView(model)) return null;
  const isMap = model instanceof Map;
  if (!isMap && ![Object.prototype, null].includes(Object.getPrototypeOf(model))) return null;
  const named = new Map<string, unknown>(isMap ? model : Object.entries(model));
  for (const [name, x] of named) if (typeof name !== "string" || !(x instanceof Tensor)) return null;
  return named as Map<string, Tensor>;
}

/** @throws OptionError for what has no tensors by name */
export function requireTensors(op: string, model: unknown): Map<string, Tensor> {
  const found = tensorsOf(model);
  if (found !== null && (found.size > 0 || model instanceof Module)) return found;
  const must = "be a module, or a map or an object of tensors by name";
  const fix = "For an optimiser, numbers and more than one module, use saveCheckpoint() and loadCheckpoint().";
  throw refusal(op, "model", must, model, fix);
}

/** What the metadata call names that stand for a tensor stored under another: the format has no way to share. */
export const SHARED = "shared";

/** Tensors, each once, and by the names of the others those that they are stored under. */
export function onceEach(tensors: ReadonlyMap<string, Tensor>): {
  own: Map<string, Tensor>;
  shared: Record<string, string>;
} {
  const own = new Map<string, Tensor>();
  const shared: Record<string, string> = {};
  for (const [name, x] of tensors) {
    const twin = [...own].find(([, other]) => isSame(x, other));
    if (twin === undefined) own.set(name, x);
    else shared[name] = twin[0];
  }
  return { own, shared };
}

function isSame(a: Tensor, b: Tensor): boolean {
  return a.storage === b.storage && a.offset === b.offset && `${a.shape}/${a.strides}` === `${b.shape}/${b.strides}`;
}

/** The entries of a file under all their names. A file of another program, whose word this may be too, is left as it is. */
export function withShared<E>(entries: ReadonlyMap<string, E>, shared: unknown): Map<string, E> {
  const all = new Map(entries);
  for (const [name, of] of Object.entries(isObject(shared) ? shared : {})) {
    const entry = entries.get(String(of));
    if (entry !== undefined && !all.has(name)) all.set(name, entry);
  }
  return all;
}
