import type { ShownToken } from "../../inspection/tokens.js";

/** Something of a text that a unit may follow: a number at each token, from what was read so far. */
export interface Feature {
  /** To follow the word "follows": `the place in the line`. */
  name: string;
  /** A reader of its own for each text. */
  reader(): (token: ShownToken) => number;
}

const at = (name: string, holds: (text: string) => boolean): Feature => ({
  name,
  reader:
    () =>
    ({ text }) =>
      Number(holds(text)),
});

/** How many tokens since `starts` last held. */
const since = (name: string, starts: (token: ShownToken) => boolean): Feature => ({
  name,
  reader: () => {
    let count = 0;
    return (token) => {
      count = starts(token) ? 0 : count + 1;
      return count;
    };
  },
});

/** 1 between an opening and its end. A line break ends nothing; two do. */
const inside = (name: string, open: RegExp, close: RegExp): Feature => ({
  name,
  reader: () => {
    let [within, breaks] = [false, 0];
    return ({ text, breaks: isBreak }) => {
      breaks = isBreak ? breaks + 1 : 0;
      if (breaks > 1) within = false;
      else if (within && close.test(text)) within = false;
      else if (!within && open.test(text)) within = true;
      return Number(within);
    };
  },
});

const isLetter = (text: string) => /[\p{L}\p{M}'’]/u.test(text);

/** After Karpathy, Johnson & Li 2016, who found units for most of these. */
export const FEATURES: readonly Feature[] = [
  since("the place in the line", ({ breaks }) => breaks),
  since("the place in the word", ({ text }) => !isLetter(text)),
  since("the place in the sentence", ({ text }) => /[.!?]/.test(text)),
  inside("the inside of quotation marks", /["“]/, /["”]/),
  inside("the inside of brackets", /[([{]/, /[)\]}]/),
  at("blanks", (text) => /^[^\S\n]$/.test(text)),
  at("line breaks", (text) => text === "\n"),
  at("vowels", (text) => /^[aeiouyäöüáéíóúàèêô]$/iu.test(text)),
  at("consonants", (text) => /^[bcdfghjklmnpqrstvwxz]$/i.test(text)),
  at("capital letters", (text) => /^\p{Lu}/u.test(text)),
  at("digits", (text) => /^\d/.test(text)),
  at("punctuation", (text) => /^\p{P}+$/u.test(text)),
];

export function featureSeries(feature: Feature, tokens: readonly ShownToken[]): number[] {
  const read = feature.reader();
  return tokens.map(read);
}
