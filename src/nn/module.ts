import { checkBoolean, checkFunction, refusal } from "../base/check.js";
import { isFloat } from "../base/dtype.js";
import { OptionError } from "../base/errors.js";
import { stepBoundary } from "../tensor/lifetime.js";
import { copyOf, requireTensor } from "../tensor/ops/raw.js";
import { Tensor } from "../tensor/tensor.js";
import { type Weight, type Weights, weightMap } from "../tensor/weights.js";
import { BLANK, COPY, type Copies, checkNoPrivate, deepCopy, FILL } from "./deep-copy.js";
import { describe, describeShort, ownSettings } from "./describe.js";
import { type Held, type Holdings, holdings, refuseHidden, replaceHeld } from "./held.js";
import { checkFloatDType, type FloatDType } from "./options.js";
import { Parameter } from "./parameter.js";
import { type LoadOptions, type LoadResult, loadInto, SIZE, type StateDict } from "./state-dict.js";

const NOT_CLONEABLE = Symbol("a Module: clone() copies it, and stateDict() is what can be sent; it");

/**
 * The base of every network: extend it, make layers its properties, and write `forward`.
 *
 * Parameters and other modules are found in its own properties, also inside arrays, plain objects and Maps, however these are nested;
 * their names are the keys joined by dots (`layers.0.weight`, `heads.start.bias`), as PyTorch's ModuleList and ModuleDict have them. What
 * is in a private `#field` is not found; where a Set or a class that is no Module hides one, `parameters()` and `stateDict()` say so.
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

  /** The modules that this one holds, by name; `items.0` when they are in an array, `heads.start` in an object or a Map. */
  namedChildren(): [string, Module][] {
    return childrenIn(this.#holdings());
  }

  children(): Module[] {
    return this.namedChildren().map(([, module]) => module);
  }

  /** This module (named "") and all below it, each once. */
  namedModules(): [string, Module][] {
    return this.#walk().map(({ prefix, module }) => [prefix.slice(0, -1), module]);
  }

  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /**
   * Every parameter with its name; one that two modules share is listed once, under its first name.
   * @throws OptionError, code `hidden-module`, for a module or parameter where none is looked for
   */
  namedParameters(): [string, Parameter][] {
    const found = new Map<Parameter, string>();
    const places = this.#walk();
    for (const { prefix, held } of places) {
      for (const { name, value } of held) {
        if (value instanceof Parameter && !found.has(value)) found.set(value, named(value, prefix + name));
      }
    }
    if (places.some(({ opaque }) => opaque.length > 0)) {
      const modules = new Set<object>(places.map(({ module }) => module));
      for (const { opaque } of places)
        refuseHidden(opaque, isModule, (x) => modules.has(x) || found.has(x as Parameter));
    }
    return Array.from(found, ([parameter, name]) => [name, parameter]);
  }

  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  namedBuffers(): [string, Tensor][] {
    return this.#walk().flatMap(({ prefix, module }) => module.#ownBuffers(prefix));
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
    this.namedParameters();
    const found: StateDict = new Map();
    const path = new Set<Module>();
    const visit = (module: Module, prefix: string): void => {
      if (path.has(module)) return;
      path.add(module);
      const own = module.#holdings();
      for (const { name, value } of own.held)
        if (value instanceof Parameter) found.set(named(value, prefix + name), value.detach());
      for (const [name, buffer] of module.#ownBuffers(prefix)) found.set(name, buffer.detach());
      for (const [name, child] of childrenIn(own)) visit(child, `${prefix}${name}.`);
      path.delete(module);
    };
    visit(this, "");
    return found;
  }

  /** @internal */
  [SIZE]?(given: (name: string) => Weight | undefined, op: string): (() => void) | undefined;

  /**
   * Copies values in by name, converting between float32 and float64. Nothing changes when it throws. A parameter that
   * several modules share needs one of its names; where there are more, their values must be the same.
   * @param stateDict  what `stateDict()` or `decodeSafetensors` gave, arrays of numbers by name, or another module
   * @throws FormatError naming every missing, unexpected and misshapen tensor
   */
  loadStateDict(stateDict: Weights | Module, options: LoadOptions = {}): LoadResult {
    const source = stateDict instanceof Module ? stateDict.stateDict() : stateDict;
    return loadSized(this, source, "loadStateDict", (target) => loadInto(target, source, options));
  }

  /** `JSON.stringify(model)`: nested arrays of numbers by name, which `loadStateDict(JSON.parse(text))` takes. */
  toJSON(): Record<string, unknown> {
    return Object.fromEntries(this.stateDict());
  }

  /** What stands between the brackets of `String(module)`: here, its own numbers, words and flags that are set. Override it for others. */
  extraRepr(): string {
    return ownSettings(this);
  }

  /** The modules within modules, one a line, as PyTorch prints them. */
  toString(): string {
    return describe(this);
  }

  /** For `console.log`: one line. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const parameters = new Set(this.#walk().flatMap(({ held }) => held.map(({ value }) => value)));
    let size = 0;
    for (const value of parameters) if (value instanceof Parameter) size += value.size;
    return describeShort(this, size);
  }

  /**
   * Converts parameters and buffers, here and below, to another float type; integers stay. Each converted parameter is a new one without
   * gradient, shared where the old one was: make optimisers afterwards. Chainable.
   * @throws OptionError for a type that is neither float32 nor float64
   */
  to(dtype: FloatDType): this {
    checkFloatDType("Module.to", dtype);
    const converted = new Map<Tensor, Tensor>();
    const twinOf = <T extends Tensor>(value: T): T => {
      const twin = converted.get(value) ?? convert(value, dtype);
      converted.set(value, twin);
      return twin as T;
    };
    const isOther = (value: unknown): value is Tensor =>
      value instanceof Tensor && isFloat(value.dtype) && value.dtype !== dtype;
    const places = this.#walk();
    for (const { prefix, held } of places) for (const one of held) if (isOther(one.value)) checkHolder(prefix, one);
    for (const { module, held } of places) {
      for (const one of held)
        if (one.value instanceof Parameter && isOther(one.value)) replaceHeld(one, twinOf(one.value));
      for (const [name, buffer] of module.#ownBuffers("")) {
        if (isOther(buffer)) (module as unknown as Record<string, unknown>)[name] = twinOf(buffer);
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

  /** @internal Those that it holds itself, each once. */
  ownParameters(): Parameter[] {
    const found = this.#holdings().held.flatMap(({ value }) => (value instanceof Parameter ? [value] : []));
    return [...new Set(found)];
  }

  /** @internal Where parameters and children are looked for, in order. */
  members(): Iterable<[string, unknown]> {
    return Object.entries(this);
  }

  #holdings(): Holdings<Module> {
    return holdings(this, this.members(), isModule);
  }

  /** The modules, each once, with what their tensors' names start with ("", `layers.0.`) and what they hold. */
  #walk(): Place[] {
    const found: Place[] = [];
    const seen = new Set<Module>();
    const visit = (module: Module, prefix: string): void => {
      if (seen.has(module)) return;
      seen.add(module);
      const { held, opaque } = module.#holdings();
      found.push({ prefix, module, held, opaque });
      for (const { name, value } of held) if (isModule(value)) visit(value, `${prefix}${name}.`);
    };
    visit(this, "");
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

/**
 * Loads into `module.stateDict()`, in which buffers without a size have got that of what `source` has for them; they lose it again where
 * `load` throws.
 */
export function loadSized<T>(module: Module, source: Weights, op: string, load: (target: StateDict) => T): T {
  const given = weightMap(op, source);
  const undo: (() => void)[] = [];
  try {
    for (const [name, part] of module.namedModules()) {
      const back = part[SIZE]?.((own) => given.get(name === "" ? own : `${name}.${own}`), op);
      if (back) undo.push(back);
    }
    return load(module.stateDict());
  } catch (error) {
    for (const back of undo) back();
    throw error;
  }
}

/** @throws OptionError for what is no module */
export function requireModule(op: string, module: unknown, argument = "module"): asserts module is Module {
  if (!isModule(module)) throw refusal(op, argument, "be a Module", module);
}

function convert(value: Tensor, dtype: FloatDType): Tensor {
  const copy = copyOf(value, dtype);
  if (value instanceof Parameter) return new Parameter(copy, { requiresGrad: value.requiresGrad });
  copy.retain().storage.makeResident();
  return copy;
}

/** A module on the walk. */
interface Place extends Holdings<Module> {
  prefix: string;
  module: Module;
}

function isModule(value: unknown): value is Module {
  return value instanceof Module;
}

function childrenIn({ held }: Holdings<Module>): [string, Module][] {
  return held.flatMap(({ name, value }) => (value instanceof Module ? [[name, value]] : []));
}

/** @throws OptionError for a parameter in a container that nothing can be put into */
function checkHolder(prefix: string, { name, holder }: Held<Module>): void {
  if (holder instanceof Map || !Object.isFrozen(holder)) return;
  const [op, must] = ["Module.to", "be held by what is not frozen, to be replaced"];
  throw new OptionError({ op, argument: prefix + name, must, value: "a frozen object" });
}
