import { checkKnownOptions, checkPositiveInteger } from "../base/check.js";
import { OptionError } from "../base/errors.js";
import { type CellKind, GATES } from "../engine/engine.js";
import { matmul } from "../tensor/ops/matmul.js";
import { empty } from "../tensor/ops/raw.js";
import type { Tensor } from "../tensor/tensor.js";
import { checkInput, type MergeMode, type RecurrentRun, recurrent } from "./functional/recurrent.js";
import type { RecurrentWeights, States } from "./functional/recurrent-layer.js";
import type { CellVariant } from "./functional/unrolled-layer.js";
import { orthogonal, uniform } from "./init.js";
import { Module } from "./module.js";
import type { Anatomy, Gate, Observable, RunObserver } from "./observable.js";
import { checkFloatDType, type FloatDType } from "./options.js";
import {
  type Lengths,
  PackedSequence,
  packingOf,
  refuseLengths,
  refuseOptionsAsState,
  requireBatch,
  requirePackedInput,
} from "./packed-sequence.js";
import { Parameter } from "./parameter.js";
import { checkLayers, checkRecurrentOptions, type RecurrentOptions } from "./recurrent-options.js";
import { packRows, padRows } from "./rnn-utils.js";

/** What a subclass says of its cell. */
export interface CellSetup {
  cell: CellKind;
  /** Names of the options that no other cell has. */
  options: readonly string[];
  activations: Pick<CellVariant, "gate" | "state" | "resetAfter">;
  /** In the order of the rows of `weight_hh`. */
  gates: readonly Gate[];
  /** Whether the engine's kernels do these. */
  hasKernel: boolean;
  /** P, or 0 for none. */
  projSize?: number;
}

export interface SequenceOptions {
  /** Of the sequences in a padded batch, each in [1, L]. Steps beyond cost nothing, and y is zero there. Default: all L. */
  lengths?: Lengths | undefined;
}

const NO_OPTIONS: SequenceOptions = {};

interface RowNames {
  wIh: string;
  wHh: string;
  bIh: string;
  bHh: string;
  wHr: string;
}

