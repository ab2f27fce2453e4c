import { percent } from "../../base/number-text.js";
import type { Answers } from "../many-to-one-stream.js";
import type { Meaning } from "./data.js";
import type { Classifier } from "./model.js";

/** What probabilities say of one row: the likeliest class, or the labels that are likely enough. */
export function answersOf({ classes, multi }: Meaning, model: Classifier): Answers {
  const as: Answers["as"] = (logits) => model.probabilities(logits);
  const named = (all: Float32Array) => Object.fromEntries(classes.map((name, c) => [name, all[c]]));
  if (!multi) {
    return {
      as,
      answer(all) {
        let best = 0;
        for (let c = 1; c < all.length; c++) if (all[c] > all[best]) best = c;
        const [label, probability] = [classes[best], all[best]];
        return {
          text: `${label}  ${percent(probability)} %`,
          values: { label, probability, probabilities: named(all) },
        };
      },
    };
  }
  const thresholds = model.thresholds!.data();
  return {
    as,
    answer(all) {
      const labels = classes.filter((_, c) => all[c] >= thresholds[c]);
      const text = labels.map((label) => `${label}  ${percent(all[classes.indexOf(label)])} %`).join("  ");
      return { text: text === "" ? "none" : text, values: { labels, probabilities: named(all) } };
    },
  };
}
