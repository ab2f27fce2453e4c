import { isObject, refusal } from "../../base/check.js";
import { FormatError, show, UnrolledError, UnsupportedError } from "../../base/errors.js";
import type { Json } from "../../base/strict-json.js";
import { Module } from "../../nn/module.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { JsonObject } from "../json-object.js";
import type { NamedArray } from "../named-array.js";
import type { ContainerWeights } from "./containers.js";
import type { Dialect } from "./dialect.js";
import { type GraphLayer, graphOf } from "./graph.js";
import { KerasLayer, type LayerSpec, type Signal, unseeded } from "./layer.js";
import { KerasModel, keyOfLayer } from "./model.js";
import { CONTAINERS, LAYERS } from "./registry.js";
import type { LayerWeights } from "./weights.js";

/** A layer of someone's own, for the function that makes its module. */
export interface CustomLayer {
  name: string;
  /** As the file has it. */
  config: Readonly<Record<string, Json>>;
  /** The layer's next weight of that role, `kernel` say. @throws FormatError for none, or another shape; null is any size */
  take(role: string, shape: readonly (number | null)[]): NamedArray;
}

/** What makes them, by class: each gives a module from the layer's tensors to one. */
export type CustomLayers = Readonly<
  Record<string, (layer: CustomLayer) => Module & { forward(...inputs: Tensor[]): Tensor }>
>;

/** A layer that cannot be built, and why. */
export interface Misfit {
  name: string;
  type: string;
  reason: string;
}

/** Makes modules of a configuration and weights; what it cannot make is gathered, for one error. */
export class ModelBuilder {
  readonly misfits: Misfit[] = [];
  readonly #op: string;
  readonly #dialect: Dialect;
  readonly #custom: CustomLayers;

  constructor(op: string, dialect: Dialect, custom: CustomLayers = {}) {
    this.#op = op;
    this.#dialect = dialect;
    this.#custom = custom;
  }

