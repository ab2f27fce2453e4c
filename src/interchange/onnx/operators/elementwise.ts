import { defineFunction } from "../../../autograd/function.js";
import { broadcastShapes } from "../../../base/shape.js";
import type { UnaryGradOp } from "../../../engine/engine.js";
import { elu, gelu, leakyRelu } from "../../../nn/functional/pointwise.js";
import { add, compare, div, maximum, minimum, mul, pow, sub, where } from "../../../tensor/ops/arithmetic.js";
import { fromHost } from "../../../tensor/ops/raw.js";
import { clamp, neg, step, unary } from "../../../tensor/ops/unary.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { Call, Operator } from "../call.js";
import { broadcastIndex, Floats, Host, type HostType, hostOf, numbersOf, type Value, wrapped } from "../value.js";

/** A function of one float, and where it has one what it does to integers. */
function ofOne(float: (x: Tensor, call: Call) => Tensor, int?: (x: number, call: Call) => number): Operator {
  return (call) => {
    const x = call.value(0);
    if (x instanceof Floats) return new Floats(x.type, float(x.tensor, call));
    if (int === undefined) return call.fail("input 0", "hold floats", x.type);
    return mapped(x, (value) => int(value, call));
  };
}

export function mapped(x: Host, f: (value: number) => number, type: HostType = x.type): Host {
  return hostOf(
    type,
    x.shape,
    x.data.map((value) => wrapped(type, f(value))),
  );
}

const kernel = (op: UnaryGradOp) => ofOne((x) => unary(op, x));

/** Functions that the engine has not: by JavaScript's own, with the slope as operations. */
function ofMath(name: string, f: (x: number) => number, slope: (x: Tensor) => Tensor): Operator {
  const run = defineFunction({
    name,
    forward(ctx, x: Tensor): Tensor {
      ctx.saveForBackward(x);
      return fromHost(x.data().map(f), x.shape);
    },
    backward: (ctx, dOut) => mul(dOut, slope(ctx.savedTensors[0])),
  });
  return ofOne((x) => run(x));
}

const square = (x: Tensor): Tensor => unary("square", x);
const rsqrt = (x: Tensor): Tensor => unary("rsqrt", x);
const isPositive = (x: Tensor): Tensor => compare("gt", x, 0);
const softsign = (x: Tensor): Tensor => div(x, add(unary("abs", x), 1));

const SELU_ALPHA = 1.6732631921768188;
const SELU_GAMMA = 1.0507010221481323;

/** Outside the limits a constant; inside a line. */
const hardSigmoid = (x: Tensor, alpha: number, beta: number): Tensor => clamp(add(mul(x, alpha), beta), 0, 1);

function shrink(x: Tensor, bias: number, lambd: number): Tensor {
  const above = where(compare("gt", x, lambd), sub(x, bias), 0);
  return where(compare("lt", x, -lambd), add(x, bias), above);
}

