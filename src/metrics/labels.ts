import { checkKnownOptions, checkNumber, checkPositiveInteger } from "../base/check.js";
import { OptionError, ShapeError, show } from "../base/errors.js";

/** Class indices that were predicted, and those that are right. */
export interface Labels {
  predicted: ArrayLike<number>;
  targets: ArrayLike<number>;
}

/** Probabilities (or logits, for metrics that only look at their order) of each class, row by row, and the right class of each row. */
export interface Scores {
  /** [n, C] row-major. */
  scores: ArrayLike<number>;
  targets: ArrayLike<number>;
}

/** What a metric of classes is told. Targets of `ignoreIndex` do not count. */
export interface ClassOptions {
  /** C. */
  classes: number;
  /** A target that is none, as padding has. Default: no such. */
  ignoreIndex?: number | undefined;
}

/** @throws OptionError for what are no such options @param more  names of others that the metric has */
export function checkClassOptions<O extends ClassOptions>(op: string, options: O, more: readonly string[] = []): O {
  checkKnownOptions(op, options, ["classes", "ignoreIndex", ...more]);
  checkPositiveInteger(op, "classes", options.classes);
  if (options.ignoreIndex !== undefined) checkNumber(op, "ignoreIndex", options.ignoreIndex);
  return options;
}

/** Calls `each` with every row that counts. @throws ShapeError, OptionError for what does not fit */
export function forEachLabel(
  op: string,
  output: Labels | Scores,
  { classes, ignoreIndex }: ClassOptions,
  each: (predicted: number, target: number) => void,
): void {
  const { targets } = output;
  checkList(op, "targets", targets);
  const given = (output as Partial<Labels>).predicted;
  const predicted = given ?? bestOf(op, output as Scores, classes);
  checkList(op, "predicted", predicted);
  if (predicted.length !== targets.length) {
    const must = `hold as many labels as targets (${targets.length})`;
    throw new ShapeError({ op, argument: "predicted", must, value: String(predicted.length) });
  }
  for (let i = 0; i < targets.length; i++) {
    const target = targets[i];
    if (target === ignoreIndex) continue;
    each(checkLabel(op, "predicted", predicted[i], classes), checkLabel(op, "targets", target, classes));
  }
}

/** @throws OptionError for what is no list */
export function checkList(op: string, argument: string, value: unknown): asserts value is ArrayLike<unknown> {
  const length = value !== null && typeof value === "object" ? (value as { length?: unknown }).length : undefined;
  if (Number.isSafeInteger(length) && (length as number) >= 0) return;
  throw new OptionError({ op, argument, must: "be an array", value: show(value) });
}

export function checkLabel(op: string, argument: string, label: number, classes: number): number {
  if (Number.isInteger(label) && label >= 0 && label < classes) return label;
  const must = `hold integers in [0, ${classes - 1}] (${classes} classes)`;
  throw new OptionError({ op, argument, must, value: show(label) });
}

/** @throws ShapeError when the scores are not [n, C] */
export function checkScores(op: string, { scores, targets }: Scores, classes: number): void {
  checkList(op, "targets", targets);
  checkList(op, "scores", scores);
  if (scores.length === targets.length * classes) return;
  const must = `hold ${classes} scores for each of ${targets.length} targets`;
  throw new ShapeError({ op, argument: "scores", must, value: `${scores.length} of them` });
}

/** The class of each row with the highest score; of equal ones the first. */
function bestOf(op: string, output: Scores, classes: number): Int32Array {
  checkScores(op, output, classes);
  const { scores, targets } = output;
  return Int32Array.from({ length: targets.length }, (_, row) => {
    let best = 0;
    for (let c = 1; c < classes; c++) if (scores[row * classes + c] > scores[row * classes + best]) best = c;
    return best;
  });
}
