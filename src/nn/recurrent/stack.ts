import { checkKnownOptions } from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { matmul } from "../../tensor/ops/matmul.js";
import { empty } from "../../tensor/ops/raw.js";
import { select } from "../../tensor/ops/slice.js";
import type { Tensor } from "../../tensor/tensor.js";
import { BLANK, blank, type Copies, deepCopy, FILL } from "../deep-copy.js";
import { orthogonal, uniform } from "../init.js";
import { Module } from "../module.js";
import type { Anatomy, Observable, RunObserver } from "../observable.js";
import type { FloatDType } from "../options.js";
import { Parameter } from "../parameter.js";
import { oneStep } from "../table-rows/shared-rows.js";
import { type Cell, type LayerSizes, layerParameters } from "./cell.js";
import { checkStep } from "./check-step.js";
import { LayerParameters } from "./layer-parameters.js";
import type { Lengths } from "./lengths.js";
import type { MergeMode } from "./merge.js";
import { type CellStackOptions, checkStackOptions } from "./options.js";
import {
  PackedSequence,
  packingOf,
  refuseLengths,
  refuseOptionsAsState,
  requireBatch,
  requirePackedInput,
} from "./packed-sequence.js";
import { kernelSizes } from "./recurrent-layer.js";
import { packRows, padRows } from "./rnn-utils.js";
import { isQuiet } from "./step-rates.js";
import { checkInput, type StackResult, type StackRun, walkStack } from "./walk.js";

export interface SequenceOptions {
  /** Of the sequences in a padded batch, each in [1, L]. Steps beyond cost nothing, and y is zero there. Default: all L. */
  lengths?: Lengths | undefined;
}

const NO_OPTIONS: SequenceOptions = {};

/**
 * The recurrent modules: layers of one `Cell`, with all options, parameters and the walk through the layers. `S` is what they carry: h,
 * or h and c.
 *
 * Parameters of layer k are called `{name}_l{k}`, the backward direction's `{name}_l{k}_reverse`; uniform in ±1/√H at the start unless
 * the cell says otherwise. Those of `RNN`, `LSTM` and `GRU`: `weight_ih_l{k}` [G·H, I] (I is D·H above the first layer),
 * `weight_hh_l{k}` [G·H, H], `bias_ih_l{k}` and `bias_hh_l{k}` [G·H].
 */
export abstract class Recurrent<S> extends Module implements Observable {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly projSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly bidirectional: boolean;
  readonly mergeMode: MergeMode;
  readonly returnSequences: boolean;
  readonly stateful: boolean;
  readonly residual: boolean;
  /** Probability between layers. */
  dropout: number;
  /** Probability inside the recurrence. */
  recurrentDropout: number;
  /** Probability of each state, h first. */
  readonly zoneout: readonly number[];
  /** @internal */
  observer: RunObserver | null = null;
  #cell: Cell;
  #op: string;
  #layers: readonly LayerParameters[];
  #dtype: FloatDType;
  /** The name of a parameter that no option leaves out, where the cell has one. */
  #lasting: string | undefined;
  #zeros: readonly null[];
  #kept: readonly (Tensor | null)[];

  /** @param ownOptions  names of the options that the subclass reads itself */
  constructor(
    cell: Cell,
    inputSize: number,
    hiddenSize: number,
    options: CellStackOptions,
    ownOptions: readonly string[] = [],
  ) {
    super();
    const checked = checkStackOptions(cell, { inputSize, hiddenSize }, options, ownOptions);
    this.inputSize = checked.inputSize;
    this.hiddenSize = checked.hiddenSize;
    this.projSize = checked.projSize;
    this.numLayers = checked.numLayers;
    this.bias = checked.bias;
    this.batchFirst = checked.batchFirst;
    this.bidirectional = checked.bidirectional;
    this.mergeMode = checked.mergeMode;
    this.returnSequences = checked.returnSequences;
    this.stateful = checked.stateful;
    this.residual = checked.residual;
    this.dropout = checked.dropout;
    this.recurrentDropout = checked.rates.recurrentDropout;
    this.zoneout = checked.rates.zoneout;
    this.#cell = cell;
    this.#op = `${cell.name}.forward`;
    this.#zeros = new Array<null>(cell.states).fill(null);
    this.#kept = this.#zeros;
    const directions = this.bidirectional ? 2 : 1;
    this.#layers = this.#ownLayers();
    for (const [row, layer] of this.#layers.entries()) {
      this.#addParameters(layer, row < directions, checked.dtype, checked.isOrthogonal);
    }
    this.#dtype = checked.dtype;
    this.#lasting = Object.keys(cell.parameters(this.#sizes)).find((name) => !name.startsWith("bias"));
  }

