/// <reference lib="esnext.disposable" preserve="true" />
import { refusal } from "../base/check.js";
import { checkElement, type DType, dtypeOf, isFloat, type TypedArray, typedArray } from "../base/dtype.js";
import { DisposedError, DTypeError, ShapeError, UnsupportedError } from "../base/errors.js";
import { type NestedArray, nest } from "../base/nested.js";
import { contiguousStrides, formatShape, isContiguous, misshapen, type Shape, sizeOf } from "../base/shape.js";
import type { EngineBuffer, Operand } from "../engine/engine.js";
import { formatTensor } from "./format.js";
import { noteTensor } from "./lifetime.js";
import type { Storage } from "./storage.js";
import type { Node } from "./tape-node.js";

/**
 * A shape and a strided view of a storage, PyTorch's `Tensor`. The operations are methods too: `methods/` adds them,
 * one file a family.
 *
 * A tensor that an operation made from tensors that require gradients belongs to their graph: `backward()` walks it, and
 * the next `backward()` or `zeroGrad()` releases its values. `detach()` or `retain()` what must live longer.
 */
export class Tensor implements Operand {
  readonly storage: Storage;
  readonly shape: Shape;
  /** In elements; 0 where a broadcast repeats. */
  readonly strides: readonly number[];
  /** Of the first element in the storage. */
  readonly offset: number;
  /** The sum of the gradients that `backward()` brought here, or null. Leaves have it, and what called `retainGrad()`. */
  grad: Tensor | null = null;
  /** @internal How it was computed; null for leaves. */
  node: Node<Tensor> | null = null;
  /** @internal Which output of the node. */
  outputIndex = 0;
  /** @internal Nodes that need it for their backward pass: until they let go, the end of a scope does not release it. */
  holds = 0;
  /** @internal Made by an operation for itself alone (a constant, a converted operand): dies with its last use. */
  temporary = false;
  /** @internal Where a layer above leaves itself a note: a field costs a generated token less than a WeakMap. */
  origin: object | null = null;
  #requiresGrad = false;
  #retained = false;
  #releasedBy: string | null = null;
  /** Who wanted to release it while a node held it. */
  #dueTo: string | null = null;

  /** @internal Use `tensor()`, `zeros()` and their like. */
  constructor(storage: Storage, shape: Shape, strides: readonly number[] = contiguousStrides(shape), offset = 0) {
    this.storage = storage;
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
    storage.refs++;
    noteTensor(this);
  }

  get dtype(): DType {
    return this.storage.dtype;
  }

  /** The transpose: the last two dimensions exchanged. */
  get T(): Tensor {
    return this.transpose();
  }

  /** The number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Whether operations on it are recorded for `backward()`. */
  get requiresGrad(): boolean {
    return this.#requiresGrad;
  }

  /** @throws DTypeError for int32; UnsupportedError when turned off on a computed tensor */
  set requiresGrad(value: boolean) {
    if (value && !isFloat(this.dtype)) {
      throw new DTypeError({
        op: "requiresGrad",
        argument: "tensor",
        must: "be float32 or float64",
        value: this.dtype,
      });
    }
    if (!value && this.node !== null) {
      throw new UnsupportedError({
        op: "requiresGrad",
        argument: "tensor",
        must: "be a leaf to stop requiring gradients",
        value: `the result of ${this.node.name}`,
        fix: "Use detach() instead.",
      });
    }
    this.#requiresGrad = value;
  }

  get isLeaf(): boolean {
    return this.node === null;
  }

  /** Whether row-major order without gaps. */
  get isContiguous(): boolean {
    return isContiguous(this.shape, this.strides);
  }

