import { checkKnownOptions, checkNumber } from "../base/check.js";
import { OptionError, show } from "../base/errors.js";
import { sameShape } from "../base/shape.js";
import { add } from "../tensor/ops/arithmetic.js";
import { dropout } from "../tensor/ops/unary.js";
import type { Tensor } from "../tensor/tensor.js";
import { lockedDropout } from "./functional/regularization.js";
import { Module } from "./module.js";
import { checkBoolean } from "./options.js";

/** A module from a sequence and a state to a sequence and a state: `LSTM`, `MinGRU`, a `WeightDrop` around one. */
// biome-ignore lint/suspicious/noExplicitAny: each kind of module has its own kind of state
export type RecurrentModule = Module & { forward(x: Tensor, state?: any): readonly [Tensor, any] };

/** The state that a module carries. */
export type StateOf<M extends RecurrentModule> = ReturnType<M["forward"]>[1];

export interface RecurrentStackOptions {
  /** Add a layer's input to its output wherever their shapes agree. Default false. */
  residual?: boolean;
  /** Probability between layers, in training. Default 0. */
  dropout?: number;
  /** The same with one mask for all time steps. Default 0. */
  lockedDropout?: number;
  /** Sequences are [N, L, ..]: for the locked mask. Default false. */
  batchFirst?: boolean;
}

/**
 * Recurrent modules one above the other, of any kind and width, with the states of all of them in a list; with `residual`,
 *   y_k = y_{k-1} + layer_k(y_{k-1})
 * so that the gradient reaches the lowest of many layers.
 * Parameters: those of the layers, under `layers.0.`, `layers.1.`, ...
 * Source: He et al. 2016; in recurrent stacks, Wu et al. 2016.
 * @example
 * const stack = new nn.RecurrentStack([1, 2, 3, 4].map(() => new nn.MinGRU(128, 128)), { residual: true });
 * const [y, states] = stack.forward(x); // x, y [L, N, 128]; states: four of [1, N, 128]
 */
export class RecurrentStack<M extends RecurrentModule = RecurrentModule> extends Module {
  layers: M[];
  readonly residual: boolean;
  readonly batchFirst: boolean;
  dropout: number;
  lockedDropout: number;

  constructor(layers: Iterable<M>, options: RecurrentStackOptions = {}) {
    super();
    const op = "RecurrentStack";
    checkKnownOptions(op, options, ["residual", "dropout", "lockedDropout", "batchFirst"]);
    this.layers = [...layers];
    const wrong = this.layers.find((layer) => !(layer instanceof Module));
    if (wrong !== undefined || this.layers.length === 0) {
      const value = wrong === undefined ? "none" : show(wrong);
      throw new OptionError({ op, argument: "layers", rule: "at least one recurrent module", value });
    }
    this.residual = checkBoolean(op, "residual", options.residual ?? false);
    this.batchFirst = checkBoolean(op, "batchFirst", options.batchFirst ?? false);
    this.dropout = checkNumber(op, "dropout", options.dropout ?? 0, { min: 0, max: 1 });
    this.lockedDropout = checkNumber(op, "lockedDropout", options.lockedDropout ?? 0, { min: 0, max: 1 });
  }

  /**
   * @param x       [L, N, I]
   * @param states  one a layer, as a former call returned them; each layer's zeros when left out
   * @returns       the last layer's output [L, N, ..] and the next states
   * @throws OptionError for another number of states than layers
   */
  forward(x: Tensor, states?: readonly StateOf<M>[] | null): readonly [Tensor, StateOf<M>[]] {
    if (states != null && states.length !== this.layers.length) {
      const rule = `a list of ${this.layers.length}, one a layer`;
      throw new OptionError({ op: "RecurrentStack.forward", argument: "states", rule, value: `${states.length}` });
    }
    const { training } = this;
    const next: StateOf<M>[] = [];
    let y = x;
    for (const [k, layer] of this.layers.entries()) {
      if (k > 0) {
        y = dropout(y, this.dropout, { training });
        y = lockedDropout(y, this.lockedDropout, { training, axis: this.batchFirst ? 1 : 0 });
      }
      const [out, state] = layer.forward(y, states?.[k]);
      next.push(state);
      y = this.residual && sameShape(y.shape, out.shape) ? add(y, out) : out;
    }
    return [y, next];
  }
}
