import { checkOneOf, checkPositiveInteger } from "../base/check.js";
import { percent } from "../base/number-text.js";
import { ConfusionMatrix } from "./confusion-matrix.js";
import {
  type ClassOptions,
  checkClassOptions,
  checkLabel,
  checkScores,
  forEachLabel,
  type Labels,
  type Scores,
} from "./labels.js";
import { Sums } from "./metric.js";

/** The share of rows whose class was found. */
export function accuracy(options: ClassOptions): Sums<Labels | Scores> {
  checkClassOptions("accuracy", options);
  return new Sums({
    name: "accuracy",
    unit: "%",
    better: "higher",
    format: percent,
    size: 2,
    add(sums, output) {
      forEachLabel("accuracy", output, options, (predicted, target) => {
        if (predicted === target) sums[0]++;
        sums[1]++;
      });
    },
    value: ([right, all]) => right / all,
  });
}

/** The share of rows whose class is among the k with the highest scores; of equal scores the lower class comes first. */
export function topK(k: number, options: ClassOptions): Sums<Scores> {
  const op = "topK";
  const { classes, ignoreIndex } = checkClassOptions(op, options);
  checkPositiveInteger(op, "k", k);
  return new Sums({
    name: `top-${k}`,
    unit: "%",
    better: "higher",
    format: percent,
    size: 2,
    add(sums, output) {
      checkScores(op, output, classes);
      const { scores, targets } = output;
      for (let row = 0; row < targets.length; row++) {
        if (targets[row] === ignoreIndex) continue;
        const target = checkLabel(op, "targets", targets[row], classes);
        const at = row * classes;
        let above = 0;
        for (let c = 0; c < classes; c++) {
          const ahead = scores[at + c] - scores[at + target];
          if (ahead > 0 || (ahead === 0 && c < target)) above++;
        }
        if (above < k) sums[0]++;
        sums[1]++;
      }
    },
    value: ([right, all]) => right / all,
  });
}

export type Average = "macro" | "micro";

type Rate = (right: number, predicted: number, targets: number) => number;

// A class that was never predicted, or never there, counts 0, as in scikit-learn.
const RATES = {
  precision: (right, predicted) => (predicted === 0 ? 0 : right / predicted),
  recall: (right, _, targets) => (targets === 0 ? 0 : right / targets),
  F1: (right, predicted, targets) => (predicted + targets === 0 ? 0 : (2 * right) / (predicted + targets)),
} as const satisfies Record<string, Rate>;

/** A mean over the classes, or the figure of all rows together, of counts of a confusion matrix. */
class ClassRate extends ConfusionMatrix {
  readonly #rate: Rate;
  readonly #average: Average;

  constructor(name: keyof typeof RATES, average: Average, options: ClassOptions) {
    checkClassOptions(name, options, ["average"]);
    checkOneOf(name, "average", average, ["macro", "micro"]);
    super(options, { name: `${average}-${name}`, better: "higher", format: percent, unit: "%" });
    this.#rate = RATES[name];
    this.#average = average;
  }

  /** Of each class. */
  get perClass(): number[] {
    return this.counts.map(({ right, predicted, targets }) => this.#rate(right, predicted, targets));
  }

  override get value(): number {
    const { counts } = this;
    const all = counts.reduce((sum, { targets }) => sum + targets, 0);
    if (all === 0) return Number.NaN;
    if (this.#average === "micro") {
      return this.#rate(
        counts.reduce((sum, { right }) => sum + right, 0),
        all,
        all,
      );
    }
    // A class that is neither in the targets nor predicted is not there to be averaged.
    const present = counts.filter(({ predicted, targets }) => predicted + targets > 0);
    const rates = present.map(({ right, predicted, targets }) => this.#rate(right, predicted, targets));
    return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  }
}

export type { ClassRate };

/** Of those predicted as a class, the share that is of it. */
export function precision(options: ClassOptions & { average?: Average | undefined }): ClassRate {
  return new ClassRate("precision", options?.average ?? "macro", options);
}

/** Of those of a class, the share that was predicted as it. */
export function recall(options: ClassOptions & { average?: Average | undefined }): ClassRate {
  return new ClassRate("recall", options?.average ?? "macro", options);
}

/** The harmonic mean of precision and recall: 2 right / (predicted + there). Source: van Rijsbergen 1979. */
export function f1(options: ClassOptions & { average?: Average | undefined }): ClassRate {
  return new ClassRate("F1", options?.average ?? "macro", options);
}
