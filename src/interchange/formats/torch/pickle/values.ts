import type { StoredDType } from "../../safetensors/stored-dtype.js";

/** What a pickle may hold. Tuples, lists and sets are arrays. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Value[]
  | Dict
  | Global
  | Opaque
  | Storage
  | Strided;

/** Keys that JSON could have too. */
export type Key = string | number | bigint | boolean | null;

/** Made for each of the empty ones that a pickle may be full of: the map comes with the first entry. */
export class Dict {
  entries: Map<Key, Value> | null = null;

  set(key: Key, value: Value): void {
    this.entries ??= new Map();
    this.entries.set(key, value);
  }
}

/** A name that a pickle asks for; nothing stands behind it but what `globals.ts` says. */
export class Global {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** What tensors are said to be on or of, and nothing reads: `cpu`, `torch.strided`. */
export class Opaque {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Bytes that tensors are views of, by the key of the record that holds them. */
export class Storage {
  readonly key: string;
  /** Null: bytes, whose type the tensor says. */
  readonly stored: StoredDType | null;
  /** Elements; bytes where `stored` is null. */
  readonly length: number;
  /** Of its first element in the record, for storages that are views of others. */
  readonly offset: number;

  constructor(key: string, stored: StoredDType | null, length: number, offset = 0) {
    this.key = key;
    this.stored = stored;
    this.length = length;
    this.offset = offset;
  }
}

/** A tensor as it is described. */
export class Strided {
  readonly storage: Storage;
  readonly stored: StoredDType;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(
    storage: Storage,
    stored: StoredDType,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage;
    this.stored = stored;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}