  /** @internal The engine's block. @throws DisposedError when the tensor was released */
  get buffer(): EngineBuffer {
    if (this.#releasedBy !== null) this.checkAlive("tensor");
    return this.storage.buffer;
  }

  get disposed(): boolean {
    return this.#releasedBy !== null;
  }

  /** @throws DisposedError naming `op` when the tensor was released */
  checkAlive(op: string): void {
    if (this.#releasedBy === null) return;
    throw new DisposedError({
      op,
      argument: `tensor ${formatShape(this.shape)}`,
      must: "be alive",
      value: `one released by ${this.#releasedBy}`,
      fix: "Read it earlier, or keep it with detach(), clone() or retain(); return it from noGrad() to keep it beyond.",
    });
  }

  /** A copy of the elements in row-major order. */
  data(): TypedArray {
    this.checkAlive("data");
    return this.#gather((offset, length) => this.storage.read(offset, length));
  }

  /** A copy of the elements in row-major order, for engines that cannot read at once. */
  async dataAsync(): Promise<TypedArray> {
    this.checkAlive("dataAsync");
    const [low, high] = this.#extent();
    const block = await this.storage.readAsync(low, high - low);
    return this.#gather((offset, length) => block.slice(offset - low, offset - low + length));
  }

  /** The one element as a number. @throws ShapeError when there is not exactly one */
  item(): number {
    this.checkAlive("item");
    if (this.size !== 1) {
      throw misshapen("item", "tensor", "have exactly one element", this.shape, "Use data() or toArray() for more.");
    }
    return this.storage.read(this.offset, 1)[0];
  }

  /** Nested arrays of the tensor's shape; a number for a scalar. */
  toArray(): NestedArray {
    return nest(this.data(), this.shape);
  }

  /**
   * Replaces the elements in place, in row-major order. Not recorded: meant for leaves.
   * @throws ShapeError when the number of elements differs
   */
  set(data: ArrayLike<number>): this {
    this.checkAlive("set");
    if (typeof data?.length !== "number") {
      throw refusal("set", "data", "be an array of numbers", data, "Write x.set(y.data()) for a tensor.");
    }
    if (data.length !== this.size) {
      throw new ShapeError({
        op: "set",
        argument: "data",
        must: `hold ${this.size} elements for shape ${formatShape(this.shape)}`,
        value: String(data.length),
      });
    }
    if (!this.isContiguous) {
      throw new ShapeError({
        op: "set",
        argument: "tensor",
        must: "be contiguous",
        value: `strides [${this.strides}]`,
      });
    }
    // Typed arrays of floats go into floats as they are; all else is looked at before the first element is written.
    if (!isFloat(this.dtype) || dtypeOf(data) === undefined) {
      for (let i = 0; i < data.length; i++) checkElement("set", "data", data[i], this.dtype);
    }
    this.storage.overwrite(data, this.offset, "set()");
    return this;
  }

  /** This tensor's values without history: shares memory, needs no gradient, and survives its graph. */
  detach(): Tensor {
    this.checkAlive("detach");
    return new Tensor(this.storage, this.shape, this.strides, this.offset);
  }

  /** Keeps this result alive when its graph or its `noGrad` is released. Chainable. */
  retain(): this {
    this.checkAlive("retain");
    this.#retained = true;
    return this;
  }

  /** Frees the memory now, unless other tensors view it. Reading it later throws DisposedError. */
  dispose(): void {
    this.#retained = false;
    this.#free("dispose()");
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal The end of its graph or scope, named for the error; put off while a node holds it. */
  release(by: string): void {
    if (this.#retained) return;
    if (this.holds > 0) this.#dueTo = by;
    else this.#free(by);
  }

  /** @internal A node needs it. */
  hold(): void {
    this.holds++;
    this.storage.holds++;
  }

  /** @internal The node does no longer. */
  letGo(): void {
    this.storage.letGo();
    if (--this.holds === 0 && this.#dueTo !== null) this.release(this.#dueTo);
  }

  #free(by: string): void {
    if (this.#releasedBy !== null) return;
    this.#releasedBy = by;
    if (--this.storage.refs === 0) this.storage.release();
  }

  toString(): string {
    return formatTensor(this);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return formatTensor(this);
  }

  /** The span [low, high) of the storage that the view touches. */
  #extent(): [number, number] {
    if (this.size === 0) return [this.offset, this.offset];
    let low = this.offset;
    let high = this.offset;
    this.shape.forEach((size, i) => {
      const reach = (size - 1) * this.strides[i];
      if (reach < 0) low += reach;
      else high += reach;
    });
    return [low, high + 1];
  }

  #gather(read: (offset: number, length: number) => TypedArray): TypedArray {
    if (this.isContiguous) return read(this.offset, this.size);
    const [low, high] = this.#extent();
    const block = read(low, high - low);
    const result = typedArray(this.dtype, this.size);
    const index = new Array<number>(this.rank).fill(0);
    let at = this.offset - low;
    for (let i = 0; i < result.length; i++) {
      result[i] = block[at];
      for (let axis = this.rank - 1; axis >= 0; axis--) {
        at += this.strides[axis];
        if (++index[axis] < this.shape[axis]) break;
        at -= this.strides[axis] * this.shape[axis];
        index[axis] = 0;
      }
    }
    return result;
  }
}