  #ownLayers(): LayerParameters[] {
    const directions = this.bidirectional ? 2 : 1;
    return Array.from({ length: this.numLayers * directions }, (_, row) => {
      const suffix = `_l${Math.floor(row / directions)}${row % directions === 1 ? "_reverse" : ""}`;
      return new LayerParameters(this, suffix);
    });
  }

  /** @internal */
  override [BLANK](): this {
    return blank(() => Reflect.construct(Recurrent, [this.#cell, 1, 1, {}], this.constructor) as this);
  }

  /** @internal */
  override [FILL](original: this, copies: Copies): void {
    this.#cell = original.#cell;
    this.#op = original.#op;
    this.#dtype = original.#dtype;
    this.#lasting = original.#lasting;
    this.#zeros = original.#zeros;
    this.#layers = this.#ownLayers();
    const kept = original.#kept;
    this.#kept = kept === original.#zeros ? this.#zeros : deepCopy(kept, this.constructor.name, copies);
  }

  get #sizes(): LayerSizes {
    const { inputSize, hiddenSize, projSize } = this;
    return { inputSize, hiddenSize, outputSize: projSize || hiddenSize };
  }

  #addParameters(layer: LayerParameters, isFirst: boolean, dtype: FloatDType, isOrthogonal: boolean): void {
    const own = this as unknown as Record<string, Parameter>;
    const { hiddenSize } = this;
    const sizes = this.#sizes;
    const sides = this.bidirectional && this.mergeMode === "concat" ? 2 : 1;
    const inputSize = isFirst ? sizes.inputSize : sides * sizes.outputSize;
    const bound = 1 / Math.sqrt(hiddenSize);
    for (const [name, { shape, init }] of Object.entries(layerParameters(this.#cell, { ...sizes, inputSize }))) {
      if (!this.bias && name.startsWith("bias")) continue;
      const parameter = new Parameter(empty(dtype, shape));
      if (init === undefined) uniform(parameter, -bound, bound);
      else init(parameter);
      if (isOrthogonal && name === this.#cell.recurrent) fillGates(parameter, shape[0] / hiddenSize);
      own[layer.nameOf(name)] = parameter;
    }
  }

  /** A state as the cell's own, h first. @param op  for errors @throws OptionError for what is none */
  protected abstract statesOf(state: S, op: string): readonly Tensor[];

  protected abstract stateFrom(states: readonly Tensor[]): S;

  /**
   * @param x        [L, N, I], or [N, L, I] with batchFirst, or a single sequence [L, I]; packed sequences go to `forwardPacked`
   * @param state    of shape [D·K, N, H], or [D·K, H] for a single sequence; zeros when left out
   * @param options  lengths of the sequences in a padded batch: steps beyond cost nothing, and y is zero there
   * @returns        y [L, N, D·H] (the last layer's h at every step) and each sequence's state after its last step (backwards: its first)
   * @throws ShapeError, DTypeError when x or state do not fit; OptionError for lengths outside [1, L]
   */
  forward(x: Tensor, state?: S | null, options: SequenceOptions = NO_OPTIONS): readonly [Tensor, S] {
    if (options !== NO_OPTIONS) checkKnownOptions(this.#op, options, ["lengths"]);
    refuseOptionsAsState(this.#op, state);
    const { lengths } = options;
    // The types send packed sequences to forwardPacked: with two signatures, the loop that carries a state would not infer its type.
    if ((x as unknown) instanceof PackedSequence) {
      refuseLengths(this.#op, lengths);
      return this.#packed(x as never, state) as never;
    }
    const run = this.#run(x, state);
    const { y, states } = lengths === undefined ? walkStack(run) : this.#runLengths(run, lengths);
    return [y, this.#carry(states)];
  }

  /**
   * `forward` for sequences of many lengths, packed: PyTorch's `lstm(packed)`.
   * @param x      of [R, I]
   * @param state  of shape [D·K, N, H], in the order in which the sequences were given; zeros when left out
   * @returns      y, packed as x is, and each sequence's state after its own last step (backwards: its first), in the same order
   * @throws ShapeError, DTypeError when x or state do not fit; OptionError when x is not packed, or returnSequences is false
   */
  forwardPacked(x: PackedSequence, state?: S | null): readonly [PackedSequence, S] {
    requirePackedInput(`${this.#op}Packed`, x);
    return this.#packed(x, state);
  }

  /**
   * One time step, for streams.
   * @param x      [N, I], or [I]
   * @param state  of shape [D·K, N, H], or [D·K, H]; zeros when left out
   * @returns      y [N, D·H], or [D·H], and the next state
   * @throws ShapeError, DTypeError when x or state do not fit
   */
  step(x: Tensor, state?: S | null): readonly [Tensor, S] {
    checkStep(`${this.#cell.name}.step`, x, this.inputSize, this.#parametersType());
    const axis = this.batchFirst && x.rank > 1 ? 1 : 0;
    const [y, next] = this.forward(oneStep(x, axis), state);
    return [this.returnSequences ? select(y, axis, 0) : y, next];
  }

  #packed(x: PackedSequence, state: S | null | undefined): readonly [PackedSequence, S] {
    if (!this.returnSequences) {
      throw new OptionError({
        op: this.#op,
        argument: "input",
        must: "be a tensor when returnSequences is false",
        value: "a PackedSequence",
        fix: "Pass a padded tensor with { lengths }, or take the last states.",
      });
    }
    const { data, batchSizes, sortedIndices: order } = x;
    const { y, states } = walkStack({ ...this.#run(data, state), batchSizes, order });
    return [x.with(y), this.#carry(states)];
  }

  #run(x: Tensor, state: S | null | undefined): StackRun {
    const kernel = this.#kernel();
    return {
      op: this.#op,
      cell: this.#cell,
      x,
      initial: state == null ? this.#kept : this.statesOf(state, this.#op),
      kept: state == null && this.#kept !== this.#zeros,
      sizes: kernel === null ? this.#sizes : kernelSizes(kernel.kind, kernel.weights[0]),
      dtype: kernel === null ? this.#parametersType() : kernel.weights[0].wIh.dtype,
      weights: this.#layers,
      kernel,
      bidirectional: this.bidirectional,
      mergeMode: this.mergeMode,
      residual: this.residual,
      batchFirst: this.batchFirst,
      dropout: this.dropout,
      training: this.training,
      rates: this,
      observer: this.observer,
      returnSequences: this.returnSequences,
    };
  }

  #parametersType(): Tensor["dtype"] {
    return (this.#lasting === undefined ? null : this.#layers[0].get(this.#lasting))?.dtype ?? this.#dtype;
  }

  /** Null while steps are taken one by one. */
  #kernel(): StackRun["kernel"] {
    const kind = this.#cell.kernel ?? null;
    if (kind === null || this.observer !== null || !isQuiet(this, this.training)) return null;
    const isProjected = this.projSize > 0;
    return { kind, weights: this.#layers.map((layer) => layer.forKernel(isProjected)) };
  }

  #carry(states: readonly Tensor[]): S {
    if (this.stateful) this.#kept = states.map((state) => state.detach().retain());
    return this.stateFrom(states);
  }

  /** Begins again with zeros, where `stateful` has kept the last state. */
  resetState(): void {
    this.#kept = this.#zeros;
  }

  #runLengths(run: StackRun, lengths: Lengths): StackResult {
    const { op, x, batchFirst } = run;
    checkInput(run);
    requireBatch(op, x);
    const [batch, longest] = batchFirst ? x.shape : [x.shape[1], x.shape[0]];
    const packing = packingOf(op, lengths, batch, longest);
    if (packing.lengths.every((length) => length === longest)) return walkStack(run);
    const { batchSizes, order } = packing;
    const { y, states } = walkStack({ ...run, x: packRows(x, packing, batchFirst), batchSizes, order });
    return { y: run.returnSequences ? padRows(y, packing, longest, batchFirst) : y, states };
  }

  /** @internal */
  get anatomy(): Anatomy {
    const { numLayers, bidirectional, batchFirst, returnSequences } = this;
    const { gates = [], recurrent } = this.#cell;
    const recurrentWeight = (row: number): Tensor | null => {
      if (recurrent === undefined) return null;
      const [weight, projection] = [recurrent, "weight_hr"].map((name) => this.#layers[row].get(name));
      return projection ? matmul(weight!.detach(), projection.detach()) : weight!.detach();
    };
    return { gates, numLayers, bidirectional, batchFirst, returnSequences, recurrentWeight };
  }
}

/** Each gate's block of [G·H, W] orthogonal. */
function fillGates(weight: Parameter, gates: number): void {
  const [rows, width] = weight.shape as [number, number];
  const data = weight.data();
  const block = empty(weight.dtype, [rows / gates, width]);
  for (let gate = 0; gate < gates; gate++) data.set(orthogonal(block).data() as never, gate * block.size);
  block.dispose();
  weight.set(data);
}
