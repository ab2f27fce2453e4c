import {
  checkKnownOptions,
  checkList,
  checkNonNegativeInteger,
  checkNumber,
  checkObject,
  type Given,
  withDefaults,
} from "../base/check.js";
import { isFloat } from "../base/dtype.js";
import { FormatError, OptionError, ShapeError, show } from "../base/errors.js";
import { formatShape, sameShape } from "../base/shape.js";
import { currentEngine } from "../engine/select.js";
import { stepBoundary } from "../tensor/lifetime.js";
import { contiguous, filled } from "../tensor/ops/raw.js";
import { Tensor } from "../tensor/tensor.js";
import { weightMap, weightOf } from "../tensor/weights.js";

/** Options that every optimiser has; a group may have its own. */
export interface BaseOptions {
  /** The learning rate. */
  lr: number;
}

/** Parameters that share options. `initialLr` is what schedules start from. */
export type ParamGroup<O extends BaseOptions> = O & { params: Tensor[]; initialLr?: number };

/** Parameters, or groups of them with options of their own. */
export type Params<O> = Iterable<Tensor> | Iterable<{ params: Iterable<Tensor> } & Given<O>>;

/** What an optimiser remembers, for a checkpoint: tensors by `{parameter}.{name}`, and numbers that JSON can hold. */
export interface OptimizerState {
  tensors: Map<string, Tensor>;
  scalars: {
    optimizer: string;
    /** Steps taken by each parameter. */
    steps: number[];
    /** The groups' options, and which parameters (counted through all groups) they hold. */
    groups: Record<string, unknown>[];
  };
}

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
 */
export abstract class Optimizer<O extends BaseOptions = BaseOptions> {
  readonly paramGroups: ParamGroup<O>[] = [];
  /** For errors and checkpoints: `AdamW`. */
  readonly name: string;
  readonly #defaults: O;
  /** Of a wider type than it has, so that every optimiser is an `Optimizer`. */
  readonly #check: (options: never) => void;
  readonly #slots = new Map<Tensor, Slot>();

  /** @param check throws OptionError for options out of range */
  constructor(name: string, params: Params<O>, options: Given<O>, defaults: O, check: (options: O) => void) {
    this.name = name;
    this.#check = check;
    checkKnownOptions(name, options, Object.keys(defaults));
    this.#defaults = withDefaults(defaults, options);
    const fix = "Pass model.parameters().";
    const list: unknown[] = checkList<unknown>(name, "params", params, fix);
    if (list.length === 0) {
      throw new OptionError({ op: name, argument: "params", must: "be at least one tensor", value: "none", fix });
    }
    const groups =
      list[0] instanceof Tensor ? [{ params: list as Tensor[] }] : (list as { params: Iterable<Tensor> }[]);
    for (const group of groups) this.#addGroup(group as { params: Iterable<Tensor> } & Given<O>);
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
        parameter.storage.beforeWrite();
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
   * @throws FormatError when they are not; nothing changes then
   */
  loadStateDict(state: OptimizerState): void {
    const order = this.#parameters();
    const op = `${this.name}.loadStateDict`;
    checkObject(op, "state", state, "what stateDict() gave");
    checkObject(op, "scalars", state.scalars, "an object");
    const { optimizer, steps, groups } = state.scalars;
    const fail = (argument: string, must: string, value: string): never => {
      const fix = "Load it into the optimiser that it was saved from.";
      throw new FormatError({ op, argument, must, value, fix });
    };
    if (optimizer !== this.name) fail("optimizer", `be ${show(this.name)}`, show(optimizer));
    if (!Array.isArray(steps) || steps.length !== order.length) {
      fail("steps", `be a list of ${order.length}, one a parameter`, show(steps));
    }
    for (const [i, step] of steps.entries()) checkNonNegativeInteger(op, `steps[${i}]`, step);
    checkList(op, "groups", groups);
    const members = this.paramGroups.map(({ params }) => params.map((parameter) => order.indexOf(parameter)).join());
    const found = groups.map((group) => placesOf(group?.["params"]));
    if (found.join(";") !== members.join(";"))
      fail("groups", `be ${members.length} of the same parameters`, show(found));
    const options = groups.map(({ params: _, ...saved }, i) => this.#checkedGroup(op, saved as Given<O>, i));
    const names = new Set(this.stateNames(options));
    const tensors = new Map<string, Tensor>();
    for (const [key, weight] of weightMap(op, state.tensors)) {
      const tensor = weightOf(op, key, weight);
      tensors.set(key, tensor);
      const at = key.indexOf(".");
      const parameter = order[Number(key.slice(0, at))];
      if (parameter === undefined || !names.has(key.slice(at + 1))) {
        fail("tensors", `be named {parameter}.{${[...names].join("|")}}`, show(key));
      } else if (!sameShape(parameter.shape, tensor.shape)) {
        fail(key, `be of shape ${formatShape(parameter.shape)}`, formatShape(tensor.shape));
      } else if (!isFloat(tensor.dtype)) {
        fail(key, "be float32 or float64", tensor.dtype);
      }
    }
    this.#restore(tensors, steps, options, order);
  }

  /** A saved group's options over those of the group here, checked as a constructor's are. */
  #checkedGroup(op: string, saved: Given<O> & { initialLr?: unknown }, i: number): O {
    const { params: _, ...own } = this.paramGroups[i];
    checkKnownOptions(op, saved, [...Object.keys(this.#defaults), "initialLr", ...this.progressNames()]);
    const options = { ...own, ...saved } as unknown as O & { initialLr?: unknown };
    this.#check(options as never);
    if (options.initialLr !== undefined) checkNumber(op, "initialLr", options.initialLr, { min: 0 });
    return options;
  }

  #restore(
    tensors: ReadonlyMap<string, Tensor>,
    steps: readonly number[],
    groups: readonly O[],
    order: readonly Tensor[],
  ): void {
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
    groups.forEach((options, i) => {
      Object.assign(this.paramGroups[i], options);
    });
  }

  /** Applies one step to a parameter in place. */
  protected abstract update(parameter: Tensor, grad: Tensor, slot: Slot, options: O): void;

  /** The names of the tensors that `update` keeps. */
  protected abstract stateNames(groups: readonly O[]): readonly string[];

  /** What a group remembers besides its options. */
  protected progressNames(): readonly string[] {
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
    tensor.storage.beforeWrite();
    return tensor;
  }

  #parameters(): Tensor[] {
    return this.paramGroups.flatMap(({ params }) => params);
  }

  #addGroup(given: { params: Iterable<Tensor> } & Given<O>): void {
    checkObject(this.name, "each of params", given, "a tensor, or a group { params, ... }");
    const { params, ...own } = given;
    checkKnownOptions(this.name, own, Object.keys(this.#defaults));
    const list = checkList(this.name, "a group's params", params, "Pass [{ params: model.parameters() }].");
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

/** A group's parameters as a saved state counts them: `0,1`. */
function placesOf(params: unknown): string {
  return Array.isArray(params) && params.every(Number.isInteger) ? params.join() : show(params);
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
