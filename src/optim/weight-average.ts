import { checkFunction, checkKnownOptions, checkNumber, checkString, refusal } from "../base/check.js";
import { FormatError, OptionError, show } from "../base/errors.js";
import { formatShape, sameShape } from "../base/shape.js";
import { currentEngine } from "../engine/select.js";
import { copyOf } from "../tensor/ops/raw.js";
import { type ParameterSource, parametersOf } from "../tensor/parameter-list.js";
import { Tensor } from "../tensor/tensor.js";
import { weightMap, weightOf } from "../tensor/weights.js";
import { exchange, whileSwapped } from "./averaging.js";
import { checkEpochs, checkStateObject } from "./schedule.js";

/** What an average remembers, for a checkpoint: tensors by the parameters' names, and how many weights went into them. */
export interface WeightAverageState {
  updates: number;
  tensors: Map<string, Tensor>;
}

type Named = readonly (readonly [string, Tensor])[];

interface Pair {
  name: string;
  parameter: Tensor;
  average: Tensor;
}

/**
 * An average of a model's weights over the steps, kept beside it: `update()` after each step of the optimiser, or each epoch. The first
 * one copies the weights, as PyTorch's AveragedModel has it; before it, the averages are the weights at the start.
 */
export abstract class WeightAverage {
  /** How many weights went in. */
  updates = 0;
  readonly #op: string;
  readonly #pairs: readonly Pair[];
  #swapped = false;

  /** @param model  a module, or its parameters */
  constructor(op: string, model: ParameterSource) {
    this.#op = checkString("WeightAverage", "op", op);
    const named = (model as { namedParameters?: unknown } | null)?.namedParameters;
    const list = (typeof named === "function" ? named.call(model) : model) as ParameterSource;
    const names = isNamed(list) ? list.map(([name]) => name) : null;
    this.#pairs = parametersOf(op, "model", list).map((parameter, i) => {
      if (!(parameter instanceof Tensor)) throw refusal(op, "each of the parameters", "be a tensor", parameter);
      const average = copyOf(parameter).retain();
      average.storage.makeResident();
      return { name: names?.[i] ?? String(i), parameter, average };
    });
  }

  /** The share of the new weights in the average, which `updates` weights have gone into. */
  protected abstract share(updates: number): number;

  /**
   * Takes the weights into the average.
   * @throws OptionError while the averages are in the model
   */
  update(): void {
    if (this.#swapped) {
      const [argument, must] = ["the model", "have its own weights"];
      const fix = "Call restore() first.";
      throw new OptionError({ op: `${this.#op}.update`, argument, must, value: "their averages", fix });
    }
    const share = this.updates === 0 ? 1 : this.share(this.updates);
    const engine = currentEngine();
    for (const { parameter, average } of this.#pairs) {
      if (average.size === 0) continue;
      average.storage.beforeWrite(`${this.#op}.update()`);
      if (share === 1) engine.copy(average, parameter);
      else {
        engine.affine(average, average, 1 - share, 0);
        engine.axpy(average, average, share, parameter);
      }
    }
    this.updates++;
  }

  /** Puts the averages into the model, until `restore()`. */
  apply(): void {
    if (!this.#swapped) this.swap();
  }

  /** Puts the model's own weights back. */
  restore(): void {
    if (this.#swapped) this.swap();
  }

  /** Exchanges every weight with its average; once more puts them back. */
  swap(): void {
    this.#swapped = !this.#swapped;
    for (const { parameter, average } of this.#pairs) exchange(parameter, average, `${this.#op}.swap()`);
  }

  /**
   * Runs `body` with the averages in the model. The weights are put back after it, also when it throws, and after its promise if it
   * returns one.
   * @example const loss = ema.withAverages(() => evaluate(model));
   */
  withAverages<T>(body: () => T): T {
    checkFunction(`${this.#op}.withAverages`, "body", body, "Write withAverages(() => evaluate(model)).");
    return this.#swapped ? body() : whileSwapped(() => this.swap(), body);
  }

  /** The averages by the parameters' names, for a file or another model's `loadStateDict`; they share its memory. */
  averages(): Map<string, Tensor> {
    return new Map(
      this.#pairs.map(({ name, parameter, average }) => [name, (this.#swapped ? parameter : average).detach()]),
    );
  }

  stateDict(): WeightAverageState {
    return { updates: this.updates, tensors: this.averages() };
  }

  /** @throws FormatError when the state is another model's; nothing changes then */
  loadStateDict(state: WeightAverageState): void {
    const op = `${this.#op}.loadStateDict`;
    const { updates, tensors } = checkStateObject(op, state, ["updates", "tensors"]);
    checkEpochs(op, "updates", updates);
    const given = weightMap(op, tensors as Map<string, Tensor>);
    const found = this.#pairs.map(({ name, parameter }) => {
      const weight = given.get(name);
      const must = `have ${name} of shape ${formatShape(parameter.shape)}`;
      if (weight === undefined) throw new FormatError({ op, argument: "tensors", must, value: "none" });
      const tensor = weightOf(op, name, weight, parameter);
      if (sameShape(tensor.shape, parameter.shape)) return tensor;
      throw new FormatError({ op, argument: "tensors", must, value: formatShape(tensor.shape) });
    });
    const other = [...given.keys()].find((name) => !this.#pairs.some((pair) => pair.name === name));
    if (other !== undefined) {
      throw new FormatError({ op, argument: "tensors", must: "be the model's parameters", value: show(other) });
    }
    for (const tensor of found) void tensor.buffer;
    this.restore();
    this.#pairs.forEach(({ average }, i) => {
      average.storage.beforeWrite(`${op}()`);
      if (average.size > 0) currentEngine().copy(average, found[i]);
    });
    this.updates = updates;
  }
}

/**
 * Stochastic weight averaging: the plain mean of all weights that `update()` saw, mostly one an epoch near the end of training.
 * Source: Izmailov et al. 2018; PyTorch optim.swa_utils.AveragedModel.
 * @example
 * const swa = new optim.AveragedModel(model);
 * if (epoch >= 75) swa.update();   // after the epoch
 * swa.apply();                     // in the end: the model has the mean
 */
export class AveragedModel extends WeightAverage {
  constructor(model: ParameterSource) {
    super("AveragedModel", model);
  }

  protected override share(updates: number): number {
    return 1 / (updates + 1);
  }
}

/**
 * An exponential moving average of the weights: average = decay · average + (1 - decay) · weights.
 * Source: Polyak & Juditsky 1992; PyTorch optim.swa_utils.get_ema_avg_fn.
 * @example
 * const ema = new optim.EMA(model, 0.999);
 * optimizer.step();
 * ema.update();
 * const loss = ema.withAverages(() => evaluate(model)); // or ema.apply() ... ema.restore()
 */
export class EMA extends WeightAverage {
  readonly decay: number;

  /** @param decay  in [0, 1) */
  constructor(model: ParameterSource, decay: number | { decay?: number | undefined } = 0.999) {
    super("EMA", model);
    if (typeof decay === "object") checkKnownOptions("EMA", decay, ["decay"]);
    const given = typeof decay === "object" ? (decay.decay ?? 0.999) : decay;
    this.decay = checkNumber("EMA", "decay", given, { min: 0, max: 1, openMax: true });
  }

  protected override share(): number {
    return 1 - this.decay;
  }
}

/** As `namedParameters()` gives them. */
function isNamed(list: unknown): list is Named {
  return Array.isArray(list) && list.every((pair) => Array.isArray(pair) && typeof pair[0] === "string");
}
