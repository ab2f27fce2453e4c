import type { TypedArray } from "../../base/dtype.js";
import { type Shape, sizeOf } from "../../base/shape.js";
import { fromHost } from "../../tensor/ops/raw.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { ElementType, FloatType } from "../formats/onnx/element-types.js";

/**
 * What runs through a graph. Floats are tensors, with gradients. All else (sizes, ids, truth values) are plain arrays: most of it is
 * arithmetic on shapes, a few numbers at a time, and what is not goes into an index or a mask.
 */
export type Value = Floats | Host;

export type HostType = Exclude<ElementType, FloatType | "string">;
export type HostData = Float64Array | Int32Array;

export class Floats {
  readonly type: FloatType;
  readonly tensor: Tensor;

  constructor(type: FloatType, tensor: Tensor) {
    this.type = type;
    this.tensor = tensor;
  }

  get shape(): Shape {
    return this.tensor.shape;
  }
}

export class Host {
  readonly type: HostType;
  readonly shape: Shape;
  /** Row-major; Float64Array for integers that 32 bits do not hold. */
  readonly data: HostData;

  constructor(type: HostType, shape: Shape, data: HostData) {
    this.type = type;
    this.shape = shape;
    this.data = data;
  }
}

const WIDE: ReadonlySet<HostType> = new Set<HostType>(["int64", "uint64", "uint32"]);

/** Numbers as an array of a type; they are in its range. */
export function hostOf(type: HostType, shape: Shape, numbers: ArrayLike<number>): Host {
  return new Host(type, shape, WIDE.has(type) ? Float64Array.from(numbers) : Int32Array.from(numbers));
}

/** A tensor's numbers as an array of a type. */
export function hostFrom(type: HostType, x: Tensor): Host {
  return hostOf(type, x.shape, x.data());
}

/** As int32, for an operation that takes indices or a mask. */
export function indexTensor(shape: Shape, numbers: ArrayLike<number>): Tensor {
  return fromHost(Int32Array.from(numbers), shape);
}

/** What moves elements about and changes none is one operation for both kinds: float64 holds whatever an array of ours does. */
export function moved(x: Value, move: (x: Tensor) => Tensor): Value {
  if (x instanceof Floats) return new Floats(x.type, move(x.tensor));
  return hostFrom(x.type, move(exactTensor(x)));
}

export function exactTensor(x: Host): Tensor {
  return fromHost(Float64Array.from(x.data), x.shape);
}

/** With another shape, of the same number of elements. */
export function reshaped(x: Value, shape: Shape): Value {
  return x instanceof Floats ? new Floats(x.type, x.tensor.reshape(shape)) : new Host(x.type, shape, x.data);
}

/** Elements of both kinds as plain numbers, without history. */
export function numbersOf(x: Value): TypedArray {
  return x instanceof Floats ? x.tensor.data() : x.data;
}

const BITS: Partial<Record<HostType, [bits: number, signed: boolean]>> = {
  uint8: [8, false],
  int8: [8, true],
  uint16: [16, false],
  int16: [16, true],
  int32: [32, true],
  uint32: [32, false],
};

/** A whole number as a type keeps it: what goes beyond its range comes round. 64 bits stay as exact as float64 is. */
export function wrapped(type: HostType, value: number): number {
  if (type === "bool") return value === 0 ? 0 : 1;
  const width = BITS[type];
  if (width === undefined) return value;
  const [bits, signed] = width;
  const span = 2 ** bits;
  const rest = ((value % span) + span) % span;
  return signed && rest >= span / 2 ? rest - span : rest;
}

/** The element of an array of `shape` that broadcasts to each element of the larger shape `to`, in row-major order. */
export function broadcastIndex(shape: Shape, to: Shape): Int32Array {
  const out = new Int32Array(sizeOf(to));
  const lead = to.length - shape.length;
  const index = new Array<number>(to.length).fill(0);
  const strides = new Array<number>(to.length).fill(0);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1) strides[axis + lead] = step;
    step *= shape[axis];
  }
  let at = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = at;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++index[axis] < to[axis]) break;
      at -= strides[axis] * to[axis];
      index[axis] = 0;
    }
  }
  return out;
}