export const UNARY: Readonly<Record<string, Operator>> = {
  Abs: ofOne((x) => unary("abs", x), Math.abs),
  Neg: ofOne(neg, (x) => -x),
  Sign: ofOne((x) => step("sign", x), Math.sign),
  Floor: ofOne((x) => step("floor", x)),
  Ceil: ofOne((x) => step("ceil", x)),
  Round: ofOne((x) => step("round", x)),
  Exp: kernel("exp"),
  Log: kernel("log"),
  Sqrt: kernel("sqrt"),
  Reciprocal: kernel("reciprocal"),
  Sin: kernel("sin"),
  Cos: kernel("cos"),
  Tanh: kernel("tanh"),
  Sigmoid: kernel("sigmoid"),
  Relu: ofOne(
    (x) => unary("relu", x),
    (x) => Math.max(x, 0),
  ),
  Softplus: kernel("softplus"),
  Erf: kernel("erf"),
  Tan: ofMath("tan", Math.tan, (x) => unary("reciprocal", square(unary("cos", x)))),
  Sinh: ofMath("sinh", Math.sinh, (x) => mul(add(unary("exp", x), unary("exp", neg(x))), 0.5)),
  Cosh: ofMath("cosh", Math.cosh, (x) => mul(sub(unary("exp", x), unary("exp", neg(x))), 0.5)),
  Asin: ofMath("asin", Math.asin, (x) => rsqrt(sub(1, square(x)))),
  Acos: ofMath("acos", Math.acos, (x) => neg(rsqrt(sub(1, square(x))))),
  Atan: ofMath("atan", Math.atan, (x) => unary("reciprocal", add(square(x), 1))),
  Asinh: ofMath("asinh", Math.asinh, (x) => rsqrt(add(square(x), 1))),
  Acosh: ofMath("acosh", Math.acosh, (x) => rsqrt(sub(square(x), 1))),
  Atanh: ofMath("atanh", Math.atanh, (x) => unary("reciprocal", sub(1, square(x)))),
  Softsign: ofOne(softsign),
  Elu: ofOne((x, call) => elu(x, call.float("alpha", 1))),
  LeakyRelu: ofOne((x, call) => leakyRelu(x, call.float("alpha", 0.01))),
  ThresholdedRelu: ofOne((x, call) => where(compare("gt", x, call.float("alpha", 1)), x, 0)),
  Selu: ofOne((x, call) => mul(elu(x, call.float("alpha", SELU_ALPHA)), call.float("gamma", SELU_GAMMA))),
  Celu: ofOne((x, call) => {
    const alpha = call.float("alpha", 1);
    return add(maximum(x, 0), minimum(mul(unary("expm1", div(x, alpha)), alpha), 0));
  }),
  HardSigmoid: ofOne((x, call) => hardSigmoid(x, call.float("alpha", 0.2), call.float("beta", 0.5))),
  HardSwish: ofOne((x) => mul(x, hardSigmoid(x, 1 / 6, 0.5))),
  Mish: ofOne((x) => mul(x, unary("tanh", unary("softplus", x)))),
  Swish: ofOne((x, call) => mul(x, unary("sigmoid", mul(x, call.float("alpha", 1))))),
  Gelu: ofOne((x, call) => gelu(x, call.oneOf<"none" | "tanh">("approximate", ["none", "tanh"], "none"))),
  Shrink: ofOne((x, call) => shrink(x, call.float("bias", 0), call.float("lambd", 0.5))),
  BitwiseNot: ofOne(
    (_, call) => call.fail("input 0", "hold integers", "floats"),
    (x) => -x - 1,
  ),
  PRelu: (call) => {
    const x = call.tensor(0);
    return call.like(0, where(isPositive(x), x, mul(x, call.tensor(1))));
  },
  Clip: clip,
};

/** Limits are attributes up to opset 10, inputs from 11 on. */
function clip(call: Call): Value {
  const limit = (place: number, name: string): number | undefined => {
    if (call.has(place)) return call.number(place);
    return call.hasAttribute(name) ? call.float(name) : undefined;
  };
  const [low, high] = [limit(1, "min"), limit(2, "max")];
  const x = call.value(0);
  if (low === undefined && high === undefined) return x;
  // The upper limit wins where they cross, as the operator's page has it.
  if (x instanceof Host) return mapped(x, (value) => Math.min(Math.max(value, low ?? -Infinity), high ?? Infinity));
  const above = low === undefined ? x.tensor : clamp(x.tensor, low, undefined);
  return new Floats(x.type, high === undefined ? above : clamp(above, undefined, high));
}

/** Two operands of one kind, broadcast. */
export function ofTwo(
  call: Call,
  a: Value,
  b: Value,
  float: (a: Tensor, b: Tensor) => Tensor,
  int: (a: number, b: number) => number,
): Value {
  if (a instanceof Floats && b instanceof Floats) return new Floats(a.type, float(a.tensor, b.tensor));
  if (a instanceof Host && b instanceof Host) return paired(call, a, b, a.type, int);
  return call.fail("the inputs", "be of one type", `${a.type} and ${b.type}`);
}

