import { percent } from "../../base/number-text.js";
import { Sums } from "../../metrics/index.js";
import type { ClassifyOutput } from "./model.js";

const MOST = 1000;

/** For each label from which probability on it is there: that with the highest F1 on these rows, in the middle between two of them. */
export function bestThresholds(scores: ArrayLike<number>, targets: ArrayLike<number>, classes: number): Float32Array {
  const rows = scores.length / classes;
  return Float32Array.from({ length: classes }, (_, c) => {
    const order = Array.from({ length: rows }, (_, row) => row).sort(
      (a, b) => scores[b * classes + c] - scores[a * classes + c],
    );
    const there = order.reduce((sum, row) => sum + targets[row * classes + c], 0);
    let [right, best, threshold] = [0, 0, 0.5];
    for (const [i, row] of order.entries()) {
      right += targets[row * classes + c];
      const [score, next] = [scores[row * classes + c], i + 1 < rows ? scores[order[i + 1] * classes + c] : 0];
      const f1 = (2 * right) / (i + 1 + there);
      if (next < score && f1 > best) [best, threshold] = [f1, (score + next) / 2];
    }
    return threshold;
  });
}

/** Of each label: how often it was found, predicted and there. */
function counted(name: string, classes: number, value: (counts: readonly Counts[]) => number): Sums<ClassifyOutput> {
  return new Sums({
    ...{ name, unit: "%", better: "higher", format: percent, size: 3 * classes },
    add(sums, { scores, targets, thresholds }) {
      for (let i = 0; i < scores.length; i++) {
        const c = i % classes;
        const [said, there] = [scores[i] >= thresholds![c] ? 1 : 0, targets[i]];
        sums[3 * c] += said * there;
        sums[3 * c + 1] += said;
        sums[3 * c + 2] += there;
      }
    },
    value: (sums) =>
      value(Array.from({ length: classes }, (_, c) => [sums[3 * c], sums[3 * c + 1], sums[3 * c + 2]] as const)),
  });
}

type Counts = readonly [right: number, predicted: number, there: number];

const rate = ([right, predicted, there]: Counts) => (predicted + there === 0 ? 0 : (2 * right) / (predicted + there));

/** The mean F1 of the labels that are there or were predicted. */
export function labelMacroF1(classes: number): Sums<ClassifyOutput> {
  return counted("macro-F1", classes, (counts) => {
    const present = counts.filter(([, predicted, there]) => predicted + there > 0);
    return present.reduce((sum, one) => sum + rate(one), 0) / present.length;
  });
}

/** F1 of all labels of all rows together. */
export function labelMicroF1(classes: number): Sums<ClassifyOutput> {
  return counted("micro-F1", classes, (counts) =>
    rate(
      counts.reduce<[number, number, number]>(
        (sum, one) => [sum[0] + one[0], sum[1] + one[1], sum[2] + one[2]],
        [0, 0, 0],
      ),
    ),
  );
}

/** The share of rows whose labels are all right. */
export function labelsExact(classes: number): Sums<ClassifyOutput> {
  return new Sums({
    ...{ name: "exact match", unit: "%", better: "higher", format: percent, size: 2 },
    add(sums, { scores, targets, thresholds }) {
      for (let at = 0; at < scores.length; at += classes) {
        let right = 1;
        for (let c = 0; c < classes; c++) if (Number(scores[at + c] >= thresholds![c]) !== targets[at + c]) right = 0;
        sums[0] += right;
        sums[1]++;
      }
    },
    value: ([right, all]) => right / all,
  });
}

/** F1, precision and recall of each label, line by line, of the first many. */
export function labelTable(names: readonly string[], metric: Sums<ClassifyOutput>): string[] {
  const width = Math.max(5, ...names.map(({ length }) => length));
  const share = (part: number, of: number) => percent(of === 0 ? 0 : part / of).padStart(9);
  const lines = names.slice(0, MOST).map((name, c) => {
    const [right, predicted, there] = metric.sums.subarray(3 * c, 3 * c + 3);
    const shares = `${share(2 * right, predicted + there)}  ${share(right, predicted)}  ${share(right, there)}`;
    return `${name.padEnd(width)}  ${shares}  ${String(there).padStart(6)}`;
  });
  return [`${"label".padEnd(width)}         F1  precision     recall    rows`, ...lines];
}
