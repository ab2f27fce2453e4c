import { isObject, refusal } from "../../base/check.js";
import { FormatError, show } from "../../base/errors.js";
import type { TensorEntry } from "../../interchange/formats/safetensors/index.js";
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
const SHARED = "shared";

/**
 * Tensors as they go into a file, each once, and metadata that names the others.
 * @throws FormatError, code `not-finite`, for a NaN or an infinity: such a file must not replace a good one
 */
export function entriesOf(
  op: string,
  tensors: ReadonlyMap<string, Tensor>,
): { entries: Map<string, TensorEntry>; metadata: Record<string, string> } {
  const entries = new Map<string, TensorEntry>();
  const shared: Record<string, string> = {};
  const stored: [string, Tensor][] = [];
  for (const [name, x] of tensors) {
    const twin = stored.find(([, other]) => isSame(x, other));
    if (twin !== undefined) {
      shared[name] = twin[0];
      continue;
    }
    stored.push([name, x]);
    const data = x.data();
    const index = data.findIndex((value: number) => !Number.isFinite(value));
    if (index >= 0) {
      const fix = "A model with it answers nothing else: go back to an earlier one, with a smaller learning rate.";
      const value = `${data[index]} at element ${index}`;
      const argument = `tensor ${show(name)}`;
      throw new FormatError({ code: "not-finite", op, argument, must: "be finite", value, fix, details: { index } });
    }
    entries.set(name, { dtype: x.dtype, shape: x.shape, data });
  }
  const metadata = Object.keys(shared).length > 0 ? { [SHARED]: JSON.stringify(shared) } : {};
  return { entries, metadata: metadata as Record<string, string> };
}

function isSame(a: Tensor, b: Tensor): boolean {
  return a.storage === b.storage && a.offset === b.offset && `${a.shape}/${a.strides}` === `${b.shape}/${b.strides}`;
}

/** The entries of a file under all their names. A file of another program, whose word this may be too, is left as it is. */
export function withShared<E>(
  entries: ReadonlyMap<string, E>,
  metadata: Readonly<Record<string, string>>,
): Map<string, E> {
  const all = new Map(entries);
  let shared: unknown;
  try {
    shared = JSON.parse(metadata[SHARED] ?? "{}");
  } catch {
    return all;
  }
  for (const [name, of] of Object.entries(isObject(shared) ? shared : {})) {
    const entry = entries.get(String(of));
    if (entry !== undefined && !all.has(name)) all.set(name, entry);
  }
  return all;
}
