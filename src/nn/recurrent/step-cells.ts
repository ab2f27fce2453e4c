import { checkKnownOptions, checkOneOf, checkPositiveInteger, refusal } from "../../base/check.js";
import { formatShape, misshapen, sameShape } from "../../base/shape.js";
import { type CellKind, GATES } from "../../engine/cells.js";
import { empty, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import { squeeze, unsqueeze } from "../../tensor/ops/shape.js";
import { Tensor } from "../../tensor/tensor.js";
import { BLANK, blank, FILL } from "../deep-copy.js";
import { uniform } from "../init.js";
import { Module } from "../module.js";
import type { Anatomy, Gate, Observable, RunObserver } from "../observable.js";
import { checkBoolean, checkFloatDType, type DTypeOption } from "../options.js";
import { Parameter } from "../parameter.js";
import { checkStep } from "./check-step.js";
import { gruGates, lstmGates, stateGate } from "./gates.js";
import { unrolledLayer } from "./kernel-cells.js";
import type { LSTMState } from "./lstm-stack.js";
import { type LayerRun, recurrentLayer } from "./recurrent-layer.js";

export interface CellOptions extends DTypeOption {
  /** Default true. */
  bias?: boolean | undefined;
}

/** What the step of a subclass is. */
interface StepKind {
  cell: CellKind;
  /** Of the candidate, and of the rnn's h. */
  state: "tanh" | "relu";
  /** In the order of the rows of `weight_hh`. */
  gates: readonly Gate[];
}

/** One step of a recurrence, on the same kernels as whole sequences: for loops of one's own, as decoders have them. */
abstract class StepCell extends Module implements Observable {
  readonly inputSize: number;
  readonly hiddenSize: number;
  weight_ih: Parameter;
  weight_hh: Parameter;
  bias_ih: Parameter | null;
  bias_hh: Parameter | null;
  /** @internal */
  observer: RunObserver | null = null;
  #op: string;
  #kind: StepKind;

  constructor(op: string, kind: StepKind, inputSize: number, hiddenSize: number, options: CellOptions) {
    super();
    const { bias, dtype } = options;
    this.inputSize = checkPositiveInteger(op, "inputSize", inputSize);
    this.hiddenSize = checkPositiveInteger(op, "hiddenSize", hiddenSize);
    const hasBias = checkBoolean(op, "bias", bias ?? true);
    const float = checkFloatDType(op, dtype);
    const rows = GATES[kind.cell] * hiddenSize;
    const bound = 1 / Math.sqrt(hiddenSize);
    const fresh = (...shape: number[]): Parameter => uniform(new Parameter(empty(float, shape)), -bound, bound);
    this.weight_ih = fresh(rows, inputSize);
    this.weight_hh = fresh(rows, hiddenSize);
    this.bias_ih = hasBias ? fresh(rows) : null;
    this.bias_hh = hasBias ? fresh(rows) : null;
    this.#op = `${op}.forward`;
    this.#kind = kind;
  }

  /** @internal */
  override [BLANK](): this {
    return blank(() => Reflect.construct(StepCell, ["", this.#kind, 1, 1, {}], this.constructor) as this);
  }

  /** @internal */
  override [FILL](original: this): void {
    this.#op = original.#op;
    this.#kind = original.#kind;
  }

  /** @internal @param states  h, and the lstm's c, by the names that errors call them */
  protected step(x: Tensor, states: Readonly<Record<string, Tensor | null>>): { h: Tensor; c: Tensor | null } {
    const op = this.#op;
    const { inputSize, hiddenSize } = this;
    checkStep(op, x, inputSize, this.weight_ih.dtype);
    const shape = [...x.shape.slice(0, -1), hiddenSize];
    const lone = x.rank === 1;
    const [h = null, c = null] = Object.entries(states).map(([argument, state]) => {
      if (state === null) return null;
      requireTensor(op, argument, state);
      requireSameDType(op, argument, state, x.dtype);
      if (sameShape(state.shape, shape)) return unsqueeze(lone ? unsqueeze(state, 0) : state, 0);
      const must = `have shape ${formatShape(shape)} (hiddenSize=${hiddenSize})`;
      throw misshapen(op, argument, must, state.shape);
    });
    const next = this.#layer({
      cell: this.#kind.cell,
      x: unsqueeze(lone ? unsqueeze(x, 0) : x, 0),
      batchSizes: [lone ? 1 : x.shape[0]],
      weights: { wIh: this.weight_ih, wHh: this.weight_hh, bIh: this.bias_ih, bHh: this.bias_hh },
      initial: { h, c },
      final: null,
      row: 0,
      reverse: false,
    });
    return lone ? { h: squeeze(next.h, 0), c: next.c && squeeze(next.c, 0) } : next;
  }

  /** @param run  of one step */
  #layer(run: LayerRun): { h: Tensor; c: Tensor | null } {
    if (this.observer === null) return recurrentLayer(run);
    const observe = this.observer(run.initial.h);
    return unrolledLayer(run, {
      gate: "sigmoid",
      state: this.#kind.state,
      resetAfter: true,
      recurrentDropout: 0,
      zoneout: [0, 0],
      training: this.training,
      observe,
    });
  }

  /** @internal */
  get anatomy(): Anatomy {
    return {
      gates: this.#kind.gates,
      numLayers: 1,
      bidirectional: false,
      batchFirst: false,
      returnSequences: true,
      recurrentWeight: () => this.weight_hh.detach(),
    };
  }
}

export interface RNNCellOptions extends CellOptions {
  /** Default tanh. */
  nonlinearity?: "tanh" | "relu" | undefined;
}

/**
 * One step of `RNN`: h' = φ(W_ih x + b_ih + W_hh h + b_hh), φ = tanh or relu.
 * Parameters, uniform in ±1/√H at the start: weight_ih [H, I], weight_hh [H, H], bias_ih and bias_hh [H].
 */
export class RNNCell extends StepCell {
  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}) {
    checkKnownOptions("RNNCell", options, ["bias", "nonlinearity", "dtype"]);
    const nonlinearity = checkOneOf("RNNCell", "nonlinearity", options.nonlinearity ?? "tanh", ["tanh", "relu"]);
    const kind = { cell: `rnn_${nonlinearity}`, state: nonlinearity, gates: stateGate(nonlinearity) } as const;
    super("RNNCell", kind, inputSize, hiddenSize, options);
  }

  /**
   * @param x  [N, I], or [I]
   * @param h  [N, H], or [H]; zeros when left out
   * @returns  h' of h's shape
   */
  forward(x: Tensor, h?: Tensor | null): Tensor {
    return this.step(x, { state: h ?? null }).h;
  }
}

