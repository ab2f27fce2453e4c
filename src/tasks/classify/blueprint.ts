import type { Blueprint } from "../../interchange/targets/blueprint.js";
import type { Known } from "../commands.js";
import { floats } from "../export/ports.js";
import { rowBlueprint } from "../many-to-one/blueprint.js";
import type { ClassifyTypes } from "./types.js";

/** A classifier in the words of other toolkits. */
export function classifyBlueprint({ config, meta }: Known<ClassifyTypes>): Blueprint {
  const outputs = meta.classes.length;
  const [what, how] = config.multi ? ["label", "sigmoid"] : ["class", "softmax"];
  return rowBlueprint(config, meta.inputs, {
    name: "Classifier",
    about: `The probability of each ${what} of each sequence.`,
    outputs,
    steps: [{ op: config.multi ? "sigmoid" : "softmax", input: "told", output: "probabilities" }],
    ports: [
      floats("told", ["N", outputs], `scores, one a ${what}`),
      floats("probabilities", ["N", outputs], `the ${how} of the scores`),
    ],
  });
}
