import { isObject } from "../../../../base/check.js";
import { show } from "../../../../base/errors.js";
import type { StoredDType } from "../../safetensors/stored-dtype.js";
import { type Refuse, SAVE_WEIGHTS } from "./fault.js";
import { Dict, Global, Opaque, Storage, Strided, type Value } from "./values.js";

/** Storages of the old kind, whose class says the type: `torch.FloatStorage`. */
const STORAGES: Readonly<Record<string, StoredDType>> = {
  Float: "F32",
  Double: "F64",
  Half: "F16",
  BFloat16: "BF16",
  Long: "I64",
  Int: "I32",
  Short: "I16",
  Char: "I8",
  Byte: "U8",
  Bool: "BOOL",
};

const DTYPES: Readonly<Record<string, StoredDType>> = {
  float32: "F32",
  float64: "F64",
  float16: "F16",
  bfloat16: "BF16",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint8: "U8",
  uint16: "U16",
  uint32: "U32",
  uint64: "U64",
  bool: "BOOL",
};

const UNTYPED = new Set(["torch.storage.UntypedStorage", "torch.UntypedStorage"]);

/** More than any model has; and one whose elements are many times one number is no weight. */
const MOST_EXPANDED = 2 ** 22;
const MOST_DIMENSIONS = 64;

type Made = (args: readonly Value[], refuse: Refuse) => Value;

const tensorOf: Made = ([storage, offset, shape, strides, , , metadata], refuse) => {
  if (!(storage instanceof Storage)) return refuse("make tensors of storages", said(storage));
  if (storage.stored === null) return refuse("say the type of a tensor", "a storage of bytes");
  if (metadata instanceof Dict && metadata.entries !== null) return refuse("make plain tensors", "one with metadata");
  return strided(storage, storage.stored, offset, shape, strides, refuse);
};

/** Since PyTorch 2.1, of types that had no storage of their own. */
const typedTensor: Made = ([storage, offset, shape, strides, , , dtype], refuse) => {
  const stored = dtype instanceof Global ? dtypeNamed(dtype.name) : undefined;
  if (!(storage instanceof Storage) || stored === undefined) {
    return refuse("make tensors of storages and types that are read", `${said(storage)}, ${said(dtype)}`);
  }
  return strided(storage, stored, offset, shape, strides, refuse);
};

/** What a pickle may call, and what we make of it instead. Nothing else is ever made. */
const CALLED: Readonly<Record<string, Made>> = {
  "torch._utils._rebuild_tensor": tensorOf,
  "torch._utils._rebuild_tensor_v2": tensorOf,
  "torch._utils._rebuild_tensor_v3": typedTensor,
  "torch._utils._rebuild_parameter": ([data], refuse) => onlyTensor(data, refuse),
  "torch._utils._rebuild_parameter_with_state": ([data], refuse) => onlyTensor(data, refuse),
  "torch._tensor._rebuild_from_type_v2": ([make, type, args], refuse) => {
    const isPlain = type instanceof Global && PLAIN_TENSORS.has(type.name);
    if (!isPlain || !(make instanceof Global) || !Array.isArray(args)) {
      return refuse("make plain tensors", `${said(make)} of ${said(type)}`, { fix: SAVE_WEIGHTS });
    }
    return onlyTensor(called(make, args, refuse), refuse);
  },
  "torch.Size": ([sizes], refuse) => listOf(sizes ?? [], refuse),
  "torch.device": ([name, index]) => new Opaque([name, index].filter((part) => part !== undefined).join(":")),
  "torch.serialization._get_layout": ([name]) => new Opaque(String(name)),
  "collections.OrderedDict": ([pairs], refuse) => dictOf(pairs, refuse),
  "collections.Counter": ([pairs], refuse) => dictOf(pairs, refuse),
  "builtins.dict": ([pairs], refuse) => dictOf(pairs, refuse),
  "builtins.str": ([text], refuse) => (typeof text === "string" ? text : refuse("make texts of texts", said(text))),
  "builtins.set": ([items], refuse) => listOf(items ?? [], refuse),
  "builtins.frozenset": ([items], refuse) => listOf(items ?? [], refuse),
  "builtins.list": ([items], refuse) => listOf(items ?? [], refuse),
  "builtins.tuple": ([items], refuse) => listOf(items ?? [], refuse),
  // Bytes as protocol 2 writes them: a text in Latin letters, and that is what it stays.
  "_codecs.encode": ([text]) => text ?? "",
};

