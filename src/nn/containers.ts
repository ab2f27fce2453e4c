import { checkFunction, checkList, refusal } from "../base/check.js";
import { requireTensor } from "../tensor/ops/raw.js";
import type { Tensor } from "../tensor/tensor.js";
import { BLANK, type Copies, deepCopy, FILL } from "./deep-copy.js";
import { Module } from "./module.js";
import type { RecurrentModule } from "./recurrent-module.js";

/** A list of modules whose parameters belong to the module that holds it: `layers.0.weight`. */
export class ModuleList<M extends Module = Module> extends Module implements Iterable<M> {
  readonly #items: M[] = [];

  constructor(modules: Iterable<M> = []) {
    super();
    for (const module of checkList("ModuleList", "modules", modules, "Write new ModuleList([a, b])."))
      this.push(module);
  }

  get length(): number {
    return this.#items.length;
  }

  /** Negative indices count from the end. */
  at(index: number): M | undefined {
    return Number.isInteger(index) ? this.#items.at(index) : undefined;
  }

  push(module: M): this {
    if (!(module instanceof Module)) {
      throw refusal("ModuleList", "module", "be a Module", module);
    }
    this.#items.push(module);
    return this;
  }

  [Symbol.iterator](): Iterator<M> {
    return this.#items[Symbol.iterator]();
  }

  /** @internal */
  override [BLANK](): this {
    return Reflect.construct(ModuleList, [], this.constructor) as this;
  }

  /** @internal */
  override [FILL](original: this, copies: Copies): void {
    this.#items.push(...deepCopy(original.#items, this.constructor.name, copies));
  }

  override members(): Iterable<[string, unknown]> {
    return this.#items.map((module, i) => [String(i), module]);
  }
}

/** A module from a tensor to a tensor. */
export type TensorModule = Module & { forward(x: Tensor): Tensor };

/** What `Sequential` takes: a module, one that returns its output before a state, or a function. */
export type SequentialPart = TensorModule | RecurrentModule | ((x: Tensor) => Tensor);

/** A function in a place for modules. */
class FunctionModule extends Module {
  readonly #body: (x: Tensor) => Tensor;

  constructor(body: (x: Tensor) => Tensor) {
    super();
    this.#body = body;
  }

  forward(x: Tensor): Tensor {
    return this.#body(x);
  }
}

/**
 * Modules and functions one after another, each fed with the result of the one before; of a recurrent module's [y, state], y.
 * Parameters: those of the modules, under `0.`, `1.`, ...; a function counts as a place too.
 * Source: PyTorch nn.Sequential.
 * @example
 * const model = new nn.Sequential(new nn.Embedding(65, 32), new nn.GRU(32, 64), (y) => y.select(0, -1), new nn.Linear(64, 5));
 * model.forward(ids); // [L, N] gives [N, 5]
 */
export class Sequential extends ModuleList<TensorModule | RecurrentModule> {
  constructor(...parts: SequentialPart[]) {
    super(parts.map(asModule));
  }

  /** @throws OptionError where a module has no `forward`, or gives something else than a tensor, or one before a state */
  forward(x: Tensor): Tensor {
    const op = "Sequential.forward";
    let y = x;
    let place = 0;
    for (const module of this) {
      checkFunction(op, "each module's forward", module.forward);
      const result: unknown = module.forward(y);
      y = (Array.isArray(result) ? result[0] : result) as Tensor;
      requireTensor(op, `the result of module ${place++}`, y);
    }
    return y;
  }
}

function asModule(part: SequentialPart): TensorModule | RecurrentModule {
  if (typeof part !== "function") return part;
  if (!((part as { prototype?: unknown }).prototype instanceof Module)) return new FunctionModule(part);
  const fix = `Write new ${part.name}(...).`;
  throw refusal("Sequential", "module", "be a Module or a function", part, fix);
}
