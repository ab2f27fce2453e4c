import { elu, leakyRelu, softplus } from "../../../nn/functional/pointwise.js";
import { add, compare, div, mul, sub, where } from "../../../tensor/ops/arithmetic.js";
import { stack } from "../../../tensor/ops/join.js";
import { linear } from "../../../tensor/ops/matmul.js";
import { filled } from "../../../tensor/ops/raw.js";
import { narrow, select } from "../../../tensor/ops/slice.js";
import { clamp, unary } from "../../../tensor/ops/unary.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { indexTensor } from "../value.js";
import type { DirectionResult } from "./recurrent-kernel.js";
import type { Direction, GateFunction, RecurrentNode } from "./recurrent-node.js";

/** By the names of ONNX in small letters. */
const FUNCTIONS: Readonly<Record<string, (x: Tensor, alpha: number, beta: number) => Tensor>> = {
  relu: (x) => unary("relu", x),
  tanh: (x) => unary("tanh", x),
  sigmoid: (x) => unary("sigmoid", x),
  softsign: (x) => div(x, add(unary("abs", x), 1)),
  softplus: (x) => softplus(x),
  affine: (x, alpha, beta) => add(mul(x, alpha), beta),
  leakyrelu: (x, alpha) => leakyRelu(x, alpha),
  thresholdedrelu: (x, alpha) => where(compare("ge", x, alpha), x, 0),
  scaledtanh: (x, alpha, beta) => mul(unary("tanh", mul(x, beta)), alpha),
  hardsigmoid: (x, alpha, beta) => clamp(add(mul(x, alpha), beta), 0, 1),
  elu: (x, alpha) => elu(x, alpha),
};

interface State {
  h: Tensor;
  c: Tensor | null;
}

/** Step t: from the input's part of the gates, [N, G·H], and the state before. */
type Step = (x: Tensor, state: State) => State;

/** What no kernel does: other functions, limits, peepholes, reset before the product. Step by step, with tensor operations. */
export function bySteps(node: RecurrentNode, direction: Direction): DirectionResult {
  const { x, lengths, hiddenSize, kind } = node;
  const [seqLen, batch] = x.shape as [number, number, number];
  const zeros = () => filled(x.dtype, [batch, hiddenSize], 0);
  const { w, bias, reverse } = direction;
  const rows = w.shape[0];
  const gates = linear(x, w, bias && narrow(bias, 0, 0, rows));
  const step = STEPS[kind](node, direction);
  let state: State = { h: direction.h0 ?? zeros(), c: kind === "lstm" ? (direction.c0 ?? zeros()) : null };
  const ys = new Array<Tensor>(seqLen);
  const none = zeros();
  for (let i = 0; i < seqLen; i++) {
    const t = reverse ? seqLen - 1 - i : i;
    const next = step(select(gates, 0, t), state);
    if (lengths === null) {
      state = next;
      ys[t] = next.h;
      continue;
    }
    // Past its end a sequence waits: from the back, that is before it begins.
    const runs = indexTensor(
      [batch, 1],
      lengths.map((length) => (t < length ? 1 : 0)),
    );
    state = { h: where(runs, next.h, state.h), c: next.c && where(runs, next.c, state.c!) };
    ys[t] = where(runs, next.h, none);
  }
  return { y: stack(ys), ...state };
}

const STEPS: Readonly<Record<RecurrentNode["kind"], (node: RecurrentNode, direction: Direction) => Step>> = {
  rnn: rnnStep,
  lstm: lstmStep,
  gru: gruStep,
};

/** The limit holds for what a gate's function gets. */
function functionOf({ name, alpha, beta }: GateFunction, clip: number | null): (x: Tensor) => Tensor {
  const f = FUNCTIONS[name];
  return (x) => f(clip === null ? x : clamp(x, -clip, clip), alpha, beta);
}

/** The state's bias, of gates `from` to `to`. */
function stateBias({ bias, w }: Direction, hidden: number, from: number, to: number): Tensor | null {
  return bias && narrow(bias, 0, w.shape[0] + from * hidden, (to - from) * hidden);
}

/** h = f(W x + b + R h + b) */
function rnnStep({ clip, hiddenSize }: RecurrentNode, direction: Direction): Step {
  const f = functionOf(direction.functions[0], clip);
  const bias = stateBias(direction, hiddenSize, 0, 1);
  return (x, { h }) => ({ h: f(add(x, linear(h, direction.r, bias))), c: null });
}

/** i, f = f(.. + P c)   c' = f ⊙ c + i ⊙ g(..)   o = f(.. + P c')   h' = o ⊙ h(c'); f = 1 - i where they are coupled. */
function lstmStep({ clip, hiddenSize, inputForget }: RecurrentNode, direction: Direction): Step {
  const [gate, candidate] = direction.functions.map((f) => functionOf(f, clip)) as [F, F];
  // The limit is for gates: the state itself goes on as it is, in onnxruntime too.
  const output = functionOf(direction.functions[2], null);
  const bias = stateBias(direction, hiddenSize, 0, 4);
  const { peepholes, r } = direction;
  const look = (x: Tensor, c: Tensor, k: number): Tensor =>
    peepholes === null ? x : add(x, mul(narrow(peepholes, 0, k * hiddenSize, hiddenSize), c));
  return (x, { h, c }) => {
    const sum = add(x, linear(h, r, bias));
    const [ai, ao, af, ac] = [0, 1, 2, 3].map((k) => narrow(sum, 1, k * hiddenSize, hiddenSize)) as Four;
    const i = gate(look(ai, c!, 0));
    const f = inputForget ? sub(1, i) : gate(look(af, c!, 2));
    const next = add(mul(f, c!), mul(i, candidate(ac)));
    const o = gate(look(ao, next, 1));
    return { h: mul(o, output(next)), c: next };
  };
}

type F = (x: Tensor) => Tensor;
type Four = [Tensor, Tensor, Tensor, Tensor];

/** z, r = f(..)   n = g(W x + R (r ⊙ h) + b), or with linear_before_reset g(W x + r ⊙ (R h + b))   h' = (1 - z) ⊙ n + z ⊙ h */
function gruStep({ clip, hiddenSize, linearBeforeReset }: RecurrentNode, direction: Direction): Step {
  const [gate, candidate] = direction.functions.map((f) => functionOf(f, clip)) as [F, F];
  const { r: weights } = direction;
  const two = narrow(weights, 0, 0, 2 * hiddenSize);
  const third = narrow(weights, 0, 2 * hiddenSize, hiddenSize);
  const [biasTwo, biasThird] = [stateBias(direction, hiddenSize, 0, 2), stateBias(direction, hiddenSize, 2, 3)];
  return (x, { h }) => {
    const sum = gate(add(narrow(x, 1, 0, 2 * hiddenSize), linear(h, two, biasTwo)));
    const [z, r] = [narrow(sum, 1, 0, hiddenSize), narrow(sum, 1, hiddenSize, hiddenSize)];
    const own = linearBeforeReset ? mul(r, linear(h, third, biasThird)) : linear(mul(r, h), third, biasThird);
    const n = candidate(add(narrow(x, 1, 2 * hiddenSize, hiddenSize), own));
    return { h: add(mul(sub(1, z), n), mul(z, h)), c: null };
  };
}