/** What may be named, and is never called. */
const PLAIN_TENSORS = new Set(["torch.Tensor", "torch.nn.parameter.Parameter", "torch._tensor.Tensor"]);

/** Tensors of PyTorch that nothing here can hold: complex, quantised, sparse. */
const UNREAD =
  /^torch\.(\w+\.)?\w+Storage$|^torch\.(complex|q|float8|float4|bits)\w+$|^torch\._utils\._rebuild_(sparse|q|nested)/;

/** What Python 2 called them. */
const RENAMED: Readonly<Record<string, string>> = { __builtin__: "builtins" };
const RENAMED_NAMES: Readonly<Record<string, string>> = { "builtins.unicode": "builtins.str" };

/**
 * A name that a pickle asks for.
 * @throws FormatError, code `forbidden-global`, for all but what tensors are made of: it names it
 */
export function globalNamed(module: string, name: string, refuse: Refuse): Global {
  const given = `${Object.hasOwn(RENAMED, module) ? RENAMED[module] : module}.${name}`;
  const full = Object.hasOwn(RENAMED_NAMES, given) ? RENAMED_NAMES[given] : given;
  const known =
    Object.hasOwn(CALLED, full) ||
    PLAIN_TENSORS.has(full) ||
    UNTYPED.has(full) ||
    storageNamed(full) !== undefined ||
    dtypeNamed(full) !== undefined;
  if (known) return new Global(full);
  if (UNREAD.test(full)) {
    const must = `hold tensors of ${Object.keys(DTYPES).join(", ")}`;
    const fix = "Convert it before it is saved: x.real, x.dequantize(), x.to_dense().";
    refuse(must, full, { code: "unsupported-dtype", details: { key: full }, fix });
  }
  const must = "ask only for what tensors are made of: nothing else of it is ever run";
  return refuse(must, full, { code: "forbidden-global", details: { key: full }, fix: SAVE_WEIGHTS });
}

function storageNamed(full: string): StoredDType | undefined {
  const name = /^torch\.(?:cuda\.)?(\w+)Storage$/.exec(full)?.[1];
  return name !== undefined && Object.hasOwn(STORAGES, name) ? STORAGES[name] : undefined;
}

function dtypeNamed(full: string): StoredDType | undefined {
  const name = /^torch\.(\w+)$/.exec(full)?.[1];
  return name !== undefined && Object.hasOwn(DTYPES, name) ? DTYPES[name] : undefined;
}

/** What comes of calling it. @throws FormatError for what is not called */
export function called(what: Value, args: Value, refuse: Refuse): Value {
  const make = what instanceof Global && Object.hasOwn(CALLED, what.name) ? CALLED[what.name] : undefined;
  if (make === undefined) return refuse("call only what makes tensors", said(what), { fix: SAVE_WEIGHTS });
  return make(listOf(args, refuse), refuse);
}

/**
 * What a persistent id stands for: ("storage", class, key, place, elements), in old files with what it is a view of.
 * @throws FormatError for any other one
 */
