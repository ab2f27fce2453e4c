import { defineFunction } from "../../../autograd/function.js";
import { checkRoom } from "../../../base/room.js";
import { sizeOf } from "../../../base/shape.js";
import { mul, sub } from "../../../tensor/ops/arithmetic.js";
import { cast } from "../../../tensor/ops/cast.js";
import { fromHost } from "../../../tensor/ops/raw.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { elementName, elementType, type FloatType, isFloatType } from "../../formats/onnx/element-types.js";
import { HALVES, type HalfDType, STORED_TYPES } from "../../formats/safetensors/stored-dtype.js";
import type { Call, Operator } from "../call.js";
import { Floats, Host, type HostType, hostOf, numbersOf, type Value, wrapped } from "../value.js";
import { sizes } from "./shape.js";

export const CONSTANT: Readonly<Record<string, Operator>> = {
  Constant: constant,
  ConstantOfShape: (call) => {
    const shape = sizes(call, 0);
    const value = call.hasAttribute("value")
      ? call.around.constant(call.array("value"))
      : floats(call, "float", [1], [0]);
    const numbers = numbersOf(value);
    if (numbers.length !== 1) call.fail("attribute value", "hold one number", `${numbers.length}`);
    return filled(call, value, shape, () => numbers[0]);
  },
  Range: (call) => {
    const [start, limit, delta] = [0, 1, 2].map((place) => call.number(place)) as [number, number, number];
    const count = Math.max(0, Math.ceil((limit - start) / delta));
    if (!Number.isSafeInteger(count)) call.fail("input 2", "lead to the limit", `${delta}`);
    return filled(call, call.value(0), [count], (i) => start + i * delta);
  },
  Cast: (call) => converted(call, call.value(0), call.int("to")),
  CastLike: (call) => {
    const { type } = call.value(1);
    return retyped(call, call.value(0), type);
  },
  EyeLike: (call) => {
    const { shape, type } = call.value(0);
    call.requireRank(0, 2, "[R, C]");
    const [rows, columns] = shape as [number, number];
    const k = call.int("k", 0);
    const to = call.hasAttribute("dtype") ? typeOf(call, call.int("dtype")) : type;
    const data = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++) if (i + k >= 0 && i + k < columns) data[i * columns + i + k] = 1;
    return isFloatType(to) ? floats(call, to, shape, data) : hostOf(to, shape, data);
  },
  OneHot: oneHot,
  DequantizeLinear: dequantized,
};

/** Numbers as a value of floats. */
export function floats(call: Call, type: FloatType, shape: readonly number[], numbers: ArrayLike<number>): Floats {
  const data = call.dtypeOf(type) === "float64" ? Float64Array.from(numbers) : Float32Array.from(numbers);
  return new Floats(type, fromHost(data, shape));
}

/** An array of the type of `like`, element by element. */
function filled(call: Call, like: Value, shape: readonly number[], element: (i: number) => number): Value {
  const size = sizeOf(shape);
  checkRoom(size * 8, call.node.op);
  const data = new Float64Array(size);
  for (let i = 0; i < size; i++) data[i] = element(i);
  if (like instanceof Floats) return floats(call, like.type, shape, data);
  return hostOf(
    like.type,
    shape,
    data.map((value) => wrapped(like.type, value)),
  );
}

function constant(call: Call): Value {
  if (call.hasAttribute("value")) return call.around.constant(call.array("value"));
  if (call.hasAttribute("value_float")) return floats(call, "float", [], [call.float("value_float")]);
  if (call.hasAttribute("value_int")) return hostOf("int64", [], [call.int("value_int")]);
  const [list, ints] = [call.floatList("value_floats"), call.intList("value_ints")];
  if (list !== null) return floats(call, "float", [list.length], list);
  if (ints !== null) return hostOf("int64", [ints.length], ints);
  return call.fail("value", "hold numbers", "none");
}

function typeOf(call: Call, code: number): FloatType | HostType {
  const type = elementType(code);
  if (type !== undefined && type !== "string") return type;
  return call.fail("attribute to", "be a type of numbers", elementName(code));
}

function converted(call: Call, x: Value, code: number): Value {
  return retyped(call, x, typeOf(call, code));
}

function retyped(call: Call, x: Value, type: FloatType | HostType): Value {
  if (x.type === type) return x;
  if (isFloatType(type)) {
    const tensor = x instanceof Host ? floats(call, type, x.shape, x.data).tensor : cast(x.tensor, call.dtypeOf(type));
    return new Floats(type, type === "float16" || type === "bfloat16" ? rounded(tensor, type) : tensor);
  }
  const numbers = Array.from(numbersOf(x), (value) => wrapped(type, type === "bool" ? value : whole(value)));
  return hostOf(type, x.shape, numbers);
}

/** Towards zero; what is no number counts as 0. */
function whole(value: number): number {
  return Number.isNaN(value) ? 0 : Math.trunc(value);
}

const word = new DataView(new ArrayBuffer(4));

/** To the nearest number that 16 bits hold. The gradient passes as it is. */
const rounded = defineFunction({
  name: "rounded",
  forward(_, x: Tensor, half: HalfDType): Tensor {
    const { bits, stored } = HALVES[half];
    const { read } = STORED_TYPES[stored];
    const data = x.data().map((value) => {
      word.setUint16(0, bits(value), true);
      return read!(word, 0);
    });
    return fromHost(data, x.shape);
  },
  backward: (_, dOut) => dOut,
});

function oneHot(call: Call): Value {
  const indices = call.value(0);
  const depth = call.number(1);
  const values = call.value(2);
  if (sizeOf(values.shape) !== 2) call.misshapen("input 2", "hold two numbers, off and on", values.shape);
  const [off, on] = numbersOf(values) as unknown as [number, number];
  if (!Number.isSafeInteger(depth) || depth < 1) call.fail("input 1", "be a positive integer", `${depth}`);
  const rank = indices.shape.length + 1;
  const axis = call.axis(call.int("axis", -1), rank);
  const shape = [...indices.shape.slice(0, axis), depth, ...indices.shape.slice(axis)];
  const inner = sizeOf(indices.shape.slice(axis));
  const ids = numbersOf(indices);
  return filled(call, values, shape, (i) => {
    const at = Math.floor(i / inner);
    const id = ids[Math.floor(at / depth) * inner + (i % inner)];
    return (id < 0 ? id + depth : id) === at % depth ? on : off;
  });
}

/** (x - zero point) · scale, one of them a number or as many as there are along an axis. */
function dequantized(call: Call): Value {
  const x = call.host(0);
  const { type, tensor: scale } = call.floats(1);
  const rank = x.shape.length;
  const along = (of: Tensor): Tensor => {
    if (of.size === 1) return of.reshape([]);
    const axis = call.axis(call.int("axis", 1), rank);
    if (of.rank !== 1 || of.size !== x.shape[axis])
      call.misshapen("input 1", `have shape [${x.shape[axis]}]`, of.shape);
    return of.reshape([of.size, ...x.shape.slice(axis + 1).map(() => 1)]);
  };
  const { tensor } = floats(call, type, x.shape, x.data);
  const zero = call.optional(2);
  const centred = zero === null ? tensor : sub(tensor, along(floats(call, type, zero.shape, numbersOf(zero)).tensor));
  return new Floats(type, mul(centred, along(scale)));
}
