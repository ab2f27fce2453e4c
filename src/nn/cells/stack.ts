import { checkKnownOptions, checkNumber, checkPositiveInteger } from "../../base/check.js";
import { ShapeError } from "../../base/errors.js";
import { formatShape, sameShape } from "../../base/shape.js";
import { add } from "../../tensor/ops/arithmetic.js";
import { concat } from "../../tensor/ops/join.js";
import { empty, filled, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import { flip, reshape, transpose, unsqueeze } from "../../tensor/ops/shape.js";
import { select } from "../../tensor/ops/slice.js";
import { dropout } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";
import { uniform } from "../init.js";
import { Module } from "../module.js";
import { checkBoolean, checkFloatDType, type DTypeOption, type FloatDType } from "../options.js";
import { Parameter } from "../parameter.js";
import type { Cell } from "./cell.js";

/** What every module of `cells/` takes. */
export interface CellStackOptions extends DTypeOption {
  /** Default 1. */
  numLayers?: number;
  /** Default true. */
  bias?: boolean;
  /** Sequences are [N, L, ..] instead of [L, N, ..]. States are [D·K, N, H] all the same. Default false. */
  batchFirst?: boolean;
  /** Probability between layers, in training. Default 0. */
  dropout?: number;
  /** Also walk from the end to the start; outputs are [L, N, 2H]. Default false. */
  bidirectional?: boolean;
  /** Add a layer's input to its output wherever their sizes agree. Default false. Source: Wu et al. 2016. */
  residual?: boolean;
}

const OPTIONS = ["numLayers", "bias", "batchFirst", "dropout", "bidirectional", "residual", "dtype"];

/**
 * Layers of a recurrence that is composed of tensor operations: options, parameters and the walk through the layers. Extend
 * it with a `Cell` of your own.
 *
 * Parameters of layer k are called `{name}_l{k}`, the backward direction's `{name}_l{k}_reverse`; uniform in ±1/√H at the
 * start unless the cell says otherwise.
 */
export abstract class CellStack extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly bidirectional: boolean;
  readonly residual: boolean;
  /** Probability between layers. */
  dropout: number;
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

  /**
   * @internal
   * @param initial  [D·K, N, H] each, or null for zeros
   * @returns        y [L, N, D·H] or [N, L, D·H], and the last states [D·K, N, H]
   */
  protected run(input: Tensor, initial: readonly (Tensor | null)[]): { y: Tensor; states: Tensor[] } {
    this.#check(input, initial);
    let x = this.batchFirst ? transpose(input, 0, 1) : input;
    const last: Tensor[][] = Array.from({ length: this.#cell.states }, () => []);
    for (let first = 0; first < this.numLayers * this.#directions; first += this.#directions) {
      if (first > 0) x = dropout(x, this.dropout, { training: this.training });
      const outputs: Tensor[] = [];
      for (let row = first; row < first + this.#directions; row++) {
        const { y, states } = this.#runLayer(x, row, initial);
        outputs.push(y);
        for (const [i, state] of states.entries()) last[i]!.push(state);
      }
      const y = outputs.length === 1 ? outputs[0]! : concat(outputs, 2);
      x = this.residual && sameShape(x.shape, y.shape) ? add(x, y) : y;
    }
    return {
      y: this.batchFirst ? transpose(x, 0, 1) : x,
      states: last.map((rows) => reshape(concat(rows, 0), [rows.length, ...rows[0]!.shape])),
    };
  }

  #runLayer(x: Tensor, row: number, initial: readonly (Tensor | null)[]) {
    const reverse = row % this.#directions === 1;
    // Read at every call: whoever replaces or ties a parameter changes the property.
    const own = this as unknown as Record<string, Tensor | undefined>;
    const zero = [x.shape[1]!, this.hiddenSize];
    const { y, states } = this.#cell.run({
      x: reverse ? flip(x, 0) : x,
      states: initial.map((state) => (state === null ? filled(x.dtype, zero, 0) : select(state, 0, row))),
      hiddenSize: this.hiddenSize,
      training: this.training,
      weight: (name) => own[name + this.#suffix(row)]!,
      bias: (name) => own[name + this.#suffix(row)] ?? null,
    });
    return { y: reverse ? flip(y, 0) : y, states };
  }

  /** @internal One step of streams that go on: x [N, I] as a sequence of one, in this module's order. */
  protected asSequence(x: Tensor): Tensor {
    requireTensor(`${this.#cell.name}.step`, "input", x);
    return unsqueeze(x, this.batchFirst ? 1 : 0);
  }

  #check(x: Tensor, initial: readonly (Tensor | null)[]): void {
    const op = `${this.#cell.name}.forward`;
    requireTensor(op, "input", x);
    requireSameDType(op, "input", x, this.#dtype);
    if (x.rank !== 3 || x.shape[2] !== this.inputSize || x.size === 0) {
      const order = this.batchFirst ? "N, L" : "L, N";
      throw new ShapeError({
        op,
        argument: "input",
        rule: `have shape [${order}, ${this.inputSize}] (inputSize=${this.inputSize}) with at least one step`,
        value: formatShape(x.shape),
        fix: "If features are not last, permute first.",
      });
    }
    const shape = [this.numLayers * this.#directions, x.shape[this.batchFirst ? 0 : 1]!, this.hiddenSize];
    initial.forEach((state, i) => {
      if (state === null) return;
      const argument = initial.length === 1 ? "state" : `state.${"hc"[i]}`;
      requireTensor(op, argument, state);
      requireSameDType(op, argument, state, x.dtype);
      if (sameShape(state.shape, shape)) return;
      const rule = `have shape ${formatShape(shape)} (numLayers·directions=${shape[0]}, N=${shape[1]}, hiddenSize=${shape[2]})`;
      throw new ShapeError({ op, argument, rule, value: formatShape(state.shape) });
    });
  }
}
