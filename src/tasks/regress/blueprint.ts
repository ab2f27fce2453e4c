import type { Blueprint } from "../../interchange/targets/blueprint.js";
import { floats } from "../export/ports.js";
import { rowBlueprint } from "../many-to-one/blueprint.js";
import type { ManyToOneConfig } from "../many-to-one/config.js";
import type { RowInputs } from "../rows/inputs.js";

/** A regressor in the words of other toolkits: what it tells is a number of the table. */
export function regressBlueprint(
  config: ManyToOneConfig,
  { inputs, mean, scale }: { inputs: RowInputs; mean: number; scale: number },
): Blueprint {
  return rowBlueprint(config, inputs, {
    name: "Regressor",
    about: "The number of each sequence.",
    outputs: 1,
    steps: [{ op: "affine", scale, shift: mean, input: "told", output: "values" }],
    ports: [floats("values", ["N", 1], "what is told, as it stands in the table")],
  });
}
