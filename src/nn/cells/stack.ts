import { checkKnownOptions, checkNumber, checkPositiveInteger } from "../../base/check.js";
import { formatShape, misshapen, sameShape } from "../../base/shape.js";
import { add } from "../../tensor/ops/arithmetic.js";
import { indexSelect } from "../../tensor/ops/index.js";
import { concat } from "../../tensor/ops/join.js";
import { empty, filled, fromHost, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import { flip, reshape, squeeze, transpose, unsqueeze } from "../../tensor/ops/shape.js";
import { select } from "../../tensor/ops/slice.js";
import { dropout } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";
import { moveRows } from "../functional/pack.js";
import { uniform } from "../init.js";
import { Module } from "../module.js";
import { type Anatomy, type Observable, type RunObserver, type StepObserver, sameTime } from "../observable.js";
import { checkBoolean, checkFloatDType, type DTypeOption, type FloatDType } from "../options.js";
import {
  backwardRows,
  inGivenOrder,
  PackedSequence,
  type Packing,
  packingOf,
  refuseLengths,
  refuseOptionsAsState,
  requireBatch,
  requirePackedInput,
} from "../packed-sequence.js";
import { Parameter } from "../parameter.js";
import type { SequenceOptions } from "../recurrent.js";
import { checkLayers } from "../recurrent-options.js";
import { packRows, padRows } from "../rnn-utils.js";
import type { Cell, CellLayer, LayerResult } from "./cell.js";
import { packedLayer } from "./packed-layer.js";

/** What every module of `cells/` takes. */
export interface CellStackOptions extends DTypeOption {
  /** Default 1. */
  numLayers?: number | undefined;
  /** Default true. */
  bias?: boolean | undefined;
  /** Sequences are [N, L, ..] instead of [L, N, ..]. States are [D·K, N, H] all the same. Default false. */
  batchFirst?: boolean | undefined;
  /** Probability between layers, in training. Default 0. */
  dropout?: number | undefined;
  /** Also walk from the end to the start; outputs are [L, N, 2H]. Default false. */
  bidirectional?: boolean | undefined;
  /** Add a layer's input to its output wherever their sizes agree. Default false. Source: Wu et al. 2016. */
  residual?: boolean | undefined;
}

const OPTIONS = ["numLayers", "bias", "batchFirst", "dropout", "bidirectional", "residual", "dtype"];

/** How packed rows are walked. */
interface PackedWalk {
  batchSizes: readonly number[];
  /** Rows from each sequence's own end; null when no layer walks so. */
  backwards: Int32Array | null;
}

type Order = Pick<Packing, "batchSizes" | "order">;

interface StackResult {
  y: Tensor;
  /** [D·K, N, H] each. */
  states: Tensor[];
}

/**
 * Layers of a recurrence that is composed of tensor operations: options, parameters and the walk through the layers. `S` is what
 * they carry: h, or h and c. Extend it with a `Cell` of your own.
 *
 * Parameters of layer k are called `{name}_l{k}`, the backward direction's `{name}_l{k}_reverse`; uniform in ±1/√H at the
 * start unless the cell says otherwise.
 */
export abstract class CellStack<S> extends Module implements Observable {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly bidirectional: boolean;
  readonly residual: boolean;
  /** Probability between layers. */
  dropout: number;
  /** @internal */
  observer: RunObserver | null = null;
  readonly #cell: Cell;
  readonly #dtype: FloatDType;

  /** @param ownOptions names of the options that the subclass reads itself */
  constructor(
    cell: Cell,
    inputSize: number,
    hiddenSize: number,
    options: CellStackOptions,
    ownOptions: readonly string[] = [],
  ) {
    super();
    const op = cell.name;
    checkKnownOptions(op, options, [...OPTIONS, ...ownOptions]);
    this.inputSize = checkPositiveInteger(op, "inputSize", inputSize);
    this.hiddenSize = checkPositiveInteger(op, "hiddenSize", hiddenSize);
    this.numLayers = checkPositiveInteger(op, "numLayers", options.numLayers ?? 1);
    this.bias = checkBoolean(op, "bias", options.bias ?? true);
    this.batchFirst = checkBoolean(op, "batchFirst", options.batchFirst ?? false);
    this.bidirectional = checkBoolean(op, "bidirectional", options.bidirectional ?? false);
    this.residual = checkBoolean(op, "residual", options.residual ?? false);
    this.dropout = checkNumber(op, "dropout", options.dropout ?? 0, { min: 0, max: 1 });
    checkLayers(op, this.numLayers, hiddenSize);
    this.#cell = cell;
    this.#dtype = checkFloatDType(op, options.dtype);
    for (let row = 0; row < this.numLayers * this.#directions; row++) this.#addParameters(row);
  }

  get #directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  /** `_l0`, `_l0_reverse`, `_l1`, ... */
  #suffix(row: number): string {
    return `_l${Math.floor(row / this.#directions)}${row % this.#directions === 1 ? "_reverse" : ""}`;
  }

  #addParameters(row: number): void {
    const own = this as unknown as Record<string, Parameter>;
    const { hiddenSize } = this;
    const inputSize = row < this.#directions ? this.inputSize : this.#directions * hiddenSize;
    const bound = 1 / Math.sqrt(hiddenSize);
    for (const [name, { shape, init }] of Object.entries(this.#cell.parameters({ inputSize, hiddenSize }))) {
      if (!this.bias && name.startsWith("bias")) continue;
      const parameter = new Parameter(empty(this.#dtype, shape));
      if (init === undefined) uniform(parameter, -bound, bound);
      else init(parameter);
      own[name + this.#suffix(row)] = parameter;
    }
  }

  /** A state as the cell's own, h first. @throws OptionError for what is none */
  protected abstract statesOf(state: S): readonly Tensor[];

  protected abstract stateFrom(states: readonly Tensor[]): S;

  /**
   * @param x        [L, N, I], or [N, L, I] with batchFirst, or a single sequence [L, I]; packed sequences go to `forwardPacked`
   * @param state    of shape [D·K, N, H], or [D·K, H] for a single sequence; zeros when left out
   * @param options  lengths of the sequences in a padded batch: steps beyond cost nothing, and y is zero there
   * @returns        y [L, N, D·H] and each sequence's state after its last step (backwards: its first)
   * @throws ShapeError, DTypeError when x or state do not fit; OptionError for lengths outside [1, L]
   */
  forward(x: Tensor, state?: S | null, options: SequenceOptions = {}): readonly [Tensor, S] {
    const op = this.#op;
    checkKnownOptions(op, options, ["lengths"]);
    refuseOptionsAsState(op, state);
    const { lengths } = options;
    if ((x as unknown) instanceof PackedSequence) {
      refuseLengths(op, lengths);
      return this.forwardPacked(x as never, state) as never;
    }
    const initial = this.#initial(state);
    this.#check(x, initial, null);
    if (lengths !== undefined) requireBatch(op, x);
    if (x.rank === 2) return this.#single(x, initial);
    const { batchFirst } = this;
    const [batch, longest] = (batchFirst ? x.shape : [x.shape[1], x.shape[0]]) as [number, number];
    const packing = lengths === undefined ? null : packingOf(op, lengths, batch, longest);
    if (packing === null || packing.lengths.every((length) => length === longest)) {
      const { y, states } = this.#layers(batchFirst ? transpose(x, 0, 1) : x, initial, batch, null);
      return [batchFirst ? transpose(y, 0, 1) : y, this.stateFrom(states)];
    }
    const { y, states } = this.#packed(packRows(x, packing, batchFirst), initial, packing);
    return [padRows(y, packing, longest, batchFirst), this.stateFrom(states)];
  }

  /**
   * `forward` for sequences of many lengths, packed.
   * @param x      of [R, I]
   * @param state  of shape [D·K, N, H], in the order in which the sequences were given; zeros when left out
   * @returns      y, packed as x is, and each sequence's state after its own last step (backwards: its first), in the same order
   * @throws ShapeError, DTypeError when x or state do not fit; OptionError when x is not packed
   */
  forwardPacked(x: PackedSequence, state?: S | null): readonly [PackedSequence, S] {
    requirePackedInput(`${this.#op}Packed`, x);
    const { data, batchSizes, sortedIndices: order } = x;
    const initial = this.#initial(state);
    this.#check(data, initial, x.batchSize);
    const { y, states } = this.#packed(data, initial, { batchSizes, order });
    return [x.with(y), this.stateFrom(states)];
  }

  /**
   * One time step, for streams.
   * @param x      [N, I], or [I]
   * @param state  of shape [D·K, N, H], or [D·K, H]; zeros when left out
   * @returns      y [N, D·H], or [D·H], and the next state
   */
  step(x: Tensor, state?: S | null): readonly [Tensor, S] {
    requireTensor(`${this.#cell.name}.step`, "input", x);
    const axis = this.batchFirst && x.rank > 1 ? 1 : 0;
    const [y, next] = this.forward(unsqueeze(x, axis), state);
    return [select(y, axis, 0), next];
  }

  get #op(): string {
    return `${this.#cell.name}.forward`;
  }

  #initial(state: S | null | undefined): readonly (Tensor | null)[] {
    return state == null ? new Array<null>(this.#cell.states).fill(null) : this.statesOf(state);
  }

  #single(x: Tensor, initial: readonly (Tensor | null)[]): readonly [Tensor, S] {
    const lone = initial.map((state) => state && unsqueeze(state, 1));
    const { y, states } = this.#layers(unsqueeze(x, 1), lone, 1, null);
    return [squeeze(y, 1), this.stateFrom(states.map((state) => squeeze(state, 1)))];
  }

  /** Sorts the states as the sequences are, and the last ones back. */
  #packed(rows: Tensor, initial: readonly (Tensor | null)[], { batchSizes, order }: Order): StackResult {
    const batch = batchSizes[0]!;
    const walk = { batchSizes, backwards: this.bidirectional ? backwardRows(batchSizes) : null };
    if (order === null) return this.#layers(rows, initial, batch, walk);
    const pick = (state: Tensor, places: readonly number[]): Tensor =>
      indexSelect(state, 1, fromHost(Int32Array.from(places), [batch]));
    const sorted = initial.map((state) => state && pick(state, order));
    const { y, states } = this.#layers(rows, sorted, batch, walk);
    const back = inGivenOrder([...order.keys()], order);
    return { y, states: states.map((state) => pick(state, back)) };
  }

  /** @internal */
  get anatomy(): Anatomy {
    const { numLayers, bidirectional, batchFirst } = this;
    const { gates = [], recurrent } = this.#cell;
    const own = this as unknown as Record<string, Tensor>;
    const recurrentWeight = (row: number): Tensor | null =>
      recurrent === undefined ? null : own[recurrent + this.#suffix(row)]!.detach();
    return { gates, numLayers, bidirectional, batchFirst, returnSequences: true, recurrentWeight };
  }

  /** @param x  [L, N, I], or packed rows [R, I] with `walk` */
  #layers(x: Tensor, initial: readonly (Tensor | null)[], batch: number, walk: PackedWalk | null): StackResult {
    const last: Tensor[][] = Array.from({ length: this.#cell.states }, () => []);
    const observer = this.observer?.(null) ?? null;
    let y = x;
    for (let first = 0; first < this.numLayers * this.#directions; first += this.#directions) {
      if (first > 0) y = dropout(y, this.dropout, { training: this.training });
      const outputs: Tensor[] = [];
      for (let row = first; row < first + this.#directions; row++) {
        const zero = [batch, this.hiddenSize];
        const start = initial.map((state) => (state === null ? filled(x.dtype, zero, 0) : select(state, 0, row)));
        const layer = this.#runLayer(y, row, start, walk, observer);
        outputs.push(layer.y);
        for (const [i, state] of layer.states.entries()) last[i]!.push(state);
      }
      const out = outputs.length === 1 ? outputs[0]! : concat(outputs, -1);
      y = this.residual && sameShape(y.shape, out.shape) ? add(y, out) : out;
    }
    return { y, states: last.map((rows) => reshape(concat(rows, 0), [rows.length, ...rows[0]!.shape])) };
  }

  #runLayer(
    x: Tensor,
    row: number,
    states: readonly Tensor[],
    walk: PackedWalk | null,
    observer: StepObserver | null,
  ): LayerResult {
    const reverse = row % this.#directions === 1;
    const turned = (sequence: Tensor): Tensor => {
      if (!reverse) return sequence;
      const from = walk?.backwards;
      return from ? moveRows("reverse", sequence, from, [from.length]) : flip(sequence, 0);
    };
    // Read at every call: whoever replaces or ties a parameter changes the property.
    const own = this as unknown as Record<string, Tensor | undefined>;
    const layer: CellLayer = {
      x: turned(x),
      states,
      hiddenSize: this.hiddenSize,
      training: this.training,
      weight: (name) => own[name + this.#suffix(row)]!,
      bias: (name) => own[name + this.#suffix(row)] ?? null,
    };
    if (observer !== null) layer.observe = observing(observer, row, timesOf(x, reverse, walk));
    const result = walk === null ? this.#cell.run(layer) : packedLayer(this.#cell, layer, walk.batchSizes);
    return { y: turned(result.y), states: result.states };
  }

  /** @param packed  sequences there are when x is packed rows, else null */
  #check(x: Tensor, initial: readonly (Tensor | null)[], packed: number | null): void {
    const op = this.#op;
    requireTensor(op, "input", x);
    requireSameDType(op, "input", x, this.#dtype);
    const rank = packed === null && x.rank === 3 ? 3 : 2;
    if (x.rank !== rank || x.shape[rank - 1] !== this.inputSize || x.size === 0) {
      const order = packed !== null ? "R" : this.batchFirst ? "N, L" : "L, N";
      throw misshapen(
        op,
        "input",
        `have shape [${order}, ${this.inputSize}] (inputSize=${this.inputSize}) with at least one step`,
        x.shape,
        "If features are not last, permute first.",
      );
    }
    const rows = this.numLayers * this.#directions;
    const batch = packed ?? (rank === 3 ? x.shape[this.batchFirst ? 0 : 1]! : null);
    const shape = [rows, ...(batch === null ? [] : [batch]), this.hiddenSize];
    initial.forEach((state, i) => {
      if (state === null) return;
      const argument = initial.length === 1 ? "state" : `state.${"hc"[i]}`;
      requireTensor(op, argument, state);
      requireSameDType(op, argument, state, x.dtype);
      if (sameShape(state.shape, shape)) return;
      const sizes = `numLayers·directions=${rows}, ${batch === null ? "" : `N=${batch}, `}hiddenSize=${this.hiddenSize}`;
      const must = `have shape ${formatShape(shape)} (${sizes})`;
      throw misshapen(op, argument, must, state.shape);
    });
  }
}

/** Of each step of a walk, its sequences' indices of time. */
function timesOf(x: Tensor, reverse: boolean, walk: PackedWalk | null): number[][] {
  const sizes = walk?.batchSizes ?? sameTime(x.shape[1]!, x.shape[0]!);
  if (!reverse) return sizes.map((running, t) => sameTime(t, running));
  const lengths = Array.from({ length: sizes[0]! }, (_, b) => sizes.filter((running) => running > b).length);
  return sizes.map((running, i) => lengths.slice(0, running).map((length) => length - 1 - i));
}

function observing(observer: StepObserver, row: number, times: readonly number[][]): NonNullable<CellLayer["observe"]> {
  let i = 0;
  return ([h, c = null], gates) => observer({ row, times: times[i++]!, h: h!, c, gates });
}