/**
 * What the recurrent modules share: options, parameters and the walk through the layers. `S` is what they carry: h, or h and c.
 *
 * Parameters of layer k, uniform in ±1/√H at the start: `weight_ih_l{k}` [G·H, I] (I is D·H above the first layer),
 * `weight_hh_l{k}` [G·H, H], `bias_ih_l{k}` and `bias_hh_l{k}` [G·H]; the backward direction's end in `_reverse`.
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
  /** Probability between layers. */
  dropout: number;
  /** Probability inside the recurrence. */
  recurrentDropout: number;
  /** Probability of each state, h first. */
  readonly zoneout: readonly number[];
  /** @internal */
  observer: RunObserver | null = null;
  readonly #setup: CellSetup;
  readonly #op: string;
  readonly #names: RowNames[];
  #kept: States = { h: null, c: null };

  constructor(op: string, setup: CellSetup, inputSize: number, hiddenSize: number, options: RecurrentOptions) {
    super();
    const checked = checkRecurrentOptions(op, options, setup.options, setup.cell === "lstm" ? 2 : 1);
    this.inputSize = checkPositiveInteger(op, "inputSize", inputSize);
    this.hiddenSize = checkPositiveInteger(op, "hiddenSize", hiddenSize);
    this.projSize = setup.projSize ?? 0;
    this.numLayers = checkPositiveInteger(op, "numLayers", options.numLayers ?? 1);
    this.bias = checked.bias;
    this.batchFirst = checked.batchFirst;
    this.bidirectional = checked.bidirectional;
    this.mergeMode = checked.mergeMode;
    this.returnSequences = checked.returnSequences;
    this.stateful = checked.stateful;
    this.dropout = checked.dropout;
    this.recurrentDropout = checked.rates.recurrentDropout;
    this.zoneout = checked.rates.zoneout;
    checkLayers(op, this.numLayers, hiddenSize);
    this.#setup = setup;
    this.#op = `${op}.forward`;
    this.#names = this.#addParameters(checkFloatDType(op, options.dtype), checked.recurrentInit === "orthogonal");
  }

  #addParameters(dtype: FloatDType, orthogonalGates: boolean): RowNames[] {
    const { hiddenSize, inputSize, projSize } = this;
    const gates = GATES[this.#setup.cell];
    const directions = this.bidirectional ? 2 : 1;
    const width = projSize || hiddenSize;
    const above = this.mergeMode === "concat" ? directions * width : width;
    const bound = 1 / Math.sqrt(hiddenSize);
    const own = this as unknown as Record<string, Parameter>;
    const add = (name: string, shape: number[]): void => {
      own[name] = uniform(new Parameter(empty(dtype, shape)), -bound, bound);
    };
    return Array.from({ length: this.numLayers * directions }, (_, row) => {
      const layer = Math.floor(row / directions);
      const suffix = `_l${layer}${row % directions === 1 ? "_reverse" : ""}`;
      const [wIh, wHh, bIh, bHh, wHr] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"].map(
        (name) => name + suffix,
      );
      add(wIh, [gates * hiddenSize, layer === 0 ? inputSize : above]);
      add(wHh, [gates * hiddenSize, width]);
      if (orthogonalGates) fillGates(own[wHh], gates);
      if (this.bias) {
        add(bIh, [gates * hiddenSize]);
        add(bHh, [gates * hiddenSize]);
      }
      if (projSize > 0) add(wHr, [projSize, hiddenSize]);
      return { wIh, wHh, bIh, bHh, wHr };
    });
  }

  /** A state as the layers take it. @throws OptionError for what is none */
  protected abstract statesOf(state: S): States;

  protected abstract stateFrom(h: Tensor, c: Tensor | null): S;

  /**
   * @param x      [L, N, I], or [N, L, I] with batchFirst, or a single sequence [L, I]; packed sequences go to `forwardPacked`
   * @param state  of shape [D·K, N, H], or [D·K, H] for a single sequence; zeros when left out
   * @returns      y [L, N, D·H] (the last layer's h at every step) and each sequence's state after its last step
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
    const { y, h, c } = lengths === undefined ? recurrent(run) : this.#runLengths(run, lengths);
    return [y, this.#carry(h, c)];
  }

  /**
   * `forward` for sequences of many lengths, packed: PyTorch's `lstm(packed)`.
   * @returns  y, packed as x is, and each sequence's state after its own last step (backwards: its first), in the order in which they were given
   * @throws OptionError when returnSequences is false
   */
  forwardPacked(x: PackedSequence, state?: S | null): readonly [PackedSequence, S] {
    requirePackedInput(`${this.#op}Packed`, x);
    return this.#packed(x, state);
  }

  #packed(x: PackedSequence, state: S | null | undefined): readonly [PackedSequence, S] {
    const op = this.#op;
    if (!this.returnSequences) {
      throw new OptionError({
        op,
        argument: "input",
        must: "be a tensor when returnSequences is false",
        value: "a PackedSequence",
        fix: "Pass a padded tensor with { lengths }, or take the last states.",
      });
    }
    const { data, batchSizes, sortedIndices: order } = x;
    const { y, h, c } = recurrent({ ...this.#run(data, state), batchSizes, order });
    return [x.with(y), this.#carry(h, c)];
  }

  #run(x: Tensor, state: S | null | undefined): RecurrentRun {
    return {
      op: this.#op,
      cell: this.#setup.cell,
      x,
      initial: state == null ? this.#kept : this.statesOf(state),
      kept: state == null && this.#kept.h !== null,
      weights: this.#weights(),
      bidirectional: this.bidirectional,
      mergeMode: this.mergeMode,
      batchFirst: this.batchFirst,
      dropout: this.dropout,
      training: this.training,
      variant: this.#variant(),
      returnSequences: this.returnSequences,
    };
  }

  #carry(h: Tensor, c: Tensor | null): S {
    if (this.stateful) this.#kept = { h: h.detach().retain(), c: c?.detach().retain() ?? null };
    return this.stateFrom(h, c);
  }

  /** Begins again with zeros, where `stateful` has kept the last state. */
  resetState(): void {
    this.#kept = { h: null, c: null };
  }

  #runLengths(run: RecurrentRun, lengths: Lengths) {
    const { op, x, batchFirst } = run;
    checkInput(run);
    requireBatch(op, x);
    const [batch, longest] = batchFirst ? x.shape : [x.shape[1], x.shape[0]];
    const packing = packingOf(op, lengths, batch, longest);
    if (packing.lengths.every((length) => length === longest)) return recurrent(run);
    const { batchSizes, order } = packing;
    const result = recurrent({ ...run, x: packRows(x, packing, batchFirst), batchSizes, order });
    return run.returnSequences ? { ...result, y: padRows(result.y, packing, longest, batchFirst) } : result;
  }

  /** @internal */
  get anatomy(): Anatomy {
    const { numLayers, bidirectional, batchFirst, returnSequences } = this;
    const recurrentWeight = (row: number): Tensor => {
      const { wHh, wHr } = this.#weights()[row];
      return wHr ? matmul(wHh.detach(), wHr.detach()) : wHh.detach();
    };
    return { gates: this.#setup.gates, numLayers, bidirectional, batchFirst, returnSequences, recurrentWeight };
  }

  #variant(): CellVariant | null {
    const { activations, hasKernel } = this.#setup;
    const { training, zoneout, observer } = this;
    const recurrentDropout = training ? this.recurrentDropout : 0;
    const plain = hasKernel && recurrentDropout === 0 && zoneout.every((p) => p === 0);
    if (plain && observer === null) return null;
    const variant = { ...activations, recurrentDropout, zoneout, training };
    return observer === null ? variant : { ...variant, observe: observer(null) };
  }

  /** Read at every call: whoever replaces or ties a parameter changes the property. */
  #weights(): RecurrentWeights[] {
    const own = this as unknown as Record<string, Parameter | undefined>;
    const projected = this.projSize > 0;
    return this.#names.map(({ wIh, wHh, bIh, bHh, wHr }) => ({
      wIh: own[wIh]!,
      wHh: own[wHh]!,
      bIh: own[bIh] ?? null,
      bHh: own[bHh] ?? null,
      wHr: projected ? own[wHr]! : null,
    }));
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
