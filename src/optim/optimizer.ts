import {
  checkFunction,
  checkKnownOptions,
  checkList,
  checkNumber,
  checkObject,
  checkString,
  type Given,
  isObject,
  withDefaults,
} from "../base/check.js";
import { OptionError, ShapeError, show } from "../base/errors.js";
import { formatShape, sameShape } from "../base/shape.js";
import { currentEngine } from "../engine/select.js";
import { stepBoundary } from "../tensor/lifetime.js";
import { contiguous, filled } from "../tensor/ops/raw.js";
import { hasParameters, type ParameterSource, parametersOf } from "../tensor/parameter-list.js";
import { Tensor } from "../tensor/tensor.js";
import { weightMap, weightOf } from "../tensor/weights.js";
import { type BaseOptions, checkOptimizerState, type OptimizerState, type ParamGroup } from "./optimizer-state.js";

export type { BaseOptions, OptimizerState, ParamGroup } from "./optimizer-state.js";

/** A group as it is given: parameters with options of their own, the optimiser's where they have none. */
export type GivenGroup<O> = { params: ParameterSource } & Given<O>;

/** A module, parameters, or groups of them with options of their own. */
export type Params<O> = ParameterSource | GivenGroup<O> | Iterable<GivenGroup<O>>;

/** What an optimiser keeps for one parameter. */
export interface Slot {
  /** Steps taken, this one included: counts from 1 inside `update`. */
  step: number;
  /** By PyTorch's names: `exp_avg`, `momentum_buffer`. */
  tensors: Map<string, Tensor>;
}

/**
 * The base of the optimisers: groups, `zeroGrad`, `step`, and a state that can be saved.
 * Subclasses say how one parameter is updated; parameters without a gradient are left alone.
 * @example
 * // groups with rates and decays of their own, which schedules follow each from its own rate
 * const optimizer = new optim.AdamW([{ params: model.embed, lr: 1e-4 }, { params: model.head, weightDecay: 0 }], { lr: 1e-3 });
 * // a batch in four pieces: gradients add up until zeroGrad(), so each piece's mean counts a quarter
 * for (const piece of pieces) lossOf(piece).div(pieces.length).backward();
 * optimizer.step();
 * optimizer.zeroGrad();
 */
export abstract class Optimizer<O extends BaseOptions = BaseOptions> {
  readonly paramGroups: ParamGroup<O>[] = [];
  /** For errors and checkpoints: `AdamW`. */
  readonly name: string;
  /** What writes the parameters, for errors. */
  readonly #step: string;
  readonly #defaults: O;
  /** Of any options, for the types: optimisers differ in theirs, and are all optimisers. */
  readonly #check: (options: object) => void;
  readonly #slots = new Map<Tensor, Slot>();

  /** @param check throws OptionError for options out of range */
  constructor(name: string, params: Params<O>, options: Given<O>, defaults: O, check: (options: O) => void) {
    checkString("Optimizer", "name", name);
    checkObject(name, "defaults", defaults, "an object of options");
    checkFunction(name, "check", check);
    this.name = name;
    this.#step = `${name}.step()`;
    this.#check = check as (options: object) => void;
    checkKnownOptions(name, options, Object.keys(defaults));
    this.#defaults = withDefaults(defaults, options);
    for (const group of this.#groupsOf(params)) this.addParamGroup(group);
  }

  #groupsOf(params: Params<O>): GivenGroup<O>[] {
    if (params instanceof Tensor || hasParameters(params)) return [{ params } as GivenGroup<O>];
    if (isGroup<O>(params)) return [params];
    const fix = typeof params === "function" ? "Call it: model.parameters()." : "Pass model.parameters().";
    const list = checkList<unknown>(this.name, "params", params as Iterable<unknown>, fix);
    if (list.length === 0) {
      const must = "be at least one tensor";
      throw new OptionError({ op: this.name, argument: "params", must, value: "none", fix });
    }
    return isGroup<O>(list[0]) ? (list as GivenGroup<O>[]) : [{ params: list } as unknown as GivenGroup<O>];
  }

  /** The learning rate of the first group; each of `paramGroups` has its own. */
  get lr(): number {
    return this.paramGroups[0].lr;
  }

