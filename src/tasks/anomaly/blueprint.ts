import type { Blueprint, Step } from "../../interchange/targets/blueprint.js";
import type { Known } from "../commands.js";
import { floats, ints, lengthsOf } from "../export/ports.js";
import { forecasterBlueprint } from "../forecast/blueprint.js";
import { recurrentPart } from "../recurrent/blueprint.js";
import type { AnomalyConfig } from "./config.js";
import { forecastConfig } from "./forecast-config.js";
import { lineSettings } from "./model.js";
import type { AnomalyTypes } from "./types.js";

const NOTE = "a score is a loss in nats, and what scores more than the number threshold is unusual";

/** What knows what is usual, in the words of other toolkits. */
export function anomalyBlueprint({ config, meta }: Known<AnomalyTypes>): Blueprint {
  const { series, vocabulary } = meta;
  const found =
    series === null
      ? lineBlueprint(config, vocabulary!.size)
      : forecasterBlueprint(forecastConfig(config), series, "series.");
  return { ...found, name: "AnomalyDetector", notes: [...found.notes, NOTE] };
}

function lineBlueprint(config: AnomalyConfig, size: number): Blueprint {
  const ids = ints("ids", ["L", "N"], "tokens by their places in the vocabulary");
  const logits = floats("logits", ["L", "N", size], "scores of the token after each; their softmax are probabilities");
  const joints = { module: "lines.rnn", input: "x", output: "y" };
  const whole = recurrentPart(lineSettings(config), { ...joints, lengths: "lengths", from: null });
  const stream = recurrentPart(lineSettings(config), { ...joints, lengths: null });
  const head = { inputSize: config.hidden, outputSize: size, bias: true, tied: null };
  const about = (layers: readonly Step[]): Step[] => [
    { op: "embedding", module: "lines.embed", rows: size, width: config.embed, input: "ids", output: "x" },
    ...layers,
    { op: "linear", module: "lines.head", ...head, input: "y", output: "logits" },
  ];
  return {
    name: "",
    about: "Scores of each line's next token, after each of its tokens.",
    notes: [],
    programs: [
      {
        name: "model",
        about: "Whole lines side by side.",
        inputs: [ids, lengthsOf("tokens")],
        steps: about(whole.steps),
        outputs: [logits],
      },
      {
        name: "step",
        about: "The next tokens of lines, one or more, from the state after those before.",
        inputs: [ids, ...stream.before],
        steps: about(stream.steps),
        outputs: [logits, ...stream.after],
      },
    ],
  };
}
