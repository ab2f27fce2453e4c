import { checkArray, checkKnownOptions, checkObject, checkPositiveInteger } from "../../base/check.js";
import { collect, type Layer } from "../layer.js";
import { type NdArray, RANDOM, type RandomOptions } from "../nd-array.js";
import type { RecurrentLayer } from "../recurrent-layer.js";

/** Layers by the names that they have as a state dict's prefixes; an array is a stack of recurrent layers. */
export type NamedLayers = Readonly<Record<string, Layer | readonly RecurrentLayer[]>>;

/**
 * What all models have: the params of their layers, and the gradients, in one list each. A training step is
 *   loss = model.forward(xs, ts);  model.backward();  optimizer.update(model.params, model.grads)
 */
export abstract class Model implements Layer {
  readonly layers: NamedLayers;
  readonly params: readonly NdArray[];
  readonly grads: readonly NdArray[];

  constructor(layers: NamedLayers) {
    checkObject("Model", "layers", layers, "layers by name");
    for (const [name, layer] of Object.entries<unknown>(layers).flatMap(([name, some]) =>
      [some].flat().map((one) => [name, one] as const),
    )) {
      checkObject("Model", name, layer, "a layer");
      const { params, grads } = layer as Partial<Layer>;
      checkArray("Model", `params of ${name}`, params);
      checkArray("Model", `grads of ${name}`, grads);
    }
    this.layers = layers;
    ({ params: this.params, grads: this.grads } = collect(Object.values(layers).flat()));
  }

  /** The mean loss in nats; e to its power is the perplexity. */
  abstract forward(xs: NdArray, ts: NdArray): number;

  /** Fills `grads`. */
  abstract backward(dLoss?: number): void;
}

/** @throws OptionError unless each is a positive integer, and for unknown options */
export function checkSizes(
  op: string,
  sizes: Readonly<Record<string, number>>,
  options: RandomOptions,
  known: readonly string[] = RANDOM,
): void {
  checkKnownOptions(op, options, known);
  for (const [name, size] of Object.entries(sizes)) checkPositiveInteger(op, name, size);
}
