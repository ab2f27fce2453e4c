import { checkBoolean, checkFunction, refusal } from "../base/check.js";
import { isFloat } from "../base/dtype.js";
import { OptionError } from "../base/errors.js";
import { stepBoundary } from "../tensor/lifetime.js";
import { copyOf, requireTensor } from "../tensor/ops/raw.js";
import { Tensor } from "../tensor/tensor.js";
import type { Weights } from "../tensor/weights.js";
import { BLANK, COPY, type Copies, checkNoPrivate, deepCopy, FILL } from "./deep-copy.js";
import { checkFloatDType, type FloatDType } from "./options.js";
import { Parameter } from "./parameter.js";
import { type LoadOptions, type LoadResult, loadInto, type StateDict } from "./state-dict.js";

const NOT_CLONEABLE = Symbol("a Module: clone() copies it, and stateDict() is what can be sent; it");

/**
 * The base of every network: extend it, make layers its properties, and write `forward`.
 *
 * Parameters, buffers and other modules are found in its own properties, also inside arrays; their names are the
 * properties' names joined by dots (`layers.0.weight`), as in PyTorch.
 * @example
 * class Tagger extends nn.Module {
 *   embed = new nn.Embedding(5000, 64);
 *   gru = new nn.GRU(64, 128);
 *   head = new nn.Linear(128, 12);
 *   forward(ids: Tensor) {
 *     return this.head.forward(this.gru.forward(this.embed.forward(ids))[0]);
 *   }
 * }
 */
export class Module {
  /** Whether dropout and its like act; `train()` and `eval()` switch it. */
  training = true;
  /** @internal A symbol cannot be cloned: `structuredClone` would give an object without methods, and so throws this. */
  readonly notCloneable: symbol = NOT_CLONEABLE;
  readonly #buffers = new Set<string>();

  /** Makes `tensor` the property `name`: saved and loaded with the parameters, never learned. */
  registerBuffer(name: string, tensor: Tensor): void {
    if (typeof name !== "string" || name === "" || name.includes(".")) {
      throw refusal("registerBuffer", "name", "be a property's name, without dots", name);
    }
    const old = (this as Record<string, unknown>)[name];
    if (old !== undefined && old !== null && !(old instanceof Tensor)) {
      throw refusal("registerBuffer", "name", "be a name that the module does not use", name);
    }
    requireTensor("registerBuffer", name, tensor);
    if (tensor instanceof Parameter) {
      const must = "be a tensor that is not a Parameter";
      throw new OptionError({ op: "registerBuffer", argument: name, must, value: "a Parameter" });
    }
    tensor.retain().storage.makeResident();
    this.#buffers.add(name);
    (this as Record<string, unknown>)[name] = tensor;
  }

  /** The modules that are properties of this one, by name; `items.0` when they are in an array. */
  namedChildren(): [string, Module][] {
    const found: [string, Module][] = [];
    for (const [name, value] of this.members()) collect(name, value, found);
    return found;
  }

  children(): Module[] {
    return this.namedChildren().map(([, module]) => module);
  }

  /** This module (named "") and all below it, each once. */
  namedModules(): [string, Module][] {
    return this.#prefixed().map(([prefix, module]) => [prefix.slice(0, -1), module]);
  }

  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** Every parameter with its name; one that two modules share is listed once, under its first name. */
  namedParameters(): [string, Parameter][] {
    const found: [string, Parameter][] = [];
    const seen = new Set<Parameter>();
    for (const [prefix, module] of this.#prefixed()) {
      for (const [name, value] of module.members()) {
        if (!(value instanceof Parameter) || seen.has(value)) continue;
        seen.add(value);
        found.push([named(value, prefix + name), value]);
      }
    }
    return found;
  }

  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  namedBuffers(): [string, Tensor][] {
    return this.#prefixed().flatMap(([prefix, module]) => module.#ownBuffers(prefix));
  }

