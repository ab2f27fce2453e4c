import { show } from "../../base/errors.js";
import { alikeNames, countsOf } from "../about-data/alike.js";
import { repeatedNotes } from "../about-data/repeated.js";
import { columnsOfClass } from "../about-data/telling-columns.js";
import { unitOfRows } from "../many-to-one-data.js";
import type { Example } from "../many-to-one-model.js";
import { lastNumbers, readAndTold } from "../many-to-one-notes.js";
import type { ClassifyConfig } from "./config.js";
import type { ClassifyData } from "./data.js";

/** What is odd about labelled rows. */
export function notesOnClasses(data: ClassifyData, config: ClassifyConfig): string[] {
  const { train, validation, classes, multi } = data;
  const all = [...train, ...validation];
  const labels = all.flatMap(({ target }) =>
    multi ? classes.filter((_, c) => target[c] === 1) : [classes[target[0]]],
  );
  const told = all.map(({ target }) => target[0]);
  return [
    ...alikeNames(config.label, countsOf(labels)),
    ...(multi ? [] : rareClass(classes, data, config)),
    ...(multi ? [] : namedInText(train, data, config)),
    ...(multi ? [] : columnsOfClass(config.label, { ...lastNumbers(all, data.inputs, config), told })),
    ...repeatedNotes({ ...readAndTold(data), unit: unitOfRows(config), isExact: true }),
  ];
}

/** Less than this share of what it would have if all were alike. */
const RARE = 0.2;

/** The rarest class, where it is so rare that a model does well without it. */
function rareClass(classes: readonly string[], { train, validation }: ClassifyData, config: ClassifyConfig): string[] {
  const [learned, judged] = [train, validation].map((part) => {
    const counts = new Array<number>(classes.length).fill(0);
    for (const { target } of part) counts[target[0]]++;
    return counts;
  });
  const least = learned.indexOf(Math.min(...learned));
  if (config.classWeights !== "none" || learned[least] * classes.length >= RARE * train.length) return [];
  const held = validation.length === 0 ? "" : ` and ${judged[least].toLocaleString("en")} to validate on`;
  const own = `of ${show(classes[least])} there are ${learned[least].toLocaleString("en")} ${unitOfRows(config)} to train on${held}`;
  return [`${own}: with balanced class weights it counts as others`];
}

/** So many rows say enough. */
const LOOKED_AT = 1000;
/** Of the rows of a class that name it, at least, and of others at most the rest. */
const NEARLY_ALL = 0.95;

/** Texts in which their class stands as a word, as in `[spam] buy now`: nothing else is learned from them. */
function namedInText(train: Iterable<Example>, { inputs, classes }: ClassifyData, { label }: ClassifyConfig): string[] {
  const { vocabulary } = inputs;
  if (vocabulary === null) return [];
  let [named, others, all] = [0, 0, 0];
  for (const { steps, target } of train) {
    if (all++ === LOOKED_AT) break;
    const words = new Set(wordsOf(vocabulary.decode(steps as Int32Array)));
    const holds = (name: string) => wordsOf(name).every((word) => words.has(word));
    if (holds(classes[target[0]])) named++;
    if (classes.some((name, c) => c !== target[0] && holds(name))) others++;
  }
  const seen = Math.min(all, LOOKED_AT);
  if (named < NEARLY_ALL * seen || others > (1 - NEARLY_ALL) * seen) return [];
  return [`texts name their ${show(label)}: take it out of them if it is not known before`];
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text];
