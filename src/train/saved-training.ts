import { FormatError, OptionError, ShapeError, show } from "../base/errors.js";
import { formatShape, sameShape } from "../base/shape.js";
import type { OptimizerState } from "../optim/index.js";
import { Tensor } from "../tensor/index.js";
import { readTrainerState, type TrainerState } from "./trainer-state.js";

/** What training goes on from, next to the weights: as it stands in a checkpoint. */
export interface SavedTraining {
  trainer: TrainerState;
  optimizer: { tensors: Record<string, Tensor>; scalars: OptimizerState["scalars"] };
  schedule: Record<string, unknown> | null;
  carried: unknown;
  fingerprint: string;
}

/** Says that a part of a saved training is not as it must be. */
export type RefuseSaved = (name: string, must: string, value: unknown) => never;

/** A checkpoint as far as resuming looks at it. */
export interface Resumable {
  training: unknown;
  /** What it was read from, for errors. */
  source: string;
}

/**
 * The state of training in a checkpoint, checked as far as the checkpoint alone says what it must be: the trainer, the
 * optimiser and the schedule check what is theirs when they take it over.
 * @param checkCarried  refuses what the next batch cannot go on from; it is not called for null
 * @throws FormatError naming the field at fault
 */
export function readSavedTraining(
  { training, source }: Resumable,
  checkCarried: (carried: unknown, refuse: RefuseSaved) => void,
): SavedTraining {
  const fail: RefuseSaved = (name, must, value) => {
    const argument = `${name} in the training of ${source}`;
    const found = value === undefined ? "nothing" : show(value);
    throw new FormatError({ op: "resume", argument, must, value: found });
  };
  const saved = savedObject("state", training, fail);
  savedObject("trainer", saved["trainer"], fail);
  const optimizer = savedObject("optimizer", saved["optimizer"], fail);
  savedObject("optimizer.scalars", optimizer["scalars"], fail);
  savedObject("optimizer.tensors", optimizer["tensors"], fail);
  if (saved["schedule"] !== null) savedObject("schedule", saved["schedule"], fail);
  if (typeof saved["fingerprint"] !== "string") fail("fingerprint", "be a text", saved["fingerprint"]);
  if (saved["carried"] !== null) checkCarried(saved["carried"], fail);
  return saved as unknown as SavedTraining;
}

export function savedObject(name: string, value: unknown, refuse: RefuseSaved): Record<string, unknown> {
  const plain = value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof Tensor);
  return plain ? (value as Record<string, unknown>) : refuse(name, "be an object", value);
}

/** Refuses what is not a float32 tensor of this shape. */
export function checkSavedTensor(name: string, value: unknown, shape: readonly number[], refuse: RefuseSaved): void {
  const fits = value instanceof Tensor && value.dtype === "float32" && sameShape(value.shape, shape);
  const found = value instanceof Tensor ? `${value.dtype} ${formatShape(value.shape)}` : value;
  if (!fits) refuse(name, `be float32 ${formatShape(shape)}`, found);
}

/** Where the training of a checkpoint stood; at step 0 for a model alone. @throws FormatError when its state is broken */
export function progressOf({ training }: Pick<Resumable, "training">): { step: number; bestStep: number | null } {
  if (training === null) return { step: 0, bestStep: null };
  const { step, stopping } = readTrainerState((training as { trainer?: unknown }).trainer);
  return { step, bestStep: stopping.bestStep };
}

/** A state that a part of training refuses is a fault of the file that it came from. */
export function takingOver<T>(part: string, source: string, take: () => T): T {
  try {
    return take();
  } catch (cause) {
    if (!(cause instanceof FormatError || cause instanceof OptionError || cause instanceof ShapeError)) throw cause;
    const { argument, must, value } = cause;
    const where = `${part}.${argument} in the training of ${source}`;
    throw new FormatError({ op: "resume", argument: where, must, value }, { cause });
  }
}
