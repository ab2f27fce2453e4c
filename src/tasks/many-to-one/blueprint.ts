import type { Blueprint, Port, Program, Step } from "../../interchange/targets/blueprint.js";
import { floats, ints, lengthsOf } from "../export/ports.js";
import { lastHiddenOf, type RecurrentPart, recurrentPart } from "../recurrent/blueprint.js";
import { layersWidth } from "../recurrent/layers.js";
import { featuresOf, type RowInputs } from "../rows/inputs.js";
import type { ManyToOneConfig } from "./config.js";

/** What stands above the network's outputs, [N, outputs]: steps that read `head`, and what comes out. */
export interface Answer {
  readonly name: string;
  readonly about: string;
  readonly outputs: number;
  readonly steps: readonly Step[];
  readonly ports: readonly Port[];
}

/** A `RowModel` in the words of other toolkits. */
export function rowBlueprint(config: ManyToOneConfig, inputs: RowInputs, answer: Answer): Blueprint {
  const { embed, bidirectional, pooling } = config;
  const { vocabulary } = inputs;
  const features = featuresOf(inputs, config);
  const first =
    vocabulary === null
      ? floats("x", ["L", "N", features], "numbers of each step, less their mean and divided by their scale")
      : ints("ids", ["L", "N"], "tokens by their places in the vocabulary");
  const settings = { ...config, input: vocabulary === null ? features : embed };
  const joints = { module: "rnn", input: "x", output: "y" };
  const whole = recurrentPart(settings, { ...joints, lengths: "lengths", from: null });
  const about = (layers: RecurrentPart): Step[] => [
    ...(vocabulary === null
      ? []
      : [
          { op: "embedding", module: "embed", rows: vocabulary.size, width: embed, input: "ids", output: "x" } as const,
        ]),
    ...layers.steps,
    pooled(config, layers),
    headOf(config, answer.outputs),
    ...answer.steps,
  ];
  const model: Program = {
    name: "model",
    about: `${answer.about} Sequences lie side by side.`,
    inputs: [first, lengthsOf(vocabulary === null ? "steps" : "tokens")],
    steps: about(whole),
    outputs: answer.ports,
  };
  const base = { name: answer.name, about: answer.about, notes: [] };
  if (bidirectional || pooling !== "last") return { ...base, programs: [model] };
  const stream = recurrentPart(settings, { ...joints, lengths: null });
  const step: Program = {
    name: "step",
    about: `${answer.about} After the next steps, one or more, from the state after those before.`,
    inputs: [first, ...stream.before],
    steps: about(stream),
    outputs: [...answer.ports, ...stream.after],
  };
  return { ...base, programs: [model, step] };
}

function pooled(config: ManyToOneConfig, layers: RecurrentPart): Step {
  const { pooling } = config;
  if (pooling === "last") return lastHiddenOf(layers, "pooled");
  const module = pooling === "attention" ? "pool" : null;
  return {
    op: "pool",
    mode: pooling,
    module,
    width: layersWidth(config),
    input: "y",
    lengths: "lengths",
    output: "pooled",
  };
}

function headOf(config: ManyToOneConfig, outputSize: number): Step {
  const sizes = { inputSize: layersWidth(config), outputSize, bias: true, tied: null };
  return { op: "linear", module: "head", ...sizes, input: "pooled", output: "told" };
}
