import type { Blueprint, Step } from "../../interchange/targets/blueprint.js";
import { floats } from "../export/ports.js";
import { recurrentPart } from "../recurrent/blueprint.js";
import { inputNames } from "./batch.js";
import type { ForecastConfig } from "./config.js";
import type { ForecastMeta } from "./data.js";
import { layerSettings } from "./model.js";
import { outputNamed } from "./outputs.js";

/**
 * A forecaster in the words of other toolkits.
 * @param under  what stands before the names of its modules: `series.`
 */
export function forecasterBlueprint(
  config: ForecastConfig,
  meta: Pick<ForecastMeta, "calendar" | "covariates">,
  under = "",
): Blueprint {
  const settings = layerSettings(config, meta);
  const { size } = outputNamed(config.output);
  const x = floats("x", ["L", "N", settings.input], `of each step: ${inputNames(config, meta).join(", ")}`);
  const raw = floats("raw", ["L", "N", size], `what is said of each step, the numbers of a ${config.output} output`);
  const joints = { module: `${under}rnn`, input: "x", output: "y", lengths: null };
  const whole = recurrentPart(settings, { ...joints, from: null });
  const stream = recurrentPart(settings, joints);
  const sizes = { inputSize: config.hidden + settings.input, outputSize: size, bias: true, tied: null };
  const about = (layers: readonly Step[]): Step[] => [
    ...layers,
    { op: "concat", inputs: ["y", "x"], output: "seen" },
    { op: "linear", module: `${under}head`, ...sizes, input: "seen", output: "raw" },
  ];
  return {
    name: "Forecaster",
    about: "What is said of each step of series, in the scale of each.",
    notes: [
      `raw is in the scale of each series: the numbers of a ${config.output} output are to be turned into values`,
    ],
    programs: [
      {
        name: "model",
        about: "Whole windows side by side, all of one length.",
        inputs: [x],
        steps: about(whole.steps),
        outputs: [raw, ...whole.after],
      },
      {
        name: "step",
        about: "The next steps, one or more, from the state after those before.",
        inputs: [x, ...stream.before],
        steps: about(stream.steps),
        outputs: [raw, ...stream.after],
      },
    ],
  };
}
