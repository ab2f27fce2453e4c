import { isObject, refusal } from "../../base/check.js";
import { type Metric, type MetricInfo, Sums } from "../../metrics/index.js";
import { Tensor } from "../../tensor/index.js";
import { type TargetOf, targetOf } from "./batch.js";

/** A metric of `metrics`, or a function whose mean over the batches counts. */
export type MetricGiven<B> = Metric<never> | ((output: Tensor, target: TargetOf<B>) => number | Tensor);

/** By a list, under their own names; or by an object, under its. */
export type MetricsGiven<B> = readonly MetricGiven<B>[] | Readonly<Record<string, MetricGiven<B>>>;

/** What metrics take in, where it is not scores or values beside targets. */
export type MetricInput<B> = (output: Tensor, target: TargetOf<B>, batch: B) => object;

interface Entry<B> {
  name: string;
  metric: Metric<never>;
  inputOf(output: Tensor, target: TargetOf<B>, shared: () => object): object;
}

/** Figures over an epoch, by name. */
export class MetricSet<B> {
  readonly #entries: readonly Entry<B>[];
  readonly #input: MetricInput<B> | undefined;

  constructor(op: string, given: MetricsGiven<B> = [], input?: MetricInput<B>) {
    if (!isObject(given)) throw refusal(op, "metrics", "be a list or an object of metrics", given);
    const named = Array.isArray(given)
      ? given.map((one: MetricGiven<B>, i) => [(one as { name?: string })?.name || `metric${i + 1}`, one] as const)
      : Object.entries(given as Record<string, MetricGiven<B>>);
    this.#entries = named.map(([name, one]) => entryOf(op, name, one));
    this.#input = input;
    const twice = named.find(([name], i) => name === "loss" || named.findIndex(([other]) => other === name) < i);
    if (twice === undefined) return;
    const fix = "Name them: metrics: { mine: metric }.";
    throw refusal(op, "metrics", "have names of their own, other than loss", twice[0], fix);
  }

  get infos(): [name: string, metric: MetricInfo][] {
    return this.#entries.map(({ name, metric }) => [name, metric]);
  }

  add(output: Tensor, batch: B, loss: number, count: number): void {
    if (this.#entries.length === 0) return;
    const target = targetOf(batch);
    let made: object | undefined;
    const shared = (): object => {
      made ??= { loss, count, ...(this.#input?.(output, target, batch) ?? usual(output, target)) };
      return made;
    };
    for (const { metric, inputOf } of this.#entries) metric.add({ count, ...inputOf(output, target, shared) } as never);
  }

  get values(): Record<string, number> {
    return Object.fromEntries(this.#entries.map(({ name, metric }) => [name, metric.value]));
  }

  reset(): void {
    for (const { metric } of this.#entries) metric.reset();
  }

  get state(): (readonly number[])[] {
    return this.#entries.map(({ metric }) => metric.state);
  }

  set state(states: readonly (readonly number[])[]) {
    this.#entries.forEach(({ metric }, i) => {
      metric.state = states[i] ?? [];
    });
  }
}

/** Of classes their scores, of numbers what was predicted. */
function usual(output: Tensor, target: unknown): object {
  if (!(target instanceof Tensor)) return { output: output.data() };
  const targets = target.data();
  const isScores = target.dtype === "int32" && output.dtype !== "int32";
  return isScores ? { scores: output.data(), targets } : { predicted: output.data(), targets };
}

function entryOf<B>(op: string, name: string, given: MetricGiven<B>): Entry<B> {
  if (typeof given === "function") {
    const metric = new Sums<{ value: number; count: number }>({
      name,
      better: "lower",
      size: 2,
      add(sums, { value, count }) {
        sums[0] += value * count;
        sums[1] += count;
      },
      value: ([sum, count]) => sum / count,
    });
    const inputOf: Entry<B>["inputOf"] = (output, target) => {
      const found = given(output, target);
      return { value: found instanceof Tensor ? found.item() : found };
    };
    return { name, metric: metric as Metric<never>, inputOf };
  }
  if (typeof given?.add === "function" && typeof given.reset === "function") {
    return { name, metric: given, inputOf: (_output, _target, shared) => shared() };
  }
  const fix = "Write metrics: [metrics.accuracy({ classes })], say.";
  throw refusal(op, `metrics ${name}`, "be a metric or a function", given, fix);
}
