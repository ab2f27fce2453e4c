import { show } from "../../base/errors.js";
import type { Example, Examples } from "../many-to-one/model.js";
import { StoredSamples } from "../stored/samples.js";
import type { ClassifyConfig } from "./config.js";
import type { ClassifyData, Meaning } from "./data.js";
import { SeenClasses } from "./seen.js";

/** What is odd about labelled rows. */
export function notesOnClasses(data: ClassifyData, config: ClassifyConfig): readonly string[] {
  if (data.notes !== undefined) return data.notes;
  const { classes, inputs, multi } = data;
  const seen = new SeenClasses(classes, inputs, config);
  for (const part of ["train", "validation"] as const) {
    for (const { steps, target } of data[part]) {
      const told = multi ? target.flatMap((has, own) => (has === 1 ? [own] : [])) : target[0];
      seen.add(steps, told, part === "validation");
    }
  }
  return seen.notes(namedInText(data.train, data, config));
}

/** So many rows say enough. */
const LOOKED_AT = 1000;
/** Of the rows of a class that name it, at least, and of others at most the rest. */
const NEARLY_ALL = 0.95;

/** Texts in which their class stands as a word, as in `[spam] buy now`: nothing else is learned from them. */
export function namedInText(train: Examples, { inputs, classes }: Meaning, { label, multi }: ClassifyConfig): string[] {
  const { vocabulary } = inputs;
  if (vocabulary === null || multi) return [];
  const texts = Array.from(someOf(train), ({ steps, target: [own] }) => {
    return { own, words: new Set(wordsOf(vocabulary.decode(steps as Int32Array))) };
  });
  const most = Math.floor((1 - NEARLY_ALL) * texts.length);
  const few = (of: (text: (typeof texts)[number]) => boolean) => texts.filter(of).length <= most;
  const names = new Map<number, string[]>();
  const holds = (words: ReadonlySet<string>, own: number): boolean => {
    const name = names.get(own) ?? wordsOf(classes[own]);
    names.set(own, name);
    return name.every((word) => words.has(word));
  };
  // Of many classes the second question takes long: it is asked where the first says that it has to be.
  if (!few(({ own, words }) => !holds(words, own))) return [];
  if (!few(({ own, words }) => classes.some((_, other) => other !== own && holds(words, other)))) return [];
  return [`texts name their ${show(label)}: take it out of them if it is not known before`];
}

/** Those on the disk lie in the order of their file, which may be that of their classes. */
function someOf(train: Examples): Iterable<Example> {
  return train instanceof StoredSamples ? train.spread(Math.min(train.length, LOOKED_AT)) : train.slice(0, LOOKED_AT);
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text];