  /** Updates every parameter that has a gradient. */
  step(): void {
    for (const group of this.paramGroups) {
      for (const parameter of group.params) {
        const given = parameter.grad;
        if (given === null || parameter.size === 0) continue;
        let slot = this.#slots.get(parameter);
        if (slot === undefined) {
          slot = { step: 0, tensors: new Map() };
          this.#slots.set(parameter, slot);
        }
        slot.step++;
        parameter.storage.beforeWrite(this.#step);
        this.update(parameter, this.#usable(parameter, given), slot, group);
      }
    }
  }

  /** Frees the gradients, and the values of the graph that was walked last. */
  zeroGrad(): void {
    for (const { params } of this.paramGroups) {
      for (const parameter of params) {
        if (parameter.grad === null) continue;
        parameter.grad.dispose();
        parameter.grad = null;
      }
    }
    stepBoundary();
  }

  /** Everything that the next step depends on. The tensors share memory with the optimiser: write them before it steps. */
  stateDict(): OptimizerState {
    const tensors = new Map<string, Tensor>();
    const steps: number[] = [];
    const order = this.#parameters();
    order.forEach((parameter, i) => {
      const slot = this.#slots.get(parameter);
      steps.push(slot?.step ?? 0);
      for (const [name, tensor] of slot?.tensors ?? []) tensors.set(`${i}.${name}`, tensor.detach());
    });
    const groups = this.paramGroups.map(({ params, ...options }) => ({
      ...options,
      params: params.map((parameter) => order.indexOf(parameter)),
    }));
    return { tensors, scalars: { optimizer: this.name, steps, groups } };
  }

  /**
   * Takes over what `stateDict()` gave; the parameters must be the same in number, order and shape.
   * @throws FormatError when they are not, or a field is none that `stateDict()` gives; nothing changes then
   */
  loadStateDict(state: OptimizerState): void {
    const order = this.#parameters();
    const tensors = state?.tensors;
    const given = isObject(tensors) ? { ...state, tensors: tensorsOf(`${this.name}.loadStateDict`, tensors) } : state;
    checkOptimizerState(given, {
      name: this.name,
      groups: this.paramGroups,
      order,
      tensorNames: this.stateNames(this.paramGroups),
      extras: ["initialLr", ...this.groupExtras()],
      check: this.#check,
    });
    this.#restore(given, order);
  }

  #restore({ tensors, scalars }: OptimizerState, order: readonly Tensor[]): void {
    const { steps, groups } = scalars;
    // What has to be brought to the engine is, so that nothing can fail once the old state is gone.
    for (const tensor of tensors.values()) void tensor.buffer;
    for (const slot of this.#slots.values()) for (const tensor of slot.tensors.values()) tensor.dispose();
    this.#slots.clear();
    order.forEach((parameter, i) => {
      if (steps[i] > 0) this.#slots.set(parameter, { step: steps[i], tensors: new Map() });
    });
    for (const [key, tensor] of tensors) {
      const at = key.indexOf(".");
      const parameter = order[Number(key.slice(0, at))];
      const slot = this.#slots.get(parameter) ?? { step: 0, tensors: new Map() };
      this.#slots.set(parameter, slot);
      const own = this.stateTensor(slot, key.slice(at + 1), parameter);
      currentEngine().copy(own, tensor);
    }
    groups.forEach(({ params: _, ...options }, i) => {
      Object.assign(this.paramGroups[i], options);
    });
  }

  /** Applies one step to a parameter in place. */
  protected abstract update(parameter: Tensor, grad: Tensor, slot: Slot, options: O): void;

  /** The names of the tensors that `update` keeps. */
  protected abstract stateNames(groups: readonly O[]): readonly string[];

  /** What a group holds besides its options; `check` sees it too. */
  protected groupExtras(): readonly string[] {
    return [];
  }

  /** The slot's tensor of this name in the parameter's shape, made of `value`s at first use. */
  protected stateTensor(slot: Slot, name: string, parameter: Tensor, value = 0): Tensor {
    let tensor = slot.tensors.get(name);
    if (tensor === undefined) {
      tensor = filled(parameter.dtype, parameter.shape, value).retain();
      tensor.storage.makeResident();
      slot.tensors.set(name, tensor);
    }
    tensor.storage.beforeWrite(this.#step);
    return tensor;
  }

  #parameters(): Tensor[] {
    return this.paramGroups.flatMap(({ params }) => params);
  }

  /**
   * Has the optimiser learn more parameters, with options of their own where given: those of layers that were frozen, say. Schedules made
   * before take the group's rate as what they start from.
   * @throws OptionError for options out of range, and for a parameter that it has already; nothing changes then
   */
  addParamGroup(given: GivenGroup<O>): void {
    checkObject(this.name, "each of params", given, "a tensor, or a group { params, ... }");
    const { params, ...own } = given;
    checkKnownOptions(this.name, own, Object.keys(this.#defaults));
    const list = parametersOf(this.name, "a group's params", params);
    const group = { ...withDefaults(this.#defaults, own as unknown as Given<O>), params: list } as ParamGroup<O>;
    this.#check(group as never);
    const known = new Set(this.#parameters());
    group.params.forEach((parameter, i) => {
      const wrong = complaint(parameter, known);
      if (wrong !== null) {
        throw new OptionError({ op: this.name, argument: `params[${i}]`, must: wrong.must, value: wrong.value });
      }
      known.add(parameter);
    });
    this.paramGroups.push(group);
  }

  #usable(parameter: Tensor, grad: Tensor): Tensor {
    if (!sameShape(grad.shape, parameter.shape) || grad.dtype !== parameter.dtype) {
      throw new ShapeError({
        op: `${this.name}.step`,
        argument: "grad",
        must: `have its parameter's shape ${formatShape(parameter.shape)} and type ${parameter.dtype}`,
        value: `${formatShape(grad.shape)} ${grad.dtype}`,
      });
    }
    return contiguous(grad);
  }
}

/** Of an optimiser's state, its tensors, whatever form of weights they came in. */
function tensorsOf(op: string, given: OptimizerState["tensors"]): Map<string, Tensor> {
  return new Map([...weightMap(op, given)].map(([key, weight]) => [key, weightOf(op, key, weight)]));
}

function isGroup<O>(value: unknown): value is GivenGroup<O> {
  return isObject(value) && !hasParameters(value) && "params" in value;
}

function complaint(parameter: unknown, known: ReadonlySet<Tensor>): { must: string; value: string } | null {
  if (!(parameter instanceof Tensor)) return { must: "be a tensor", value: show(parameter) };
  if (!parameter.isLeaf) return { must: "be a leaf", value: `the result of ${parameter.node?.name}` };
  if (!parameter.isContiguous) return { must: "be contiguous", value: `strides ${formatShape(parameter.strides)}` };
  if (known.has(parameter)) return { must: "be a parameter listed once", value: "one that was listed before" };
  return null;
}

/** Each of these must be a finite number >= 0. */
export function checkNonNegative(op: string, options: object, names: readonly string[]): void {
  for (const name of names) checkNumber(op, name, (options as Record<string, unknown>)[name], { min: 0 });
}
