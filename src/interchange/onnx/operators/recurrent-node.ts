import { FormatError } from "../../../base/errors.js";
import { formatShape } from "../../../base/shape.js";
import { transpose } from "../../../tensor/ops/shape.js";
import { select } from "../../../tensor/ops/slice.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { Call } from "../call.js";

export type RecurrentKind = "rnn" | "lstm" | "gru";

/** A function of a gate, with the two numbers that some have. */
export interface GateFunction {
  /** In small letters. */
  readonly name: string;
  readonly alpha: number;
  readonly beta: number;
}

/** One direction of a node, in ONNX's layout and gate order: i|o|f|c, z|r|h. */
export interface Direction {
  readonly index: number;
  readonly reverse: boolean;
  /** [G·H, I], [G·H, H] */
  readonly w: Tensor;
  readonly r: Tensor;
  /** [2·G·H], the input's and then the state's; null for none. */
  readonly bias: Tensor | null;
  /** [3·H] of i, o and f; null for none. */
  readonly peepholes: Tensor | null;
  /** [N, H]; null for zeros. */
  readonly h0: Tensor | null;
  readonly c0: Tensor | null;
  readonly functions: readonly GateFunction[];
}

/** What a node of RNN, LSTM or GRU says, checked. */
export interface RecurrentNode {
  readonly kind: RecurrentKind;
  /** [L, N, I] */
  readonly x: Tensor;
  readonly hiddenSize: number;
  readonly directions: readonly Direction[];
  /** Of each sequence; null where all are as long as x. */
  readonly lengths: readonly number[] | null;
  readonly clip: number | null;
  readonly linearBeforeReset: boolean;
  readonly inputForget: boolean;
}

const GATES: Readonly<Record<RecurrentKind, number>> = { rnn: 1, lstm: 4, gru: 3 };
const DEFAULTS: Readonly<Record<RecurrentKind, readonly string[]>> = {
  rnn: ["tanh"],
  lstm: ["sigmoid", "tanh", "tanh"],
  gru: ["sigmoid", "tanh"],
};

/** [alpha, beta] where the node gives none; null for what takes none. Source: onnxruntime's defaults, where ONNX names none. */
const NUMBERS: Readonly<Record<string, readonly [alpha: number | null, beta: number | null]>> = {
  relu: [null, null],
  tanh: [null, null],
  sigmoid: [null, null],
  softsign: [null, null],
  softplus: [null, null],
  affine: [1, 0],
  leakyrelu: [0.01, null],
  thresholdedrelu: [1, null],
  scaledtanh: [1, 1],
  hardsigmoid: [0.2, 0.5],
  elu: [1, null],
};

export function recurrentNode(call: Call, kind: RecurrentKind): RecurrentNode {
  const batchFirst = call.flag("layout");
  call.requireRank(0, 3, batchFirst ? "[N, L, I]" : "[L, N, I]");
  const x = batchFirst ? transpose(call.tensor(0), 0, 1) : call.tensor(0);
  const [seqLen, batch, inputSize] = x.shape as [number, number, number];
  if (seqLen === 0 || batch === 0) call.misshapen("input 0", "have one step and one sequence at least", x.shape);
  const direction = call.oneOf("direction", ["forward", "reverse", "bidirectional"], "forward");
  const count = direction === "bidirectional" ? 2 : 1;
  const hiddenSize = call.hasAttribute("hidden_size")
    ? call.positiveInt("hidden_size")
    : (call.tensor(2).shape[2] ?? 0);
  const rows = GATES[kind] * hiddenSize;
  const given = (place: number, name: string, shape: readonly number[]): Tensor | null => {
    const tensor = call.optionalTensor(place);
    if (tensor === null || `${tensor.shape}` === `${shape}`) return tensor;
    return call.misshapen(name, `have shape ${formatShape(shape)}`, tensor.shape);
  };
  const w = given(1, "W", [count, rows, inputSize]) ?? call.fail("W", "be given", "none");
  const r = given(2, "R", [count, rows, hiddenSize]) ?? call.fail("R", "be given", "none");
  const bias = given(3, "B", [count, 2 * rows]);
  const stateShape = batchFirst ? [batch, count, hiddenSize] : [count, batch, hiddenSize];
  const state = (place: number, name: string): Tensor | null => {
    const tensor = given(place, name, stateShape);
    return tensor !== null && batchFirst ? transpose(tensor, 0, 1) : tensor;
  };
  const h0 = state(5, "initial_h");
  const c0 = kind === "lstm" ? state(6, "initial_c") : null;
  const peepholes = kind === "lstm" ? given(7, "P", [count, 3 * hiddenSize]) : null;
  const functions = functionsOf(call, kind, count);
  const at = (tensor: Tensor | null, i: number): Tensor | null => tensor && select(tensor, 0, i);
  return {
    kind,
    x,
    hiddenSize,
    lengths: lengthsOf(call, seqLen, batch),
    clip: call.hasAttribute("clip") && call.float("clip") > 0 ? call.float("clip") : null,
    linearBeforeReset: kind === "gru" && call.flag("linear_before_reset"),
    inputForget: kind === "lstm" && call.flag("input_forget"),
    directions: Array.from({ length: count }, (_, i) => ({
      index: i,
      reverse: direction === "reverse" || i === 1,
      w: select(w, 0, i),
      r: select(r, 0, i),
      bias: at(bias, i),
      peepholes: at(peepholes, i),
      h0: at(h0, i),
      c0: at(c0, i),
      functions: functions[i],
    })),
  };
}

function lengthsOf(call: Call, seqLen: number, batch: number): number[] | null {
  const lengths = call.optionalInts(4);
  if (lengths === null) return null;
  if (lengths.length !== batch || lengths.some((length) => length < 0 || length > seqLen)) {
    call.fail("sequence_lens", `be ${batch} lengths in [0, ${seqLen}]`, `[${lengths}]`);
  }
  return lengths.every((length) => length === seqLen) ? null : lengths;
}

/** Alphas and betas go to those that take one, in the order of the functions. */
function functionsOf(call: Call, kind: RecurrentKind, directions: number): GateFunction[][] {
  const perDirection = DEFAULTS[kind].length;
  const names = call.stringList("activations") ?? Array.from({ length: directions }, () => DEFAULTS[kind]).flat();
  if (names.length !== perDirection * directions) {
    call.fail("attribute activations", `name ${perDirection * directions} functions`, `${names.length}`);
  }
  const alphas = (call.floatList("activation_alpha") ?? []).values();
  const betas = (call.floatList("activation_beta") ?? []).values();
  const all = names.map((given) => {
    const name = given.toLowerCase();
    const numbers = Object.hasOwn(NUMBERS, name) ? NUMBERS[name] : undefined;
    if (numbers === undefined) {
      const must = `be of ${Object.keys(NUMBERS).join(", ")}`;
      throw new FormatError({ op: call.node.op, argument: "attribute activations", must, value: given });
    }
    const [alpha, beta] = numbers;
    return {
      name,
      alpha: alpha === null ? 0 : (alphas.next().value ?? alpha),
      beta: beta === null ? 0 : (betas.next().value ?? beta),
    };
  });
  return Array.from({ length: directions }, (_, i) => all.slice(i * perDirection, (i + 1) * perDirection));
}
