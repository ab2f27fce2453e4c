import { checkKnownOptions, checkNumber, checkPositiveInteger } from "../base/check.js";
import { UnsupportedError } from "../base/errors.js";
import { type CellKind, GATES } from "../engine/engine.js";
import { empty } from "../tensor/ops/raw.js";
import type { Tensor } from "../tensor/tensor.js";
import { recurrent } from "./functional/recurrent.js";
import type { RecurrentWeights, States } from "./functional/recurrent-layer.js";
import { uniform } from "./init.js";
import { Module } from "./module.js";
import { checkBoolean, checkFloatDType, type DTypeOption } from "./options.js";
import { Parameter } from "./parameter.js";

/** What `RNN`, `LSTM` and `GRU` take, with PyTorch's names and defaults. */
export interface RecurrentOptions extends DTypeOption {
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
}

const OPTIONS = ["numLayers", "bias", "batchFirst", "dropout", "bidirectional", "dtype"];

/**
 * What the recurrent modules share: options, parameters and the walk through the layers.
 *
 * Parameters of layer k, uniform in ±1/√H at the start: `weight_ih_l{k}` [G·H, I] (I is D·H above the first layer),
 * `weight_hh_l{k}` [G·H, H], `bias_ih_l{k}` and `bias_hh_l{k}` [G·H]; the backward direction's end in `_reverse`.
 */
export abstract class Recurrent extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly bidirectional: boolean;
  /** Probability between layers. */
  dropout: number;
  readonly #cell: CellKind;
  readonly #op: string;
  readonly #names: { wIh: string; wHh: string; bIh: string; bHh: string }[] = [];

  constructor(op: string, cell: CellKind, inputSize: number, hiddenSize: number, options: RecurrentOptions) {
    super();
    checkOptions(op, options);
    this.inputSize = checkPositiveInteger(op, "inputSize", inputSize);
    this.hiddenSize = checkPositiveInteger(op, "hiddenSize", hiddenSize);
    this.numLayers = checkPositiveInteger(op, "numLayers", options.numLayers ?? 1);
    this.bias = checkBoolean(op, "bias", options.bias ?? true);
    this.batchFirst = checkBoolean(op, "batchFirst", options.batchFirst ?? false);
    this.bidirectional = checkBoolean(op, "bidirectional", options.bidirectional ?? false);
    this.dropout = checkNumber(op, "dropout", options.dropout ?? 0, { min: 0, max: 1 });
    const dtype = checkFloatDType(op, options.dtype);
    this.#cell = cell;
    this.#op = `${op}.forward`;
    const directions = this.bidirectional ? 2 : 1;
    const bound = 1 / Math.sqrt(hiddenSize);
    const rows = GATES[cell] * hiddenSize;
    const add = (name: string, shape: number[]): void => {
      const own = this as unknown as Record<string, Parameter>;
      own[name] = uniform(new Parameter(empty(dtype, shape)), -bound, bound);
    };
    for (let row = 0; row < this.numLayers * directions; row++) {
      const layer = Math.floor(row / directions);
      const suffix = `_l${layer}${row % directions === 1 ? "_reverse" : ""}`;
      const [wIh, wHh, bIh, bHh] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((name) => name + suffix);
      this.#names.push({ wIh, wHh, bIh, bHh });
      add(wIh, [rows, layer === 0 ? inputSize : directions * hiddenSize]);
      add(wHh, [rows, hiddenSize]);
      if (!this.bias) continue;
      add(bIh, [rows]);
      add(bHh, [rows]);
    }
  }

  /** @internal */
  protected run(x: Tensor, initial: States): { y: Tensor; h: Tensor; c: Tensor | null } {
    return recurrent({
      op: this.#op,
      cell: this.#cell,
      x,
      initial,
      weights: this.#weights(),
      bidirectional: this.bidirectional,
      batchFirst: this.batchFirst,
      dropout: this.dropout,
      training: this.training,
    });
  }

  /** Read at every call: whoever replaces or ties a parameter changes the property. */
  #weights(): RecurrentWeights[] {
    const own = this as unknown as Record<string, Parameter | undefined>;
    return this.#names.map(({ wIh, wHh, bIh, bHh }) => ({
      wIh: own[wIh]!,
      wHh: own[wHh]!,
      bIh: own[bIh] ?? null,
      bHh: own[bHh] ?? null,
    }));
  }
}

function checkOptions(op: string, options: RecurrentOptions): void {
  if ("projSize" in options && options.projSize !== 0) {
    throw new UnsupportedError({
      op,
      argument: "projSize",
      rule: "left out: projections are not supported yet",
      value: String(options.projSize),
      fix: "Put a Linear after the module.",
    });
  }
  const known = op === "RNN" ? [...OPTIONS, "nonlinearity"] : OPTIONS;
  const { projSize: _, ...others } = options as RecurrentOptions & { projSize?: number };
  checkKnownOptions(op, others, known);
}
