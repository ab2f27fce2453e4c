import { UnsupportedError } from "../../base/errors.js";
import { formatShape, sizeOf } from "../../base/shape.js";
import type { JsonObject } from "../json-object.js";
import type { NamedArray, NamedArrays } from "../named-array.js";
import { type CustomLayers, ModelBuilder, reasonAgainst } from "./build.js";
import { type ContainerWeights, LayerIndex } from "./containers.js";
import type { Dialect } from "./dialect.js";
import { graphOf } from "./graph.js";
import type { KerasModel } from "./model.js";
import { CONTAINERS, LAYERS } from "./registry.js";
import { guessLayers } from "./state-dict.js";
import type { TakenNames } from "./weights.js";

/** A layer of a model of others, as a table shows it. */
export interface ForeignLayer {
  name: string;
  /** Its class there: `LSTM`. */
  kind: string;
  /** Its settings: `units 128, activation tanh, return sequences`. */
  about: string;
  /** Numbers in it. */
  parameters: number;
  /** Names and shapes of its weights, as the file has them. */
  weights: string;
  /** What it is here; null where it cannot be built. */
  becomes: string | null;
  /** Why it cannot be built, or what is to be known of it; else null. */
  remark: string | null;
}

/** What a file of Keras or TensorFlow.js holds. */
export interface KerasFile {
  format: "keras-hdf5" | "keras" | "tfjs";
  /** `Keras 2.9.0`, `TensorFlow.js layers 4.22.0`. */
  producer: string;
  /** As the file has them. */
  arrays: NamedArrays;
  layers: readonly ForeignLayer[];
  /** What a reader should know, in sentences. */
  warnings: readonly string[];
  /** Whether there is a configuration, so that `toModule()` can build the model. */
  hasModel: boolean;
  /**
   * The model, in evaluation. Its random numbers are its own: the caller's are not touched.
   * @throws UnsupportedError, code `unsupported-layers` with all of them, or `no-model` for weights alone; FormatError for weights that
   *   are missing (`missing-weight`), do not fit (`weight-shape`), and a graph that goes in a circle (`cycle`)
   */
  toModule(): KerasModel;
  /**
   * The arrays under PyTorch's names, order and layout, as modules of `nn` load them: `lstm.weight_ih_l0`, `dense.weight`. Layers are told
   * by the names and shapes of their weights; others stay as they are.
   */
  toStateDict(): Map<string, NamedArray>;
}

/** What a source gives, of whatever format. */
export interface Contents {
  op: string;
  format: KerasFile["format"];
  dialect: Dialect;
  arrays: NamedArrays;
  /** With `class_name` and `config`; null for weights alone. */
  topology: JsonObject | null;
  /** Anew for each model that is built. */
  weights(taken: TakenNames): ContainerWeights;
}

export function kerasFile(contents: Contents, custom: CustomLayers): KerasFile {
  const { op, format, dialect, arrays, topology } = contents;
  const layers = topology === null ? guessedTable(arrays) : describedTable(topology, contents, custom);
  return {
    format,
    producer: dialect.producer,
    arrays,
    layers,
    warnings: warningsOf(contents, layers),
    hasModel: topology !== null,
    toModule() {
      if (topology !== null) return new ModelBuilder(op, dialect, custom).build(topology, contents.weights(new Set()));
      const [argument, must, value] = ["file", "hold the model's configuration", "weights alone"];
      const fix =
        "Build it of nn's modules, and load what toStateDict() gives; or save the whole model with model.save(path).";
      throw new UnsupportedError({ code: "no-model", op, argument, must, value, fix });
    },
    toStateDict() {
      const found = new Map<string, NamedArray>();
      for (const layer of guessLayers(arrays)) {
        for (const [name, array] of layer.arrays) found.set(layer.name === "" ? name : `${layer.name}.${name}`, array);
      }
      return found;
    },
  };
}

