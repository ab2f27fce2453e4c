import { checkBoolean, checkKnownOptions, checkNumber, refusal } from "../base/check.js";
import { percent } from "../base/number-text.js";
import { textTable } from "../base/text-table.js";
import { heatMap, toSvg } from "../svg/index.js";
import { type ClassOptions, checkClassOptions, forEachLabel, type Labels, type Scores } from "./labels.js";
import { type MetricInfo, Sums } from "./metric.js";

export interface ConfusionPictureOptions {
  /** Of the classes, in their order. Default: their numbers. */
  names?: readonly string[] | undefined;
  /** Default "confusion matrix". */
  title?: string | undefined;
  /** The share of each class's rows instead of how many they are. Default false. */
  normalize?: boolean | undefined;
  width?: number | undefined;
}

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

  /**
   * As a table of text, with the names of the classes on both sides: rows are what is right, columns what was predicted.
   * @throws OptionError for names that are not one for each class
   */
  table(names: readonly string[] = this.#numbers()): string {
    this.#checkNames("ConfusionMatrix.table", names);
    const cells = [["", ...names], ...this.matrix.map((row, c) => [names[c], ...row.map(String)])];
    return textTable(cells, (column) => column > 0).join("\n");
  }

  /**
   * As a picture that stands alone, SVG: rows are what is right, columns what was predicted, the more the darker.
   * @throws OptionError for names that are not one for each class
   */
  svg(options: ConfusionPictureOptions = {}): string {
    const op = "ConfusionMatrix.svg";
    checkKnownOptions(op, options, ["names", "title", "normalize", "width"]);
    const { names = this.#numbers(), title = "confusion matrix", normalize = false, width } = options;
    this.#checkNames(op, names);
    checkBoolean(op, "normalize", normalize);
    const { counts, matrix } = this;
    const rows = matrix.map((row, c) => {
      const all = normalize ? Math.max(1, counts[c].targets) : 1;
      return { name: names[c], values: row.map((count) => count / all) };
    });
    const range = normalize ? 1 : this.sums.reduce((most, count) => Math.max(most, count), 1);
    const subtitle = "rows: what is right, columns: what was predicted";
    const drawing = heatMap({ title, subtitle, rows, columns: names, range, digits: normalize ? 2 : 0, width });
    return toSvg(drawing, title);
  }

  #numbers(): string[] {
    return Array.from({ length: this.classes }, (_, c) => String(c));
  }

  #checkNames(op: string, names: readonly string[]): void {
    const isNames = Array.isArray(names) && names.length === this.classes && names.every((n) => typeof n === "string");
    if (!isNames) throw refusal(op, "names", `be ${this.classes} texts, one for each class`, names);
  }
}

function trace(sums: Float64Array, classes: number): number {
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += sums[c * classes + c];
  return sum;
}

/**
 * How often each class was predicted for each.
 * @example
 * const confusion = metrics.confusionMatrix({ classes: 3 });
 * confusion.add({ scores: logits, targets: y }); // of each batch
 * console.log(confusion.table(["ant", "bird", "cat"]));
 */
export function confusionMatrix(options: ClassOptions): ConfusionMatrix {
  return new ConfusionMatrix(options);
}
