import { show } from "../../base/errors.js";
import { percent } from "../../base/number-text.js";
import type { Inspects } from "../commands.js";
import { judgedNames } from "../health/judge.js";
import { logOdds } from "../inspection/log-odds.js";
import { rowInspects } from "../many-to-one/inspection.js";
import { answersOf } from "./answers.js";
import type { Meaning } from "./data.js";
import type { Classifier } from "./model.js";
import type { ClassifyTypes } from "./types.js";

/** Labels of one row that are explained. */
const MOST = 3;
/** Probabilities that are shown, the likeliest first. */
const MOST_BARS = 12;

/** Which steps of a row speak for its class, or for its labels. */
export const inspect: Inspects<ClassifyTypes> = rowInspects("classify", {
  title: "a classifier",
  answersOf,
  questions({ classes }, model, { values }) {
    return explained(model, classes, probabilitiesOf(values, classes)).map((c) => ({
      what: `the log odds of ${show(classes[c])}`,
      scoreOf: (outputs) => (model.config.multi ? outputs.select(0, 0).select(0, c) : logOdds(outputs.select(0, 0), c)),
    }));
  },
  bars({ classes }: Meaning, { values }) {
    const all = probabilitiesOf(values, classes).map((value, c) => ({
      name: classes[c],
      value,
      text: `${percent(value)} %`,
    }));
    return all.sort((a, b) => b.value - a.value).slice(0, MOST_BARS);
  },
  numbers: ({ classes }, _, { values }) =>
    probabilitiesOf(values, classes).map((value, c) => ({ name: classes[c], value })),
  judged({ classes, multi }, answers, right) {
    if (multi) return undefined;
    const known = answers.flatMap(({ values }, i) => {
      const [said, probability] = [values["label"] as string, values["probability"] as number];
      return classes.includes(right[i]) ? [{ said, right: right[i], probability }] : [];
    });
    return judgedNames(known, "rows");
  },
});

/** In the order of the classes. */
function probabilitiesOf(values: object, classes: readonly string[]): number[] {
  const { probabilities } = values as { probabilities: Record<string, number> };
  return classes.map((name) => probabilities[name]);
}

/** The likeliest class; of several labels those that are there, or the likeliest where none is. */
function explained(model: Classifier, classes: readonly string[], probabilities: readonly number[]): number[] {
  const order = [...classes.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  const thresholds = model.thresholds?.data();
  const there = thresholds === undefined ? [] : order.filter((c) => probabilities[c] >= thresholds[c]);
  return there.length > 0 ? there.slice(0, MOST) : order.slice(0, 1);
}
