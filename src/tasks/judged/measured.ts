import type { Told } from "../../base/report.js";
import type { Share } from "../../train/collective/share.js";
import type { Pacer, Validation } from "../../train/index.js";
import type { Task, TaskTypes } from "../task.js";

/** What a model is judged on, and what it knows. */
export interface Judged<T extends TaskTypes> {
  model: T["model"];
  data: T["data"];
  config: T["config"];
  meta: T["meta"];
}

/**
 * The figures of what is held out: each lane adds up the pieces that are its, and the sums of all are added in the order of lanes, so that
 * every process has the same.
 * @param signal  after which the figures are of a part
 */
export async function measured<T extends TaskTypes>(
  task: Task<T>,
  { model, data, config, meta }: Judged<T>,
  share: Share,
  { told, pacer, signal }: { told?: Told | undefined; pacer: Pacer; signal?: AbortSignal | undefined },
): Promise<Validation> {
  const lanes = share.own.map(() => ({ sum: 0, count: 0, metrics: task.metrics(meta) }));
  let place = 0;
  for (const output of task.outputs(model, data, config, told, share)) {
    const lane = lanes[place++ % lanes.length];
    lane.sum += output.loss * output.count;
    lane.count += output.count;
    for (const metric of lane.metrics) metric.add(output);
    if (signal?.aborted) break;
    await pacer.tick();
  }
  const own = lanes.map(({ sum, count, metrics }) => [sum, count, ...metrics.flatMap(({ state }) => state)]);
  const width = own[0].length;
  const all = share.gather(Float64Array.from(own.flat())).flatMap((sums) => [...sums]);
  const metrics = task.metrics(meta);
  let [sum, count] = [0, 0];
  for (let at = 0; at < all.length; at += width) {
    sum += all[at];
    count += all[at + 1];
    let from = at + 2;
    for (const metric of metrics) {
      const to = from + metric.state.length;
      const state = all.slice(from, to);
      if (at === 0) metric.state = state;
      else metric.merge(state);
      from = to;
    }
  }
  return { loss: sum / count, metrics: Object.fromEntries(metrics.map(({ name, value }) => [name, value])) };
}
