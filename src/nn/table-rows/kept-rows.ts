import type { CellKind } from "../../engine/cells.js";
import type { KeptRows, Operand } from "../../engine/engine.js";
import { currentEngine } from "../../engine/select.js";
import { type Derived, Storage } from "../../tensor/storage.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { RecurrentWeights } from "../recurrent/recurrent-layer.js";
import { tableRowsOf } from "./shared-rows.js";

/**
 * Products of an embedding's rows with a layer's input weights, which stay from call to call: whoever generates text takes one row at a
 * time, and would read all of W_ih for it. From the second such call on there is room for the products of all rows, and each is
 * made when it is first taken. They go when table, weights or biases are written or gone, or another engine is chosen.
 *
 * They belong to table and W_ih together: the products of a pair live no longer than either.
 */
const kept = new WeakMap<Storage, WeakMap<Storage, KeptProducts>>();

/**
 * The products that are kept for x [.., I], for a call without a backward pass. Null when x is not straight from an embedding, when the
 * engine gains nothing from it, and at the first call after a change.
 */
export function keptRowsOf(cell: CellKind, x: Tensor, weights: RecurrentWeights): KeptRows | null {
  const rows = tableRowsOf(x);
  if (rows === null) return null;
  const { table, ids } = rows;
  const v = table.shape[0];
  const width = weights.wIh.shape[0];
  const engine = currentEngine();
  let products = kept.get(table.storage)?.get(weights.wIh.storage);
  if (products !== undefined && products.engine !== engine) products.drop();
  if (engine.keepsRows?.(x.dtype, v, width, ids.size) !== true) return null;
  if (products === undefined) {
    products = new KeptProducts();
    const ofTable = kept.get(table.storage) ?? new WeakMap<Storage, KeptProducts>();
    kept.set(table.storage, ofTable.set(weights.wIh.storage, products));
  }
  const room = products.take(cell, table, weights);
  return room && { table, ids, ...room };
}

/** The products of one table with the weights of one layer. */
class KeptProducts implements Derived {
  /** Whose kernels made them. */
  engine = currentEngine();
  readonly #self = new WeakRef(this);
  /** Of what they are; a storage may hold several tensors. */
  #of: readonly unknown[] = [];
  #isCalled = false;
  #storage: Storage | null = null;
  #room: Pick<KeptRows, "products" | "isKnown"> | null = null;

  /** Room for products, with those that are known; null at the first call. */
  take(cell: CellKind, table: Tensor, weights: RecurrentWeights): Pick<KeptRows, "products" | "isKnown"> | null {
    const { wIh, bIh, bHh } = weights;
    const of = [
      cell,
      table.offset,
      ...table.shape,
      wIh.offset,
      wIh.shape[0],
      bIh?.offset,
      bHh?.offset,
      bIh?.storage,
      bHh?.storage,
    ];
    if (!(this.#isCalled && of.every((part, i) => part === this.#of[i]))) {
      this.drop();
      this.#of = of;
      this.#isCalled = true;
      this.engine = currentEngine();
      for (const tensor of [table, wIh, bIh, bHh]) tensor?.storage.dropOnChange(this.#self);
      return null;
    }
    this.#room ??= this.#makeRoom(table.shape[0], wIh.shape[0]);
    return this.#room;
  }

  drop(): void {
    this.#isCalled = false;
    this.#of = [];
    this.#room = null;
    this.#storage?.release();
    this.#storage = null;
  }

  #makeRoom(v: number, width: number): Pick<KeptRows, "products" | "isKnown"> {
    const storage = new Storage("float32", v * width);
    // Not a passing result, which the end of `noGrad` would move to JavaScript memory.
    storage.makeResident();
    this.#storage = storage;
    const products: Operand = {
      // Asked for each time: it may have moved.
      get buffer() {
        return storage.buffer;
      },
      shape: [v, width],
      strides: [width, 1],
      offset: 0,
    };
    return { products, isKnown: new Uint8Array(v) };
  }
}
