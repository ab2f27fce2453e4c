import { blank } from "../../nn/deep-copy.js";
import { Module } from "../../nn/module.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { JsonObject } from "../json-object.js";
import type { Dialect } from "./dialect.js";
import type { StepMask } from "./step-mask.js";
import type { LayerWeights } from "./weights.js";

/** What goes from layer to layer: a tensor in Keras's layout, batch first, and which of its steps count; null for all. */
export interface Signal {
  x: Tensor;
  mask: StepMask | null;
}

/** A layer of Keras: some signals in, some out. */
export abstract class KerasLayer extends Module {
  abstract call(inputs: readonly Signal[]): readonly Signal[];

  /** Whether it can be called with so many. */
  takes(count: number): boolean {
    return count === 1;
  }

  /** Begins again with zeros, where a state was kept. */
  resetState(): void {}
}

/** What a layer is made of. */
export interface LayerSpec {
  op: string;
  /** Keras's class: `LSTM`. */
  type: string;
  name: string;
  /** For errors: `layer "lstm" (LSTM)`. */
  where: string;
  config: JsonObject;
  weights: LayerWeights;
  dialect: Dialect;
  /** A layer inside this one. @param at  where its weights are */
  inner(layer: JsonObject, at: string): KerasLayer;
}

export type LayerBuilder = (spec: LayerSpec) => KerasLayer;

/** A layer without parameters: a function of the first signal, whose mask goes on or ends here. */
export class FunctionLayer extends KerasLayer {
  readonly kind: string;
  readonly transform: (x: Tensor) => Tensor;
  readonly passesMask: boolean;

  constructor(kind: string, transform: (x: Tensor) => Tensor, passesMask = false) {
    super();
    this.kind = kind;
    this.transform = transform;
    this.passesMask = passesMask;
  }

  call([{ x, mask }]: readonly Signal[]): readonly Signal[] {
    return [{ x: this.transform(x), mask: this.passesMask ? mask : null }];
  }
}

/** A module of `nn` that takes one tensor, between two turns of its layout. */
export class ModuleLayer<M extends Module & { forward(x: Tensor): Tensor }> extends KerasLayer {
  module: M;
  readonly after: (x: Tensor) => Tensor;

  constructor(module: M, after: (x: Tensor) => Tensor) {
    super();
    this.module = module;
    this.after = after;
  }

  call([{ x, mask }]: readonly Signal[]): readonly Signal[] {
    return [{ x: this.after(this.module.forward(x)), mask }];
  }
}

/** What `make` makes, without random numbers that the caller's would miss: the weights come from the file. */
export const unseeded = blank;
