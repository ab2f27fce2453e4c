import type { Blueprint, Port } from "../../interchange/targets/blueprint.js";
import type { Vocabulary } from "../../text/index.js";
import type { Known } from "../commands.js";
import { recurrentPart } from "../recurrent-blueprint.js";
import { layerSizes } from "./config.js";
import type { LanguageModelTypes } from "./task.js";

/** A language model in the words of other toolkits. */
export function languageModelBlueprint({ config, meta }: Known<LanguageModelTypes>): Blueprint {
  const ids: Port = { name: "ids", type: "int", shape: ["L", "N"], about: "tokens by their places in the vocabulary" };
  const lengths: Port = { name: "lengths", type: "int", shape: ["N"], about: "tokens of each text, 1 to L" };
  const logits: Port = {
    name: "logits",
    type: "float",
    shape: ["L", "N", meta.size],
    about: "scores of the token after each, whose softmax are probabilities",
  };
  const whole = recurrentPart(layerSizes(config), { ...JOINTS, lengths: "lengths", from: null });
  const stream = recurrentPart(layerSizes(config), { ...JOINTS, lengths: null });
  return {
    name: "LanguageModel",
    about: "Scores of each text's next token, after each of its tokens.",
    programs: [
      {
        name: "model",
        about: "Whole texts side by side, each from its beginning.",
        inputs: [ids, lengths],
        steps: stepsAbout(config, meta, whole.steps),
        outputs: [logits, ...whole.after],
      },
      {
        name: "step",
        about: "The next tokens of texts, one or more, from the state after those before.",
        inputs: [ids, ...stream.before],
        steps: stepsAbout(config, meta, stream.steps),
        outputs: [logits, ...stream.after],
      },
    ],
  };
}

const JOINTS = { module: "rnn", input: "x", output: "y" };

function stepsAbout(
  { embed, hidden, lastHidden, tie }: Known<LanguageModelTypes>["config"],
  { size }: Vocabulary,
  layers: Blueprint["programs"][number]["steps"],
): Blueprint["programs"][number]["steps"] {
  return [
    { op: "embedding", module: "embed", rows: size, width: embed, input: "ids", output: "x" },
    ...layers,
    {
      op: "linear",
      module: "head",
      inputSize: lastHidden ?? hidden,
      outputSize: size,
      bias: true,
      tied: tie ? "embed" : null,
      input: "y",
      output: "logits",
    },
  ];
}
