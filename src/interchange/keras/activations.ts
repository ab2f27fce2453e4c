import { show, UnsupportedError } from "../../base/errors.js";
import type { Json } from "../../base/strict-json.js";
import type { Activation } from "../../nn/functional/activations.js";
import { elu, gelu, leakyRelu, silu } from "../../nn/functional/pointwise.js";
import { add, div, mul } from "../../tensor/ops/arithmetic.js";
import { logSoftmax, softmax } from "../../tensor/ops/softmax.js";
import { clamp, unary } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { JsonObject } from "../json-object.js";
import type { Dialect } from "./dialect.js";

export type ActivationFunction = (x: Tensor) => Tensor;

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

/** Those that mean one thing in every version. Source: keras.activations. */
const FUNCTIONS: Readonly<Record<string, ActivationFunction>> = {
  linear: (x) => x,
  tanh: (x) => unary("tanh", x),
  sigmoid: (x) => unary("sigmoid", x),
  relu: (x) => unary("relu", x),
  relu6: (x) => clamp(x, 0, 6),
  elu: (x) => elu(x),
  selu: (x) => mul(elu(x, SELU_ALPHA), SELU_SCALE),
  gelu: (x) => gelu(x),
  swish: silu,
  silu,
  softplus: (x) => unary("softplus", x),
  softsign: (x) => div(x, add(unary("abs", x), 1)),
  mish: (x) => mul(x, unary("tanh", unary("softplus", x))),
  exponential: (x) => unary("exp", x),
  leaky_relu: (x) => leakyRelu(x, 0.2),
  softmax: (x) => softmax(x, -1),
  log_softmax: (x) => logSoftmax(x, -1),
};

/** x/6 + 1/2 or x/5 + 1/2, limited to [0, 1]. */
function hardSigmoid(sixth: boolean): ActivationFunction {
  return (x) => clamp(add(mul(x, sixth ? 1 / 6 : 0.2), 0.5), 0, 1);
}

/** A field that names an activation: null is none. Keras 3 writes an object where it is a function of someone's own. */
export function activationName(config: JsonObject, key: string, otherwise: string): string {
  const value = config.get(key);
  if (value === undefined) return otherwise;
  return value === null ? "linear" : wordOf(value);
}

function wordOf(value: Json): string {
  if (typeof value === "string") return value;
  const named = value as { class_name?: Json; config?: Json } | null;
  const word = typeof named?.config === "string" ? named.config : named?.class_name;
  return typeof word === "string" ? word : show(value);
}

/** @throws UnsupportedError for one that is unknown */
export function activationOf(op: string, layer: string, name: string, dialect: Dialect): ActivationFunction {
  if (name === "hard_sigmoid") return hardSigmoid(dialect.sixth);
  if (Object.hasOwn(FUNCTIONS, name)) return FUNCTIONS[name];
  const must = `be one of ${[...Object.keys(FUNCTIONS), "hard_sigmoid"].join(", ")}`;
  throw new UnsupportedError({ op, argument: `the activation of ${layer}`, must, value: show(name) });
}

/** What the kernels call it; undefined for one that they do not have. */
export function kernelActivation(name: string, dialect: Dialect): Activation | undefined {
  if (name === "hard_sigmoid") return dialect.sixth ? "hardSigmoid" : undefined;
  return name === "tanh" || name === "sigmoid" || name === "relu" ? name : undefined;
}