export function paired(
  call: Call,
  a: { shape: readonly number[]; data: ArrayLike<number> },
  b: { shape: readonly number[]; data: ArrayLike<number> },
  type: HostType,
  f: (a: number, b: number) => number,
): Host {
  const shape = broadcastShapes(call.node.op, a.shape, b.shape);
  const [left, right] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)];
  const out = new Float64Array(left.length);
  for (let i = 0; i < out.length; i++) out[i] = wrapped(type, f(a.data[left[i]], b.data[right[i]]));
  return hostOf(type, shape, out);
}

const binary =
  (float: (a: Tensor, b: Tensor) => Tensor, int: (a: number, b: number) => number): Operator =>
  (call) =>
    ofTwo(call, call.value(0), call.value(1), float, int);

const variadic =
  (float: (a: Tensor, b: Tensor) => Tensor, int: (a: number, b: number) => number): Operator =>
  (call) => {
    let sum = call.value(0);
    for (let i = 1; i < call.inputs.length; i++) sum = ofTwo(call, sum, call.value(i), float, int);
    return sum;
  };

/** Towards zero. */
function truncated(x: Tensor): Tensor {
  return mul(step("sign", x), step("floor", unary("abs", x)));
}

const noFloats = (): never => {
  throw new TypeError("unreachable");
};

const integers =
  (f: (a: number, b: number) => number): Operator =>
  (call) =>
    ofTwo(call, call.host(0), call.host(1), noFloats, f);

export const BINARY: Readonly<Record<string, Operator>> = {
  Add: binary(add, (a, b) => a + b),
  Sub: binary(sub, (a, b) => a - b),
  Mul: binary(mul, (a, b) => a * b),
  Div: (call) =>
    ofTwo(call, call.value(0), call.value(1), div, (a, b) =>
      b === 0 ? call.fail("input 1", "not be 0", "0 among its integers") : Math.trunc(a / b),
    ),
  Mod: (call) => {
    const byDividend = call.flag("fmod");
    return ofTwo(
      call,
      call.value(0),
      call.value(1),
      (a, b) => sub(a, mul(b, truncated(div(a, b)))),
      (a, b) => {
        if (b === 0) return call.fail("input 1", "not be 0", "0 among its integers");
        const rest = a % b;
        return byDividend || rest === 0 || rest < 0 === b < 0 ? rest : rest + b;
      },
    );
  },
  Pow: power,
  Max: variadic(maximum, Math.max),
  Min: variadic(minimum, Math.min),
  Sum: variadic(add, (a, b) => a + b),
  Mean: (call) => {
    const tensors = call.inputs.map((_, place) => call.tensor(place));
    return call.like(0, div(tensors.reduce(add), call.inputs.length));
  },
  BitShift: (call) => {
    const left = call.oneOf("direction", ["LEFT", "RIGHT"], "LEFT") === "LEFT";
    return integers((a, b) => (left ? a * 2 ** b : Math.floor(a / 2 ** b)))(call);
  },
  BitwiseAnd: integers((a, b) => Number(BigInt(a) & BigInt(b))),
  BitwiseOr: integers((a, b) => Number(BigInt(a) | BigInt(b))),
  BitwiseXor: integers((a, b) => Number(BigInt(a) ^ BigInt(b))),
};

/** The base decides the type; the exponent may be of any. */
function power(call: Call): Value {
  const [base, exponent] = [call.value(0), call.value(1)];
  if (base instanceof Host) {
    return paired(call, base, { shape: exponent.shape, data: numbersOf(exponent) }, base.type, (a, b) =>
      Math.trunc(a ** b),
    );
  }
  if (exponent instanceof Host && exponent.data.length === 1)
    return new Floats(base.type, pow(base.tensor, exponent.data[0]));
  const by = exponent instanceof Floats ? exponent.tensor : fromHost(Float32Array.from(exponent.data), exponent.shape);
  return new Floats(base.type, pow(base.tensor, by));
}
