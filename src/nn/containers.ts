import { checkFunction, checkList, refusal } from "../base/check.js";
import type { Tensor } from "../tensor/tensor.js";
import { BLANK, type Copies, deepCopy, FILL } from "./deep-copy.js";
import { Module } from "./module.js";

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

/** Modules one after another, each fed with the result of the one before. */
export class Sequential extends ModuleList<TensorModule> {
  constructor(...modules: TensorModule[]) {
    super(modules);
  }

  forward(x: Tensor): Tensor {
    let y = x;
    for (const module of this) {
      checkFunction("Sequential.forward", "each module's forward", module.forward);
      y = module.forward(y);
    }
    return y;
  }
}
