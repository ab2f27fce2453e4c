import { percent } from "../../base/number-text.js";
import type { Described, Known } from "../commands.js";
import { listOf, objectOf, PROBABILITY } from "../described.js";
import { type Answers, describedRows, rowOutput } from "../many-to-one/stream.js";
import type { Meaning } from "./data.js";
import type { Classifier } from "./model.js";
import type { ClassifyTypes } from "./types.js";

/** What probabilities say of one row: the likeliest class, or the labels that are likely enough. */
export function answersOf({ classes, multi }: Meaning, model: Classifier): Answers {
  const as: Answers["as"] = (logits) => model.probabilities(logits);
  // A class may have any name; where none is one that objects treat otherwise, writing them one by one is much faster.
  const isPlain = !classes.includes("__proto__");
  const named = (all: Float32Array, at: number): Record<string, number> => {
    if (!isPlain) return Object.fromEntries(classes.map((name, c) => [name, all[at + c]]));
    const found: Record<string, number> = {};
    for (let c = 0; c < classes.length; c++) found[classes[c]] = all[at + c];
    return found;
  };
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

/** What a classifier reads and says, for programs. */
export function describeAnswers({ meta, config }: Known<ClassifyTypes>): Described {
  const { classes, inputs, multi } = meta;
  const label = { enum: [...classes] };
  const probabilities = objectOf(Object.fromEntries(classes.map((name) => [name, PROBABILITY])));
  const own = multi ? { labels: listOf(label) } : { label, probability: PROBABILITY };
  return { ...describedRows(inputs, config), output: rowOutput(inputs, { ...own, probabilities }) };
}
