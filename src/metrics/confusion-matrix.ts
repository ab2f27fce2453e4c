import { checkNumber } from "../base/check.js";
import { percent } from "../base/number-text.js";
import { type ClassOptions, checkClassOptions, forEachLabel, type Labels, type Scores } from "./labels.js";
import { type MetricInfo, Sums } from "./metric.js";

/** How often each class was predicted for each: rows are what is right, columns what was predicted. Its value is the accuracy. */
export class ConfusionMatrix extends Sums<Labels | Scores> {
  readonly classes: number;

  constructor(options: ClassOptions, info: Partial<MetricInfo> = {}) {
    const { classes } = checkClassOptions("confusionMatrix", options, ["average"]);
    checkNumber("confusionMatrix", "classes", classes, { max: 10_000 });
    super({
      name: "confusion",
      unit: "%",
      better: "higher",
      format: percent,
      ...info,
      size: classes * classes,
      add(sums, output) {
        forEachLabel("confusionMatrix", output, options, (predicted, target) => {
          sums[target * classes + predicted]++;
        });
      },
      value: (sums) => trace(sums, classes) / sums.reduce((all, count) => all + count, 0),
    });
    this.classes = classes;
  }

  /** [C][C]: row t, column p is how often p was predicted where t is right. */
  get matrix(): number[][] {
    const { classes, sums } = this;
    return Array.from({ length: classes }, (_, t) => [...sums.subarray(t * classes, (t + 1) * classes)]);
  }

  /** Of each class: how often it was found, predicted and there. */
  get counts(): { right: number; predicted: number; targets: number }[] {
    const { matrix } = this;
    return matrix.map((row, c) => ({
      right: row[c],
      predicted: matrix.reduce((sum, other) => sum + other[c], 0),
      targets: row.reduce((sum, count) => sum + count, 0),
    }));
  }

  /** As a table of text, with the names of the classes on both sides. */
  table(names: readonly string[] = Array.from({ length: this.classes }, (_, c) => String(c))): string {
    const cells = [["", ...names], ...this.matrix.map((row, c) => [names[c] ?? String(c), ...row.map(String)])];
    const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
    const line = (row: readonly string[]): string =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ");
    return cells.map((row) => line(row).trimEnd()).join("\n");
  }
}

function trace(sums: Float64Array, classes: number): number {
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += sums[c * classes + c];
  return sum;
}

/** How often each class was predicted for each. */
export function confusionMatrix(options: ClassOptions): ConfusionMatrix {
  return new ConfusionMatrix(options);
}
