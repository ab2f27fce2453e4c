import type { Blueprint, Step } from "../../interchange/targets/blueprint.js";
import type { Known } from "../commands.js";
import { floats, ints, lengthsOf } from "../export/ports.js";
import { recurrentPart } from "../recurrent/blueprint.js";
import { layerSizes, outputSize } from "./config.js";
import type { LanguageModelTypes } from "./task.js";

const JOINTS = { module: "rnn", input: "x", output: "y" };

/** A language model in the words of other toolkits. */
export function languageModelBlueprint({ config, meta }: Known<LanguageModelTypes>): Blueprint {
  const { embed, tie } = config;
  const { size } = meta;
  const ids = ints("ids", ["L", "N"], "tokens by their places in the vocabulary");
  const logits = floats("logits", ["L", "N", size], "scores of the token after each; their softmax are probabilities");
  const whole = recurrentPart(layerSizes(config), { ...JOINTS, lengths: "lengths", from: null });
  const stream = recurrentPart(layerSizes(config), { ...JOINTS, lengths: null });
  const width = outputSize(config);
  const tied = tie ? "embed" : null;
  const sizes = { inputSize: width, outputSize: size, bias: true, tied };
  const about = (layers: readonly Step[]): Step[] => [
    { op: "embedding", module: "embed", rows: size, width: embed, input: "ids", output: "x" },
    ...layers,
    { op: "linear", module: "head", ...sizes, input: "y", output: "logits" },
  ];
  return {
    name: "LanguageModel",
    about: "Scores of each text's next token, after each of its tokens.",
    notes: [],
    programs: [
      {
        name: "model",
        about: "Whole texts side by side, each from its beginning.",
        inputs: [ids, lengthsOf("tokens")],
        steps: about(whole.steps),
        outputs: [logits, ...whole.after],
      },
      {
        name: "step",
        about: "The next tokens of texts, one or more, from the state after those before.",
        inputs: [ids, ...stream.before],
        steps: about(stream.steps),
        outputs: [logits, ...stream.after],
      },
    ],
  };
}