/**
 * One step of `LSTM`; its equations.
 * Parameters, uniform in ±1/√H at the start: weight_ih [4H, I], weight_hh [4H, H], bias_ih and bias_hh [4H], rows i|f|g|o.
 * @example
 * let state = cell.forward(first);           // { h, c }
 * state = cell.forward(second, state);
 */
export class LSTMCell extends StepCell {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    checkKnownOptions("LSTMCell", options, ["bias", "dtype"]);
    super("LSTMCell", { cell: "lstm", state: "tanh", gates: lstmGates() }, inputSize, hiddenSize, options);
  }

  /**
   * @param x      [N, I], or [I]
   * @param state  { h, c } of [N, H] each, or [H]; zeros when left out
   */
  forward(x: Tensor, state?: LSTMState | null): LSTMState {
    const { h, c } = state ?? { h: null, c: null };
    if (state != null && !(h instanceof Tensor && c instanceof Tensor)) {
      const must = "be { h, c } of two tensors";
      throw refusal("LSTMCell.forward", "state", must, state);
    }
    const next = this.step(x, { "state.h": h, "state.c": c });
    return { h: next.h, c: next.c! };
  }
}

/**
 * One step of `GRU`; its equations.
 * Parameters, uniform in ±1/√H at the start: weight_ih [3H, I], weight_hh [3H, H], bias_ih and bias_hh [3H], rows r|z|n.
 */
export class GRUCell extends StepCell {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    checkKnownOptions("GRUCell", options, ["bias", "dtype"]);
    super("GRUCell", { cell: "gru", state: "tanh", gates: gruGates() }, inputSize, hiddenSize, options);
  }

  /**
   * @param x  [N, I], or [I]
   * @param h  [N, H], or [H]; zeros when left out
   * @returns  h' of h's shape
   */
  forward(x: Tensor, h?: Tensor | null): Tensor {
    return this.step(x, { state: h ?? null }).h;
  }
}
