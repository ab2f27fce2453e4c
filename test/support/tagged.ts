import { Generator } from "../../src/base/random.js";

export type TaggedSentence = (readonly [word: string, tag: string])[];

/** Sentences about people and places in BIO: what a name is follows from its place and its ending. */
export function taggedSentences(count: number, seed = 1): TaggedSentence[] {
  const generator = new Generator(seed);
  const pick = (from: readonly string[]) => from[Math.floor(generator.uniform() * from.length)]!;
  const name = (ends: readonly string[]) =>
    pick([..."BDKLMRT"]) + pick(["a", "o", "u"]) + pick([..."bdlmr"]) + pick(ends);
  return Array.from({ length: count }, () => {
    const person: TaggedSentence = [[name(["a", "us"]), "B-PER"]];
    if (generator.uniform() < 0.5) person.push([name(["son", "man"]), "I-PER"]);
    const place: TaggedSentence = [[name(["ford", "ton"]), "B-LOC"]];
    const rest: TaggedSentence = generator.uniform() < 0.3 ? [["today", "O"]] : [];
    const verb = pick(["lives", "works", "sleeps"]);
    return [...person, [verb, "O"], ["in", "O"], ...place, ...rest, [".", "O"]];
  });
}

/** In columns of words, something between, and tags. */
export function conll(sentences: readonly TaggedSentence[], between = " _ "): string {
  return sentences.map((rows) => rows.map(([word, tag]) => `${word}${between}${tag}\n`).join("")).join("\n");
}

export function taggedLines(sentences: readonly TaggedSentence[]): string {
  const lines = sentences.map((rows) =>
    JSON.stringify({ tokens: rows.map(([word]) => word), tags: rows.map(([, tag]) => tag) }),
  );
  return `${lines.join("\n")}\n`;
}
