import type { Metric } from "../../metrics/index.js";
import type { Evaluated, Figure } from "../commands.js";

/**
 * An evaluation by metrics alone.
 * @param counted  what was evaluated: `rows`, and how many there are
 * @param others  figures that come last
 */
export function evaluatedBy<Output>(
  metrics: readonly Metric<Output>[],
  outputs: Iterable<Output>,
  counted: { name: string; value: number },
  others: readonly Figure[] = [],
): Evaluated {
  for (const output of outputs) for (const metric of metrics) metric.add(output);
  const figures = metrics.map((metric) => {
    const { name, unit, value } = metric;
    return { name, unit, value, text: metric.format(value) };
  });
  const all = [...figures, { ...counted, unit: "" }, ...others];
  return { figures: all, unseen: [], values: () => Object.fromEntries(all.map(({ name, value }) => [name, value])) };
}