  /** Switches this module and all below it to training, or with false to evaluation. Chainable. */
  train(mode = true): this {
    checkBoolean("train", "mode", mode);
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** `train(false)`. */
  eval(): this {
    return this.train(false);
  }

  /** Calls `visit` with every module, children before their parents. Chainable. */
  apply(visit: (module: Module) => void): this {
    checkFunction("apply", "visit", visit);
    for (const module of this.modules().reverse()) visit(module);
    return this;
  }

  /**
   * Parameters and buffers by name, sharing their memory: clone what must not change with the next step. A shared
   * parameter appears under each of its names, as PyTorch has it.
   */
  stateDict(): StateDict {
    const found: StateDict = new Map();
    const path = new Set<Module>();
    const visit = (module: Module, prefix: string): void => {
      if (path.has(module)) return;
      path.add(module);
      for (const [name, value] of module.members())
        if (value instanceof Parameter) found.set(named(value, prefix + name), value.detach());
      for (const [name, buffer] of module.#ownBuffers(prefix)) found.set(name, buffer.detach());
      for (const [name, child] of module.namedChildren()) visit(child, `${prefix}${name}.`);
      path.delete(module);
    };
    visit(this, "");
    return found;
  }

  /**
   * Copies values in by name, converting between float32 and float64. Nothing changes when it throws. A parameter that
   * several modules share needs one of its names; where there are more, their values must be the same.
   * @param stateDict  what `stateDict()` gave, the `tensors` of `decodeSafetensors`, or arrays of numbers by name
   * @throws FormatError naming every missing, unexpected and misshapen tensor
   */
  loadStateDict(stateDict: Weights, options: LoadOptions = {}): LoadResult {
    return loadInto(this.stateDict(), stateDict, options);
  }

  /**
   * Converts parameters and buffers, here and below, to another float type; integers stay. Each converted parameter is a new one without
   * gradient, shared where the old one was: make optimisers afterwards. Chainable.
   * @throws OptionError for a type that is neither float32 nor float64
   */
  to(dtype: FloatDType): this {
    checkFloatDType("Module.to", dtype);
    const converted = new Map<Tensor, Tensor>();
    for (const module of this.modules()) {
      const own = module as unknown as Record<string, unknown>;
      const buffers = module.#ownBuffers("").map(([name]) => name);
      for (const [name, value] of module.members()) {
        if (!(value instanceof Parameter || (value instanceof Tensor && buffers.includes(name)))) continue;
        if (!isFloat(value.dtype) || value.dtype === dtype) continue;
        const twin = converted.get(value) ?? convert(value, dtype);
        converted.set(value, twin);
        own[name] = twin;
      }
    }
    for (const old of converted.keys()) old.dispose();
    return this;
  }

  /**
   * An independent copy: parameters, buffers and fields with their values, modes and types. What is tied here is tied there. Gradients,
   * history and observers are not copied; functions are shared. The class's constructor is not run.
   * @throws UnsupportedError, code `not-cloneable`, naming the field or class that nobody can copy: #private members of a class of
   *   one's own, arrow functions with `this`, objects of other classes that hold tensors
   * @example const best = model.clone();
   */
  clone(): this {
    return this.#copied(new Map(), this.constructor.name);
  }

  /** @internal As part of another module. */
  [COPY](copies: Copies, where: string): this {
    if (this.clone === Module.prototype.clone) return this.#copied(copies, where);
    const copy = this.clone();
    copies.set(this, copy);
    return copy;
  }

  /** @internal */
  [BLANK](): this {
    return Reflect.construct(Module, [], this.constructor) as this;
  }

  /** @internal */
  [FILL](_original: this, _copies: Copies): void {}

  #copied(copies: Copies, where: string): this {
    checkNoPrivate(this, Module.prototype);
    const copy = this[BLANK]();
    copies.set(this, copy);
    for (const key of Reflect.ownKeys(copy)) if (!Object.hasOwn(this, key)) Reflect.deleteProperty(copy, key);
    for (const key of Reflect.ownKeys(this)) {
      const field = Object.getOwnPropertyDescriptor(this, key)!;
      if (key === "observer" && "anatomy" in this) field.value = null;
      if ("value" in field) field.value = deepCopy(field.value as unknown, `${where}.${String(key)}`, copies);
      Object.defineProperty(copy, key, field);
    }
    for (const name of this.#buffers) {
      copy.#buffers.add(name);
      (copy as unknown as Record<string, Tensor | null>)[name]?.storage.makeResident();
    }
    copy[FILL](this, copies);
    return copy;
  }

  /** Frees the gradients. Optimisers have the same method for their own parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) {
      parameter.grad?.dispose();
      parameter.grad = null;
    }
    stepBoundary();
  }

  /** @internal Where parameters and children are looked for, in order. */
  members(): Iterable<[string, unknown]> {
    return Object.entries(this);
  }

  /** The modules with what their tensors' names start with: "", `layers.0.`. */
  #prefixed(): [string, Module][] {
    const found: [string, Module][] = [];
    const seen = new Set<Module>();
    visitModules(this, "", (prefix, module) => {
      if (seen.has(module)) return false;
      seen.add(module);
      found.push([prefix, module]);
      return true;
    });
    return found;
  }

  #ownBuffers(prefix: string): [string, Tensor][] {
    const own = this as unknown as Record<string, Tensor>;
    return [...this.#buffers].filter((name) => own[name] instanceof Tensor).map((name) => [prefix + name, own[name]]);
  }
}

/** `name`, of which errors hear too: the longest that a parameter was called by, which the outermost module did. */
function named({ storage }: Parameter, name: string): string {
  if (name.length > storage.name.length) storage.name = name;
  return name;
}

/** @throws OptionError for what is no module */
export function requireModule(op: string, module: unknown, argument = "module"): asserts module is Module {
  if (!(module instanceof Module)) throw refusal(op, argument, "be a Module", module);
}

function convert(value: Tensor, dtype: FloatDType): Tensor {
  const copy = copyOf(value, dtype);
  if (value instanceof Parameter) return new Parameter(copy, { requiresGrad: value.requiresGrad });
  copy.retain().storage.makeResident();
  return copy;
}

function collect(name: string, value: unknown, found: [string, Module][]): void {
  if (value instanceof Module) found.push([name, value]);
  if (!Array.isArray(value)) return;
  for (const [i, item] of value.entries()) collect(`${name}.${i}`, item, found);
}

/** Depth first, a module before its children; `visit` says whether to go below it. */
function visitModules(module: Module, prefix: string, visit: (prefix: string, module: Module) => boolean): void {
  if (!visit(prefix, module)) return;
  for (const [name, child] of module.namedChildren()) visitModules(child, `${prefix}${name}.`, visit);
}
