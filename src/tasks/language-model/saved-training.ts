import { FormatError, OptionError, ShapeError, show } from "../../base/errors.js";
import { formatShape, sameShape } from "../../base/shape.js";
import type { OptimizerState } from "../../optim/index.js";
import { Tensor } from "../../tensor/index.js";
import type { TrainerState } from "../../train/index.js";
import type { LanguageModelCheckpoint } from "./checkpoint.js";
import type { RecurrentState } from "./model.js";

/** What training goes on from, next to the weights: as it stands in a checkpoint. */
export interface SavedTraining {
  trainer: TrainerState;
  optimizer: { tensors: Record<string, Tensor>; scalars: OptimizerState["scalars"] };
  schedule: Record<string, unknown> | null;
  carried: RecurrentState | null;
  fingerprint: string;
}

/**
 * The state of training in a checkpoint, checked as far as the checkpoint alone says what it must be: the trainer, the
 * optimiser and the schedule check what is theirs when they take it over.
 * @throws FormatError naming the field at fault
 */
export function readSavedTraining({ training, config, source }: LanguageModelCheckpoint): SavedTraining {
  const fail = (name: string, must: string, value: unknown): never => {
    const argument = `${name} in the training of ${source}`;
    const found = value === undefined ? "nothing" : show(value);
    throw new FormatError({ op: "resume", argument, must, value: found });
  };
  const asObject = (name: string, value: unknown): Record<string, unknown> => {
    const plain = value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof Tensor);
    return plain ? (value as Record<string, unknown>) : fail(name, "be an object", value);
  };
  const saved = asObject("state", training);
  asObject("trainer", saved["trainer"]);
  const optimizer = asObject("optimizer", saved["optimizer"]);
  asObject("optimizer.scalars", optimizer["scalars"]);
  asObject("optimizer.tensors", optimizer["tensors"]);
  if (saved["schedule"] !== null) asObject("schedule", saved["schedule"]);
  if (typeof saved["fingerprint"] !== "string") fail("fingerprint", "be a text", saved["fingerprint"]);
  const { carried } = saved;
  if (carried !== null) {
    const shape = [config.layers, config.batch, config.hidden];
    const { h, c, ...others } = config.cell === "lstm" ? asObject("carried", carried) : { h: carried };
    checkState("carried.h", h, shape, fail);
    if (config.cell === "lstm") checkState("carried.c", c, shape, fail);
    for (const key of Object.keys(others)) fail("carried", "hold h and c alone", key);
  }
  return saved as unknown as SavedTraining;
}

function checkState(
  name: string,
  value: unknown,
  shape: readonly number[],
  fail: (name: string, must: string, value: unknown) => never,
): void {
  const fits = value instanceof Tensor && value.dtype === "float32" && sameShape(value.shape, shape);
  const found = value instanceof Tensor ? `${value.dtype} ${formatShape(value.shape)}` : value;
  if (!fits) fail(name, `be float32 ${formatShape(shape)}`, found);
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
