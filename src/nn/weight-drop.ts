import { checkArray, checkKnownOptions, checkNumber, refusal } from "../base/check.js";
import { OptionError, show } from "../base/errors.js";
import { dropout } from "../tensor/ops/unary.js";
import type { Tensor } from "../tensor/tensor.js";
import { Module } from "./module.js";
import { Parameter } from "./parameter.js";

/** A module that can be called. */
// biome-ignore lint/suspicious/noExplicitAny: whatever arguments the wrapped module takes are handed on
export type Callable = Module & { forward(...args: any[]): unknown };

// biome-ignore lint/suspicious/noExplicitAny: whatever the wrapped module takes and returns
type Packed<M> = M extends { forwardPacked?(...args: infer A extends any[]): infer R } ? [A, R] : [never, never];
type PackedArguments<M> = Packed<M>[0];
type PackedResult<M> = Packed<M>[1];

export interface WeightDropOptions {
  /** Names of the wrapped module's parameters. Default: every recurrent matrix, those called `weight_hh_...`. */
  weights?: readonly string[] | undefined;
}

/**
 * DropConnect on a recurrent module: in training each element of the recurrent matrices is zero with probability p, the
 * same ones at every time step of the sequence, and the kernels run as ever.
 *   h_t = cell(x_t, h_{t-1}; W_hh ⊙ M),  M = 0 with probability p, else 1/(1-p), drawn once a call
 * Parameters: those of `module`, under `module.`: the full weights, which learn.
 * Source: Wan et al. 2013; on recurrent matrices, Merity, Keskar & Socher 2018.
 * @example
 * const lstm = new nn.WeightDrop(new nn.LSTM(400, 1150), 0.5);
 * const [y, state] = lstm.forward(x);
 */
export class WeightDrop<M extends Callable = Callable> extends Module {
  module: M;
  readonly p: number;
  readonly weights: readonly string[];

  /** @param p in [0, 1) */
  constructor(module: M, p = 0.5, options: WeightDropOptions = {}) {
    super();
    const op = "WeightDrop";
    checkKnownOptions(op, options, ["weights"]);
    if (!(module instanceof Module)) {
      throw refusal(op, "module", "be a Module", module);
    }
    this.module = module;
    this.p = checkNumber(op, "p", p, { min: 0, max: 1, openMax: true });
    const own = Object.entries(module).flatMap(([name, value]) => (value instanceof Parameter ? [name] : []));
    this.weights = options.weights ?? own.filter((name) => name.startsWith("weight_hh"));
    checkArray(op, "weights", this.weights);
    const wrong = this.weights.find((name) => !own.includes(name));
    if (wrong === undefined && this.weights.length > 0) return;
    const must = `be names of the module's parameters: ${own.join(", ")}`;
    throw new OptionError({ op, argument: "weights", must, value: wrong === undefined ? "none" : show(wrong) });
  }

  /** What the module returns for these arguments with its weights thinned. */
  forward(...args: Parameters<M["forward"]>): ReturnType<M["forward"]> {
    return thinned(this, () => this.module.forward(...args) as ReturnType<M["forward"]>);
  }

  /** What the module returns for a packed sequence with its weights thinned. @throws OptionError when the module has no way for them */
  forwardPacked(...args: PackedArguments<M>): PackedResult<M> {
    const { module } = this as { module: { forwardPacked?(...args: PackedArguments<M>): PackedResult<M> } };
    if (typeof module.forwardPacked === "function") return thinned(this, () => module.forwardPacked!(...args));
    const must = "be one with forwardPacked()";
    throw refusal("WeightDrop.forwardPacked", "module", must, module);
  }
}

/** Not a private method, of which a clone() would know nothing. */
function thinned<R>({ training, p, module, weights }: WeightDrop, call: () => R): R {
  if (!training || p === 0) return call();
  const own = module as unknown as Record<string, Tensor>;
  const full = weights.map((name) => own[name]);
  try {
    for (const name of weights) own[name] = dropout(own[name], p);
    return call();
  } finally {
    weights.forEach((name, i) => {
      own[name] = full[i];
    });
  }
}
