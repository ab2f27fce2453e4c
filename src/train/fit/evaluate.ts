import { noGrad } from "../../autograd/index.js";
import { checkKnownOptions } from "../../base/check.js";
import { type Module, requireModule } from "../../nn/module.js";
import { Tensor } from "../../tensor/index.js";
import { Mean } from "../metrics.js";
import { Pacer } from "../pause.js";
import { checkLoss, type Forward, type Loss, lossOf, run } from "./batch.js";
import { type MetricInput, MetricSet, type MetricsGiven } from "./metric-set.js";
import { type Batches, batchesOf } from "./source.js";

export interface EvaluateSettings<M, B> {
  /** Left out: no loss is told. */
  loss?: Loss<B> | undefined;
  metrics?: MetricsGiven<B> | undefined;
  /** What metrics take in, where it is not scores (targets of int32) or values beside targets. */
  metricInput?: MetricInput<B> | undefined;
  /** How the model is called. Default: `model.forward(x)`. */
  forward?: Forward<M, B> | undefined;
}

/**
 * The loss and the metrics of a model on data, in evaluation mode and without gradients; the model's modes are put back.
 * @param data  batches, as `fit` takes them
 * @returns     figures by name: `{ loss, accuracy }`; the loss is the mean over all terms
 * @example const { loss, accuracy } = await evaluate(model, test, { loss: nn.functional.crossEntropy, metrics: [metrics.accuracy({ classes: 3 })] });
 */
export async function evaluate<M extends Module, B>(
  model: M,
  data: Batches<B>,
  settings: EvaluateSettings<M, B> = {},
): Promise<Record<string, number>> {
  const op = "evaluate";
  requireModule(op, model, "model");
  checkKnownOptions(op, settings, ["loss", "metrics", "metricInput", "forward"]);
  if (settings.loss !== undefined) checkLoss(op, settings.loss);
  const metrics = new MetricSet<B>(op, settings.metrics, settings.metricInput);
  metrics.reset();
  return inEvaluation(model, () => figuresOf(op, "data", model, data, settings, metrics, new Pacer()));
}

/** What `evaluate` tells, of a model that is in evaluation mode already. */
export async function figuresOf<M extends Module, B>(
  op: string,
  argument: string,
  model: M,
  data: Batches<B>,
  { loss, forward }: Pick<EvaluateSettings<M, B>, "loss" | "forward">,
  metrics: MetricSet<B>,
  pacer: Pacer,
  signal?: AbortSignal,
): Promise<Record<string, number>> {
  const mean = new Mean();
  for await (const batch of batchesOf(op, argument, data)) {
    noGrad(() => {
      const { output } = run(op, model, batch, forward);
      const found = loss === undefined ? undefined : lossOf(op, loss, output, batch);
      const value = found?.loss.item() ?? Number.NaN;
      // Where no target counts the mean of none is NaN.
      if (found !== undefined && found.count > 0) mean.add(value, found.count);
      metrics.add(output, batch, value, found?.count ?? 1);
    });
    if (signal?.aborted) break;
    await pacer.tick();
  }
  return { ...(loss === undefined ? {} : { loss: mean.value }), ...metrics.values };
}

/**
 * What a model answers, in evaluation mode and without gradients; the model's modes are put back.
 * @param data  one input, a tensor; or inputs or batches, as `fit` takes them
 * @returns     the output; of many a list, which `concat(outputs)` joins
 * @example const y = await predict(model, x);
 */
export async function predict<M extends Module, B>(
  model: M,
  data: Tensor,
  settings?: { forward?: Forward<M, B> | undefined },
): Promise<Tensor>;
export async function predict<M extends Module, B>(
  model: M,
  data: Batches<B>,
  settings?: { forward?: Forward<M, B> | undefined },
): Promise<Tensor[]>;
export async function predict<M extends Module, B>(
  model: M,
  data: Tensor | Batches<B>,
  settings: { forward?: Forward<M, B> | undefined } = {},
): Promise<Tensor | Tensor[]> {
  const op = "predict";
  requireModule(op, model, "model");
  checkKnownOptions(op, settings, ["forward"]);
  const answer = (batch: B) => noGrad(() => run(op, model, batch, settings.forward).output);
  return inEvaluation(model, async () => {
    if (data instanceof Tensor) return answer(data as never);
    const pacer = new Pacer();
    const outputs: Tensor[] = [];
    // Two tensors are two inputs here: nobody asks for an answer to targets.
    const inputs = Array.isArray(data) && data.every((x) => x instanceof Tensor) ? () => data.values() : data;
    for await (const batch of batchesOf<B>(op, "data", inputs as Batches<B>)) {
      outputs.push(answer(batch));
      await pacer.tick();
    }
    return outputs;
  });
}

/** Each module's own mode is put back. */
export async function inEvaluation<T>(model: Module, body: () => Promise<T>): Promise<T> {
  const modes = model.modules().map((module) => [module, module.training] as const);
  model.eval();
  try {
    return await body();
  } finally {
    for (const [module, training] of modes) module.training = training;
  }
}
