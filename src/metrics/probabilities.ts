import { checkNumber, checkPositiveInteger } from "../base/check.js";
import { percent } from "../base/number-text.js";
import { type ClassOptions, checkClassOptions, checkLabel, checkScores, type Scores } from "./labels.js";
import { Sums } from "./metric.js";

/** Log loss never counts a probability below this, float64's distance between 1 and the next number, as scikit-learn. */
const LEAST = 2 ** -52;

/** The mean of -log p of the right class, in nats; `scores` are probabilities. */
export function logLoss(options: ClassOptions): Sums<Scores> {
  const { classes, ignoreIndex } = checkClassOptions("logLoss", options);
  return new Sums({
    name: "log loss",
    unit: "nats",
    better: "lower",
    size: 2,
    add(sums, output) {
      checkScores("logLoss", output, classes);
      for (let row = 0; row < output.targets.length; row++) {
        if (output.targets[row] === ignoreIndex) continue;
        const target = checkLabel("logLoss", "targets", output.targets[row], classes);
        sums[0] -= Math.log(Math.max(output.scores[row * classes + target], LEAST));
        sums[1]++;
      }
    },
    value: ([sum, count]) => sum / count,
  });
}

/**
 * How far the probability of the class that is chosen is from how often it is right: the mean over bins of equal width of
 * |accuracy - confidence|, each weighted by its rows. Source: Naeini et al. 2015; Guo et al. 2017.
 * @param bins  default 15
 */
export function calibrationError(options: ClassOptions & { bins?: number | undefined }): Sums<Scores> {
  const { classes, ignoreIndex, bins = 15 } = checkClassOptions("calibrationError", options, ["bins"]);
  checkPositiveInteger("calibrationError", "bins", bins);
  checkNumber("calibrationError", "bins", bins, { max: 10_000 });
  return new Sums({
    name: "calibration error",
    unit: "%",
    better: "lower",
    format: percent,
    size: 3 * bins,
    add(sums, output) {
      checkScores("calibrationError", output, classes);
      const { scores, targets } = output;
      for (let row = 0; row < targets.length; row++) {
        if (targets[row] === ignoreIndex) continue;
        const target = checkLabel("calibrationError", "targets", targets[row], classes);
        let best = 0;
        for (let c = 1; c < classes; c++) if (scores[row * classes + c] > scores[row * classes + best]) best = c;
        const confidence = scores[row * classes + best];
        // Bins are open below and closed above.
        const bin = Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
        sums[3 * bin]++;
        sums[3 * bin + 1] += confidence;
        if (best === target) sums[3 * bin + 2]++;
      }
    },
    value(sums) {
      let [error, rows] = [0, 0];
      for (let bin = 0; bin < bins; bin++) {
        rows += sums[3 * bin];
        error += Math.abs(sums[3 * bin + 1] - sums[3 * bin + 2]);
      }
      return error / rows;
    },
  });
}
