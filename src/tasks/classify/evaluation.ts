import {
  accuracy,
  type ConfusionMatrix,
  calibrationError,
  confusionMatrix,
  f1,
  logLoss,
  meanLoss,
} from "../../metrics/index.js";
import type { Evaluated, RowStream, StreamOptions } from "../commands.js";
import { evaluatedBy } from "../judged/evaluated.js";
import { measureRows } from "../many-to-one/evaluation.js";
import { type Meaning, targetsOf } from "./data.js";
import type { Classifier } from "./model.js";
import { labelMacroF1, labelMicroF1, labelsExact, labelTable } from "./multi-label.js";

/** Of more classes a table is wider than a page. */
const MOST_IN_TABLE = 12;
const MOST_MISTAKES = 10;

/** A classifier on the rows of a file. */
export async function evaluated(
  model: Classifier,
  meta: Meaning,
  source: RowStream,
  options: StreamOptions,
): Promise<Evaluated> {
  const { classes, inputs, multi } = meta;
  const { length } = classes;
  const loss = meanLoss();
  const macro = labelMacroF1(length);
  const confusion = multi ? null : confusionMatrix({ classes: length });
  const several = [macro, labelMicroF1(length), labelsExact(length), loss];
  const one = [
    f1({ classes: length }),
    accuracy({ classes: length }),
    logLoss({ classes: length }),
    calibrationError({ classes: length }),
  ];
  const shown = confusion === null ? several : one;
  const metrics = confusion === null ? several : [...one, loss, confusion];
  const [counted, ...others] = await measureRows(model, inputs, source, options, {
    targetsOf: (table) => targetsOf(table, classes, model.config),
    outputOf: (outputs, batch) => model.outputOf(outputs, batch),
    metrics,
  });
  const found = evaluatedBy<never>(shown, [], counted, others);
  const below = confusion === null ? labelTable(classes, macro) : confusionLines(confusion, classes);
  const more = confusion === null ? { labels: classes } : { classes, confusion: confusion.matrix };
  return { ...found, below, values: (placeOf) => ({ ...found.values(placeOf), loss: loss.value, ...more }) };
}

/** What was taken for what: all of it, or of many classes the most frequent mistakes. */
function confusionLines(confusion: ConfusionMatrix, classes: readonly string[]): string[] {
  if (classes.length <= MOST_IN_TABLE) {
    return ["rows are what is right, columns what was said", ...confusion.table(classes).split("\n")];
  }
  const mistakes = confusion.matrix.flatMap((row, right) =>
    row.flatMap((count, said) => (count > 0 && said !== right ? [{ count, right, said }] : [])),
  );
  mistakes.sort((a, b) => b.count - a.count);
  const lines = mistakes
    .slice(0, MOST_MISTAKES)
    .map(({ count, right, said }) => `${classes[right]} taken for ${classes[said]}: ${count}`);
  return lines.length === 0 ? [] : ["most frequent mistakes", ...lines];
}
