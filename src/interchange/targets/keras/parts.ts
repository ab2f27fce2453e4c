import { keras } from "../../conventions/columns.js";
import { type NamedArray, type NamedArrays, transposedArray } from "../../named-array.js";
import type { Blueprint, LinearStep, RecurrentStep, Step } from "../blueprint.js";
import type { Obstacle } from "../target.js";

/** A layer as Keras has it. */
export interface KerasPart {
  /** Its class: `LSTM`. */
  readonly type: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** The layers that it reads, by their names. */
  readonly inputs: readonly string[];
  /** Its weights in Keras's order and layout, of a layer with two directions those of both. */
  weights(all: NamedArrays): { part: "" | "forward" | "backward"; role: string; array: NamedArray }[];
}

/** A network as layers of Keras: whole sequences in, batch first, and what they are told. */
export interface KerasParts {
  readonly inputs: readonly { name: string; type: "float" | "int"; size: number | null }[];
  readonly layers: readonly KerasPart[];
  /** The layers that give what is told. */
  readonly outputs: readonly string[];
  readonly obstacles: readonly Obstacle[];
}

/** What its cells are called there, and what they are told besides. */
const CELLS: Readonly<Record<string, { type: string; cell: "lstm" | "gru" | "rnn_tanh"; options: object }>> = {
  lstm: { type: "LSTM", cell: "lstm", options: { activation: "tanh", recurrent_activation: "sigmoid" } },
  gru: {
    type: "GRU",
    cell: "gru",
    options: { activation: "tanh", recurrent_activation: "sigmoid", reset_after: true },
  },
  rnn: { type: "SimpleRNN", cell: "rnn_tanh", options: { activation: "tanh" } },
  irnn: { type: "SimpleRNN", cell: "rnn_tanh", options: { activation: "relu" } },
};

const NAMES = { kernel: "kernel", recurrent: "recurrent_kernel", bias: "bias" };
const NOTHING = () => [];

/** The first program of a network, step by step. */
export function kerasParts(blueprint: Blueprint): KerasParts {
  const maker = new PartMaker(blueprint);
  const [{ name, steps, inputs, outputs }] = blueprint.programs;
  if (name !== "model") maker.stop(name, "hands states to a part of the model that stands by itself");
  for (const step of steps) maker.take(step, steps);
  const read = new Set(maker.layers.flatMap((layer) => layer.inputs));
  return {
    inputs: inputs
      .filter((port) => read.has(port.name))
      .map(({ name: own, type, shape }) => ({ name: own, type, size: shape.length === 3 ? Number(shape[2]) : null })),
    layers: maker.layers,
    outputs: outputs.flatMap((port) => maker.layerOf(port.name) ?? []),
    obstacles: maker.obstacles,
  };
}

class PartMaker {
  readonly layers: KerasPart[] = [];
  readonly obstacles: Obstacle[] = [];
  /** Of each value the layer that gives it. */
  readonly #made = new Map<string, string>();

  constructor(blueprint: Blueprint) {
    for (const { name } of blueprint.programs[0].inputs) this.#made.set(name, name);
  }

  stop(layer: string, why: string): void {
    this.obstacles.push({ layer, why });
  }

  /** Null for a state. */
  layerOf(value: string): string | undefined {
    return this.#made.get(value);
  }

  take(step: Step, all: readonly Step[]): void {
    if (step.op === "embedding") this.#embedding(step);
    else if (step.op === "recurrent") this.#recurrent(step, all);
    else if (step.op === "linear") this.#dense(step, all);
    else if (step.op === "pool") this.#pool(step);
    // Its output is left to whoever has the scores.
    else if (step.op === "best-path") return;
    // An affine step is in the weights of the layer before it.
    else if (step.op === "last-hidden" || step.op === "affine") this.#alias(step.input, step.output);
    else if (step.op === "concat" && step.inputs.length === 1) this.#alias(step.inputs[0], step.output);
    else if (step.op === "concat") {
      this.#add("Concatenate", step.output, step, step.inputs, { config: { axis: -1 }, weights: NOTHING });
    } else if (step.op === "softmax" || step.op === "sigmoid" || step.op === "tanh") {
      const config = { activation: step.op };
      this.#add("Activation", step.output, step, [step.input], { config, weights: NOTHING });
    } else this.stop(step.output, `is made by an operation of its own (${step.op})`);
  }