function guessedTable(arrays: NamedArrays): ForeignLayer[] {
  return guessLayers(arrays).map(({ name, type, sources, remark }) => ({
    name,
    kind: type || "unknown",
    about: "",
    ...weightsOf(sources.map((source) => [source, arrays.get(source)!] as const)),
    becomes: LAYERS.get(type)?.becomes ?? null,
    remark,
  }));
}

function describedTable(topology: JsonObject, contents: Contents, custom: CustomLayers): ForeignLayer[] {
  const rows: ForeignLayer[] = [];
  const index = new LayerIndex([...contents.arrays]);
  const visit = (model: JsonObject, prefix: string): void => {
    for (const { name, type, entry } of graphOf(model).all) {
      if (CONTAINERS.has(type)) {
        visit(entry, `${prefix}${name}.`);
        continue;
      }
      const config = entry.object("config");
      const inner = config.has("layer") ? config.object("layer").string("class_name", "") : "";
      const reason = Object.hasOwn(custom, type)
        ? null
        : (reasonAgainst(type) ?? (inner === "" ? null : reasonAgainst(inner)));
      rows.push({
        name: prefix + name,
        kind: inner === "" ? type : `${type}(${inner})`,
        about: settingsOf(inner === "" ? config : config.object("layer").object("config")),
        ...weightsOf(index.of(name)),
        becomes:
          reason === null ? (LAYERS.get(type)?.becomes ?? (type === "InputLayer" ? "an input" : "your module")) : null,
        remark: reason,
      });
    }
  };
  visit(topology, "");
  return rows;
}

/** Those that tell layers of one class apart. */
const SHOWN = [
  "units",
  "activation",
  "recurrent_activation",
  "reset_after",
  "return_sequences",
  "go_backwards",
  "stateful",
  "input_dim",
  "output_dim",
  "mask_zero",
  "filters",
  "kernel_size",
  "rate",
];

function settingsOf(config: JsonObject): string {
  const shown = SHOWN.flatMap((key) => {
    const value = config.get(key) ?? false;
    if (value === false || value === "linear") return [];
    const word = key.replaceAll("_", " ");
    return [
      value === true ? word : `${word} ${typeof value === "string" ? value : JSON.stringify(value).slice(0, 20)}`,
    ];
  });
  return shown.join(", ");
}

function weightsOf(entries: readonly (readonly [string, NamedArray])[]): Pick<ForeignLayer, "weights" | "parameters"> {
  const named = entries.map(([path, { shape }]) => `${path.slice(path.lastIndexOf("/") + 1)} ${formatShape(shape)}`);
  return { weights: named.join(", "), parameters: entries.reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0) };
}

function warningsOf({ topology, dialect, arrays }: Contents, layers: readonly ForeignLayer[]): string[] {
  const warnings: string[] = [];
  if (topology === null) {
    warnings.push("The file holds weights alone: activations, masks and how layers join are not told.");
    const recurrent = layers.some(({ kind }) => /LSTM|GRU/.test(kind) && !kind.startsWith("CuDNN"));
    if (recurrent) {
      warnings.push(
        "The gates' activation is not told: sigmoid in Keras since TensorFlow 2, hard_sigmoid (x/5 + 1/2 in [0, 1]) before.",
      );
    }
  }
  if (layers.some(({ kind }) => kind.startsWith("CuDNN"))) {
    warnings.push(
      "Layers of cuDNN: the gates' blocks were stored transposed and the biases apart; both are put right.",
    );
  }
  const misfits = layers.filter(({ becomes, kind }) => becomes === null && kind !== "unknown");
  if (misfits.length > 0) {
    warnings.push(`Layers that cannot be built: ${misfits.map(({ kind, name }) => `${kind} ${name}`).join(", ")}.`);
  }
  if (arrays.size === 0) warnings.push("The file holds no weights.");
  if (topology !== null && !dialect.isTfjs && dialect.producer.includes("unknown")) {
    warnings.push("The version of Keras is not told: hard_sigmoid is taken as before Keras 3.");
  }
  return warnings;
}
