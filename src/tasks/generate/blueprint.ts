import type { Blueprint, Port, Step } from "../../interchange/targets/blueprint.js";
import type { Known } from "../commands.js";
import { floats, ints, lengthsOf } from "../export/ports.js";
import { recurrentPart } from "../recurrent/blueprint.js";
import { columnsWidth } from "../rows/number-columns.js";
import { beginSize, needsPositive } from "./model.js";
import type { GenerateTypes } from "./types.js";

/** A writer in the words of other toolkits: a state of a condition, and steps from there. */
export function generateBlueprint({ config, meta }: Known<GenerateTypes>): Blueprint {
  const { vocabulary } = meta;
  const width = columnsWidth(meta.conditions);
  const { embed, hidden } = config;
  const conditions = floats(
    "conditions",
    ["N", width],
    "of each text: a 1 for its class, and its numbers less their mean and divided by their scale",
  );
  const ids = ints("ids", ["L", "N"], "the token before each, <bos> to begin with");
  const logits = floats("logits", ["L", "N", vocabulary.size], "scores of each token; their softmax are probabilities");
  const settings = { ...config, input: embed + width };
  const joints = { module: "rnn", input: "x", output: "y" };
  const whole = recurrentPart(settings, { ...joints, lengths: "lengths" });
  const stream = recurrentPart(settings, { ...joints, lengths: null });
  const head = { inputSize: hidden, outputSize: vocabulary.size, bias: true, tied: null };
  const about = (layers: readonly Step[]): Step[] => [
    { op: "embedding", module: "embed", rows: vocabulary.size, width: embed, input: "ids", output: "embedded" },
    { op: "repeat", input: "conditions", like: "embedded", output: "beside" },
    { op: "concat", inputs: ["embedded", "beside"], output: "x" },
    ...layers,
    { op: "linear", module: "head", ...head, input: "y", output: "logits" },
  ];
  const start = startOf({ config, meta }, stream.before);
  return {
    name: "Writer",
    about: "Scores of the next token of a text that is written of a condition.",
    notes: ["<pad>, <bos> and <unk> are never to be drawn, and a text ends with <eos>"],
    programs: [
      {
        name: "model",
        about: "Whole texts side by side, as they were written.",
        inputs: [ids, conditions, lengthsOf("tokens")],
        steps: [...start, ...about(whole.steps)],
        outputs: [logits],
      },
      {
        name: "start",
        about: "The state before the first step.",
        inputs: [conditions],
        steps: start,
        outputs: stream.before,
      },
      {
        name: "step",
        about: "The next tokens, one or more, from the state after those before.",
        inputs: [ids, conditions, ...stream.before],
        steps: about(stream.steps),
        outputs: [logits, ...stream.after],
      },
    ],
  };
}

/** States of a condition: h of the layers one after the other, other states zeros. */
function startOf({ config, meta }: Known<GenerateTypes>, states: readonly Port[]): Step[] {
  const sizes = { inputSize: columnsWidth(meta.conditions), outputSize: beginSize(config), bias: true, tied: null };
  const steps: Step[] = [
    { op: "linear", module: "begin", ...sizes, input: "conditions", output: "begun" },
    { op: needsPositive(config) ? "sigmoid" : "tanh", input: "begun", output: "all_states" },
  ];
  let from = 0;
  for (const { name, shape } of states) {
    if (name.startsWith("c")) {
      steps.push({ op: "zeros", input: name.replace("c", "h"), output: name });
      continue;
    }
    const [rows, , hidden] = shape as readonly [number, string, number];
    steps.push({ op: "state", from, rows, hidden, input: "all_states", output: name });
    from += rows * hidden;
  }
  return steps;
}