  #embedding(step: Extract<Step, { op: "embedding" }>): void {
    this.#add("Embedding", step.module, step, [step.input], {
      config: { input_dim: step.rows, output_dim: step.width, mask_zero: false },
      weights: (from) => [{ part: "", role: "embeddings", array: from.get(`${step.module}.weight`)! }],
    });
  }

  #alias(input: string, output: string): void {
    const from = this.#made.get(input);
    if (from !== undefined) this.#made.set(output, from);
  }

  #add(
    type: string,
    name: string,
    { output }: { output: string },
    inputs: readonly string[],
    { config, weights }: Pick<KerasPart, "config" | "weights">,
  ): void {
    const own = name.replaceAll(".", "_");
    this.layers.push({
      type,
      name: own,
      config,
      weights,
      inputs: inputs.map((value) => this.#made.get(value) ?? value),
    });
    this.#made.set(output, own);
  }

  #pool({ mode, module, input, output }: Extract<Step, { op: "pool" }>): void {
    if (mode === "attention") this.stop(module ?? output, "weighs steps by a query of its own");
    const type = mode === "mean" ? "GlobalAveragePooling1D" : "GlobalMaxPooling1D";
    this.#add(type, output, { output }, [input], { config: {}, weights: NOTHING });
  }

  #dense(step: LinearStep, all: readonly Step[]): void {
    const { module, tied, bias, outputSize } = step;
    const scaling = all.find((other) => other.op === "affine" && other.input === step.output);
    const { scale, shift } = scaling?.op === "affine" ? scaling : { scale: 1, shift: 0 };
    this.#add("Dense", module, step, [step.input], {
      config: { units: outputSize, activation: "linear", use_bias: bias },
      weights(from) {
        const kernel = transposedArray(from.get(`${tied ?? module}.weight`)!);
        const own = bias ? [scaled(from.get(`${module}.bias`)!, scale, shift)] : [];
        return [
          { part: "", role: "kernel", array: scaled(kernel, scale, 0) },
          ...own.map((array) => ({ part: "", role: "bias", array }) as const),
        ];
      },
    });
  }

  #recurrent(step: RecurrentStep, all: readonly Step[]): void {
    const { module, cell, states, numLayers, hiddenSize, bidirectional, input, output } = step;
    const row = CELLS[cell];
    if (step.outputSize !== hiddenSize) this.stop(module, `projects its outputs to ${step.outputSize}`);
    if (states !== null) this.stop(module, "begins with states that are given");
    if (row === undefined) {
      this.stop(module, `is of the cell ${cell}`);
      return;
    }
    const whole = all.some((other) => readsOf(other).includes(output));
    for (let k = 0; k < numLayers; k++) {
      const isTop = k === numLayers - 1;
      const settings = {
        units: hiddenSize,
        use_bias: true,
        ...row.options,
        return_sequences: !isTop || whole,
        go_backwards: false,
        stateful: false,
      };
      const name = `${module}_l${k}`.replaceAll(".", "_");
      const layer = { class_name: row.type, config: { name: `${name}_layer`, ...settings } };
      const of = (suffix: string, part: "" | "forward" | "backward") => (from: NamedArrays) => {
        const own = keras({ cell: row.cell, names: NAMES }).toTheirs(arraysOf(from, module, `_l${k}${suffix}`));
        return Object.values(NAMES).map((role) => ({ part, role, array: own.get(role)! }));
      };
      const [forward, backward] = [of("", "forward"), of("_reverse", "backward")];
      const made = { output: isTop ? output : name };
      if (bidirectional) {
        this.#add("Bidirectional", name, made, [k === 0 ? input : `${module}_l${k - 1}`.replaceAll(".", "_")], {
          config: { merge_mode: "concat", layer },
          weights: (from) => [...forward(from), ...backward(from)],
        });
      } else {
        this.#add(row.type, name, made, [k === 0 ? input : `${module}_l${k - 1}`.replaceAll(".", "_")], {
          config: settings,
          weights: of("", ""),
        });
      }
    }
    if (!whole) this.#made.set(step.nextStates[0], this.#made.get(output)!);
  }
}

function scaled({ dtype, shape, data }: NamedArray, scale: number, shift: number): NamedArray {
  return { dtype, shape, data: scale === 1 && shift === 0 ? data : data.map((x) => x * scale + shift) };
}

/** Of one layer and direction, under the names of a single layer. */
function arraysOf(all: NamedArrays, module: string, suffix: string): Map<string, NamedArray> {
  const roles = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
  return new Map(roles.map((role) => [`${role}_l0`, all.get(`${module}.${role}${suffix}`)!]));
}

/** The values that a step reads. */
function readsOf(step: Step): string[] {
  const { input, inputs, query, keys } = step as unknown as Record<string, unknown>;
  return [input, query, keys, ...(Array.isArray(inputs) ? inputs : [])].filter(
    (one) => typeof one === "string",
  ) as string[];
}
