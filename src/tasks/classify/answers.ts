import { percent } from "../../base/number-text.js";
import type { Answers } from "../many-to-one-stream.js";
import type { Meaning } from "./data.js";
import type { Classifier } from "./model.js";

/** What probabilities say of one row: the likeliest class, or the labels that are likely enough. */
export function answersOf({ classes, multi }: Meaning, model: Classifier): Answers {
  const as: Answers["as"] = (logits) => model.probabilities(logits);
  const named = (all: Float32Array, at: number) => Object.fromEntries(classes.map((name, c) => [name, all[at + c]]));
  if (!multi) {
    return {
      as,
      answer(all, at) {
        let best = 0;
        for (let c = 1; c < classes.length; c++) if (all[at + c] > all[at + best]) best = c;
        const [label, probability] = [classes[best], all[at + best]];
        return {
          text: `${label}  ${percent(probability)} %`,
          values: { label, probability, probabilities: named(all, at) },
        };
      },
    };
  }
  const thresholds = model.thresholds!.data();
  return {
    as,
    answer(all, at) {
      const labels = classes.filter((_, c) => all[at + c] >= thresholds[c]);
      const text = labels.map((label) => `${label}  ${percent(all[at + classes.indexOf(label)])} %`).join("  ");
      return { text: text === "" ? "none" : text, values: { labels, probabilities: named(all, at) } };
    },
  };
}