  /**
   * @param topology  with `class_name` and `config`
   * @throws UnsupportedError, code `unsupported-layers`, with all of them in `details.layers`; FormatError for what does not fit together
   */
  build(topology: JsonObject, weights: ContainerWeights): KerasModel {
    const model = unseeded(() => this.#model(topology, weights));
    if (this.misfits.length === 0) return model.eval();
    throw unsupported(this.#op, this.misfits);
  }

  #model(topology: JsonObject, weights: ContainerWeights): KerasModel {
    const { layers, all, ...wiring } = graphOf(topology);
    weights.register(all);
    const built = new Map<string, KerasLayer>();
    for (const layer of layers) {
      const made = this.#layer(layer, weights);
      if (made !== null) built.set(keyOfLayer(layer.name), made);
    }
    for (const { layer, inputs } of wiring.calls) {
      if (built.get(keyOfLayer(layer))?.takes(inputs.length) !== false) continue;
      const { entry } = layers.find(({ name }) => name === layer)!;
      entry.fail("be called with as many tensors as it takes", String(inputs.length));
    }
    return new KerasModel(built, wiring);
  }

  /** Null for a misfit. */
  #layer(layer: GraphLayer, weights: ContainerWeights): KerasLayer | null {
    const { name, type, entry } = layer;
    if (CONTAINERS.has(type)) return this.#model(entry, weights.container(layer));
    try {
      return this.#one(type, name, entry, weights.layer(layer));
    } catch (error) {
      if (!(error instanceof UnrolledError) || error instanceof FormatError) throw error;
      const { argument, must, value } = error;
      const isOwn = Object.hasOwn(this.#custom, type);
      if (!(error instanceof UnsupportedError) && isOwn) throw error;
      // What a module of ours refuses, the file says.
      if (!(error instanceof UnsupportedError)) entry.called(`${argument} of ${entry.where}`).fail(must, value);
      const reason = error.code === "unknown-layer" ? error.fix : `${argument} must ${must}, got ${value}`;
      this.misfits.push({ name, type: error.code === "unknown-layer" ? error.value : type, reason });
      return null;
    }
  }

  #one(type: string, name: string, entry: JsonObject, weights: LayerWeights): KerasLayer {
    const config = entry.object("config").called(entry.where);
    if (Object.hasOwn(this.#custom, type)) return this.#ofOnesOwn(type, name, config, weights);
    const row = LAYERS.get(type);
    if (row === undefined) throw unknownLayer(this.#op, type);
    const inner: LayerSpec["inner"] = (layer, at) => {
      const own = layer.called(`the layer in ${entry.where}`);
      const kind = own.string("class_name");
      if (CONTAINERS.has(kind)) {
        throw new UnsupportedError({
          op: this.#op,
          argument: entry.where,
          must: "hold a layer",
          value: `a model, ${kind}`,
        });
      }
      return this.#one(kind, name, own, weights.part(at));
    };
    const { where } = entry;
    return row.build({ op: this.#op, type, name, where, config, weights, dialect: this.#dialect, inner });
  }

  #ofOnesOwn(type: string, name: string, { fields }: JsonObject, weights: LayerWeights): KerasLayer {
    const make = this.#custom[type];
    if (typeof make !== "function") {
      throw refusal(this.#op, `layers.${type}`, "be a function that makes a module", make);
    }
    const module: unknown = make({ name, config: fields, take: (role, shape) => weights.take(role, shape) });
    if (module instanceof Module && typeof (module as { forward?: unknown }).forward === "function") {
      return new CustomKerasLayer(module as never);
    }
    throw refusal(this.#op, `layers.${type}`, "give a module with forward(...inputs)", module);
  }
}

class CustomKerasLayer extends KerasLayer {
  module: Module & { forward(...inputs: Tensor[]): Tensor };

  constructor(module: Module & { forward(...inputs: Tensor[]): Tensor }) {
    super();
    this.module = module;
  }

  override takes(): boolean {
    return true;
  }

  call(inputs: readonly Signal[]): readonly Signal[] {
    return [{ x: this.module.forward(...inputs.map(({ x }) => x)), mask: inputs[0]?.mask ?? null }];
  }
}

/** Why there is no such layer, in `fix`. */
function unknownLayer(op: string, type: string): UnsupportedError {
  return new UnsupportedError({
    code: "unknown-layer",
    op,
    argument: "a layer",
    must: "be of a class that is known",
    value: type,
    fix: reasonAgainst(type) ?? "",
  });
}

/** Null for a class that can be built. */
export function reasonAgainst(type: string): string | null {
  if (LAYERS.has(type) || CONTAINERS.has(type) || type === "InputLayer") return null;
  if (type === "Lambda") return "it holds Python code, which is never run";
  if (type === "TFOpLambda" || type === "SlicingOpLambda") return "it is an operation of TensorFlow, not a layer";
  return /attention/i.test(type) ? "attention of someone's own" : "not known here";
}

function unsupported(op: string, misfits: readonly Misfit[]): UnsupportedError {
  const listed = misfits.slice(0, 12).map(({ type, name, reason }) => `${type} ${show(name)} (${reason})`);
  const more = misfits.length > 12 ? `, and ${misfits.length - 12} more` : "";
  return new UnsupportedError({
    code: "unsupported-layers",
    op,
    argument: "layers",
    must: "be of classes that can be built",
    value: listed.join(", ") + more,
    fix: "Pass { layers: { NAME: ({ config, take }) => module } } for classes of your own, or use the arrays alone.",
    details: { layers: misfits.map((misfit) => ({ ...misfit })) },
  });
}

/** @throws OptionError for what is no object of functions */
export function checkCustomLayers(op: string, layers: unknown): asserts layers is CustomLayers {
  if (!isObject(layers)) throw refusal(op, "layers", "be functions by class", layers);
  for (const [type, make] of Object.entries(layers)) {
    if (typeof make !== "function") throw refusal(op, `layers.${type}`, "be a function that makes a module", make);
  }
}