export function storageOf(id: Value, refuse: Refuse): Storage {
  const [kind, type, key, , length, view] = listOf(id, refuse);
  if (kind === "module") refuse("hold tensors alone", "a module with its source", { fix: SAVE_WEIGHTS });
  const stored = type instanceof Global ? storageNamed(type.name) : undefined;
  const isUntyped = type instanceof Global && UNTYPED.has(type.name);
  if (kind !== "storage" || typeof key !== "string" || (stored === undefined && !isUntyped)) {
    return refuse("point to storages alone", `${said(kind)} of ${said(type)}`);
  }
  const elements = count(length, "a storage's length", refuse);
  if (!Array.isArray(view)) return new Storage(key, stored ?? null, elements);
  return new Storage(
    key,
    stored ?? null,
    count(view[2], "a view's length", refuse),
    count(view[1], "a view's offset", refuse),
  );
}

function strided(
  storage: Storage,
  stored: StoredDType,
  offset: Value,
  shape: Value,
  strides: Value,
  refuse: Refuse,
): Strided {
  const sizes = listOf(shape, refuse).map((size) => count(size, "a size", refuse));
  const steps = listOf(strides, refuse).map((step) => count(step, "a stride", refuse));
  const first = count(offset, "an offset", refuse);
  if (sizes.length !== steps.length || sizes.length > MOST_DIMENSIONS) {
    refuse(`have a stride for each of at most ${MOST_DIMENSIONS} axes`, `${steps.length} for ${sizes.length}`);
  }
  let size = 1;
  let last = first;
  for (const [axis, length] of sizes.entries()) {
    size *= length;
    last += (length - 1) * steps[axis];
  }
  if (![size, last].every(Number.isSafeInteger)) refuse("have tensors below 2^53 elements", `shape ${show(sizes)}`);
  const room = storage.stored === null ? Math.floor(storage.length / WIDTHS[stored]) : storage.length;
  if (size > 0 && last >= room) {
    refuse(
      "have tensors within their storages",
      `element ${last} of ${room} (shape ${show(sizes)}, strides ${show(steps)}, offset ${first})`,
    );
  }
  if (size > Math.max(room, MOST_EXPANDED)) {
    refuse(`repeat numbers to at most ${MOST_EXPANDED} elements`, `shape ${show(sizes)} of ${room}`);
  }
  return new Strided(storage, stored, first, sizes, steps);
}

/** In bytes. */
export const WIDTHS: Readonly<Record<StoredDType, number>> = {
  F32: 4,
  F64: 8,
  F16: 2,
  BF16: 2,
  I64: 8,
  U64: 8,
  I32: 4,
  U32: 4,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

function count(value: Value | undefined, what: string, refuse: Refuse): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  return refuse(`have for ${what} an integer that is not negative`, said(value));
}

function onlyTensor(value: Value | undefined, refuse: Refuse): Strided {
  return value instanceof Strided ? value : refuse("make parameters of tensors", said(value));
}

function listOf(value: Value | undefined, refuse: Refuse): Value[] {
  return Array.isArray(value) ? value : refuse("give arguments and sizes as tuples", said(value));
}

function dictOf(pairs: Value | undefined, refuse: Refuse): Dict {
  const dict = new Dict();
  if (pairs === undefined) return dict;
  if (pairs instanceof Dict) return pairs;
  for (const pair of listOf(pairs, refuse)) {
    const [key, value] = listOf(pair, refuse);
    dict.set(keyOf(key, refuse), value ?? null);
  }
  return dict;
}

/** What may be the key of a dictionary. */
export function keyOf(value: Value | undefined, refuse: Refuse): string | number | bigint | boolean | null {
  if (value === null || (value !== undefined && !isObject(value))) return value;
  return refuse("have texts and numbers as keys", said(value));
}

/** A value as an error shows it. */
export function said(value: Value | undefined): string {
  if (value === undefined) return "nothing";
  if (value instanceof Global) return value.name;
  if (value instanceof Strided) return "a tensor";
  if (value instanceof Storage) return "a storage";
  if (value instanceof Dict) return "a dictionary";
  return value instanceof Opaque ? value.text : show(value);
}
