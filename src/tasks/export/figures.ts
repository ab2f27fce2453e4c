import { roundedWeights } from "../../interchange/targets/rounded.js";
import type { Precision } from "../../interchange/targets/target.js";
import { buildTask } from "../checkpoint.js";
import type { CommandTask, Known } from "../commands.js";
import type { TaskTypes } from "../task.js";
import { modelToWrite } from "./export.js";

/** A figure of a task on what is held out, before weights are rounded and after. */
export interface RoundedFigure {
  /** `perplexity`. */
  name: string;
  unit: string;
  before: number;
  after: number;
  /** As a person reads them. */
  text: readonly [before: string, after: string];
}

/**
 * What rounding its weights costs a model, in the figures of its task on what is held out of `data`.
 * @param module  with the weights as they are
 */
export async function roundedFigures<T extends TaskTypes>(
  task: CommandTask<T>,
  module: T["model"],
  known: Known<T>,
  { data, precision }: { data: T["data"]; precision: Precision },
): Promise<RoundedFigure[]> {
  const weights = roundedWeights(await modelToWrite(task, module, known), precision);
  const rounded = buildTask(task, { ...known, weights });
  const [before, after] = [module, rounded].map((model) => figuresOf(task, model, known, data));
  return before.map(({ name, unit, value, format }, k) => {
    const other = after[k].value;
    return { name, unit, before: value, after: other, text: [format(value), format(other)] };
  });
}

function figuresOf<T extends TaskTypes>(
  task: CommandTask<T>,
  model: T["model"],
  { config, meta }: Known<T>,
  data: T["data"],
) {
  const metrics = task.metrics(meta);
  for (const output of task.outputs(model, data, config)) for (const metric of metrics) metric.add(output as never);
  return metrics.map((metric) => ({
    name: metric.name,
    unit: metric.unit,
    value: metric.value,
    format: (value: number) => metric.format(value),
  }));
}
