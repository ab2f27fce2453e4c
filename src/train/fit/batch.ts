import { isObject, refusal } from "../../base/check.js";
import { OptionError, ShapeError, show } from "../../base/errors.js";
import { formatShape } from "../../base/shape.js";
import type { Lengths } from "../../nn/index.js";
import { CrossEntropyLoss, NLLLoss } from "../../nn/layers/losses.js";
import type { Module } from "../../nn/module.js";
import { Tensor } from "../../tensor/index.js";

/** What a model is fed with and what it should answer: a pair, or an object with `x` and `y`, and `lengths` for a padded batch. */
export type Batch =
  | readonly [x: Tensor, y: Tensor]
  | { readonly x: Tensor; readonly y: Tensor; readonly lengths?: Lengths | undefined };

/** What a model with `forward` returns for a batch: an output, or an output and a state. */
export type Output = Tensor | readonly [Tensor, unknown];

/** How a model is called. Default: `model.forward(x)`, with the lengths and the state where there are some. */
export type Forward<M, B> = (model: M, batch: B, carried: unknown) => Output;

/** A scalar: a mean, over as many terms as there are targets unless it says otherwise. */
export type LossResult = Tensor | { readonly loss: Tensor; readonly count: number };

/** What a batch says that the model should answer: the second of a pair, or `y`. */
// biome-ignore lint/suspicious/noExplicitAny: of batches of one's own, whatever the loss takes
export type TargetOf<B> = B extends readonly [unknown, infer Y] ? Y : B extends { readonly y: infer Y } ? Y : any;

/** A module of `nn`, such as `new nn.CrossEntropyLoss()`, or a function, such as `nn.functional.mseLoss`. */
export type Loss<B> =
  | { forward(output: Tensor, target: TargetOf<B>): LossResult }
  | ((output: Tensor, target: TargetOf<B>) => LossResult);

type Fields = Readonly<Record<string, unknown>>;

/** Whether it is one batch, rather than something that gives batches. */
export function isBatch(value: unknown): boolean {
  if (!isObject(value)) return false;
  return Array.isArray(value) ? value[0] instanceof Tensor : (value as Fields)["x"] instanceof Tensor;
}

export function inputOf(batch: unknown): unknown {
  if (batch instanceof Tensor) return batch;
  return Array.isArray(batch) ? batch[0] : (batch as Fields | null)?.["x"];
}

export function targetOf<B>(batch: B): TargetOf<B> {
  return (Array.isArray(batch) ? batch[1] : (batch as Fields | null)?.["y"]) as TargetOf<B>;
}

/** The output for a batch, and the state after it where the model returns one. */
export function run<M extends Module, B>(
  op: string,
  model: M,
  batch: B,
  forward: Forward<M, B> | undefined,
  carried?: unknown,
): { output: Tensor; state: unknown } {
  const result: unknown = forward === undefined ? called(op, model, batch, carried) : forward(model, batch, carried);
  const output: unknown = Array.isArray(result) ? result[0] : result;
  if (!(output instanceof Tensor)) {
    const fix = "Give forward: (model, batch) => output.";
    throw refusal(op, "the model's output", "be a tensor, or [tensor, state]", result, fix);
  }
  return { output, state: Array.isArray(result) ? result[1] : undefined };
}

function called(op: string, model: Module, batch: unknown, carried: unknown): unknown {
  const { forward } = model as unknown as { forward?: (...args: unknown[]) => unknown };
  if (typeof forward !== "function") {
    throw refusal(op, "model", "have a method forward", model, "Give forward: (model, batch) => output.");
  }
  const x = inputOf(batch);
  if (!(x instanceof Tensor)) {
    const fix = "For others, give forward: (model, batch) => output.";
    throw refusal(op, "a batch", "be [x, y] or { x, y } of tensors", batch, fix);
  }
  const { lengths } = batch as { lengths?: unknown };
  if (lengths !== undefined) return forward.call(model, x, carried, { lengths });
  return carried === undefined ? forward.call(model, x) : forward.call(model, x, carried);
}

/** What ignored targets are, as in PyTorch. */
const IGNORED = -100;

/** The loss of an output: a mean over `count` terms, which divides by `weight`. */
export function lossOf<B>(
  op: string,
  loss: Loss<B>,
  output: Tensor,
  batch: B,
): { loss: Tensor; count: number; weight: number } {
  const target = targetOf(batch);
  if (target === undefined && (typeof loss !== "function" || loss.length > 1)) {
    throw refusal(op, "a batch", "have targets y for the loss", batch, "Give [x, y] or { x, y }.");
  }
  const result = typeof loss === "function" ? loss(output, target) : loss.forward(output, target);
  const value: unknown = result instanceof Tensor ? result : result?.loss;
  if (!(value instanceof Tensor)) throw refusal(op, "loss", "return a tensor, or { loss, count }", result);
  if (value.size !== 1) {
    const fix = 'A mean, as with reduction: "mean".';
    throw new ShapeError({ op, argument: "loss", must: "be a scalar", value: formatShape(value.shape), fix });
  }
  if (!(result instanceof Tensor)) return { loss: value, count: result.count, weight: result.count };
  return { loss: value, ...termsOf(loss, target, batch) };
}

/** Of what the mean is taken: the targets that are not ignored, by their weights. */
function termsOf(loss: unknown, target: unknown, batch: unknown): { count: number; weight: number } {
  const x = inputOf(batch);
  const of = target instanceof Tensor ? target : x;
  const all = of instanceof Tensor ? of.size : 1;
  if (!(target instanceof Tensor) || target.dtype !== "int32") return { count: all, weight: all };
  const options = loss instanceof CrossEntropyLoss || loss instanceof NLLLoss ? loss.options : {};
  const { ignoreIndex = IGNORED, weight } = options;
  const weights = weight?.data();
  let count = 0;
  let sum = 0;
  for (const id of target.data()) {
    if (id === ignoreIndex) continue;
    count++;
    sum += weights === undefined ? 1 : (weights[id] ?? 1);
  }
  return { count, weight: sum };
}

/** @throws OptionError for what is no loss, and for a sum where means are accumulated */
export function checkLoss(op: string, loss: unknown, accumulate = 1): void {
  const isLoss = typeof loss === "function" || typeof (loss as { forward?: unknown } | null)?.forward === "function";
  if (!isLoss || /^class\b/.test(String(loss))) {
    throw refusal(op, "loss", "be a loss module or a function", loss, "Write loss: new nn.CrossEntropyLoss(), say.");
  }
  const reduction = (loss as { options?: { reduction?: string } }).options?.reduction ?? "mean";
  if (reduction === "mean" || (reduction === "sum" && accumulate === 1)) return;
  const must = accumulate === 1 ? 'have reduction "mean"' : 'have reduction "mean" where batches are accumulated';
  throw new OptionError({ op, argument: "loss", must, value: show(reduction) });
}
