import { passOf, type Told } from "../../base/report.js";
import { BoundedCounts, copyOf } from "../../text/token-counter.js";
import { ofBytes, toBytes } from "../stored/json-bytes.js";
import { RawParts, type SamplesOf, storedParts } from "../stored/parts.js";
import type { SampleCodec } from "../stored/samples.js";
import type { RowStream, StreamSources } from "../task.js";
import { HeldOutDraw, heldOutOf } from "../training/held-out.js";
import { SeenSentences } from "./beware.js";
import type { TagConfig } from "./config.js";
import { type Example, faultsText, type Meaning, piecesOf, strangeTag, type TagData, tooFewTags } from "./data.js";
import { SentenceCounts, sentenceDetails } from "./details.js";
import { Lexicon } from "./lexicon.js";
import type { Sentence } from "./sentence.js";
import { sentenceParts } from "./sentence-parts.js";
import { tagFault } from "./sentences.js";
import { constraintsOf, faultAt } from "./spans.js";

/** More names than these are no tags: they would fill the memory. */
const MOST_TAGS = 2 ** 16;

export interface StoreSentencesOptions {
  /** Tags and words of a model that is trained on. Default: those of the file. */
  known?: Meaning | undefined;
  mostInPart?: number | undefined;
}

/**
 * As `readData`, for files that need not fit into memory: each sentence is drawn to train or to validate on as it comes, words are counted
 * on the way, and what is read lies on the disk.
 * @throws FormatError; FileError where the disk is full
 */
export async function storeSentences(
  { train, valid, report }: StreamSources,
  config: TagConfig,
  { known, mostInPart }: StoreSentencesOptions = {},
): Promise<TagData & { close(): void }> {
  const raw = new RawParts();
  try {
    const names = new TagNames(known?.tags, config);
    const words = new BoundedCounts();
    const draw = new HeldOutDraw(heldOutOf(config, valid !== undefined));
    const counts = new SentenceCounts(config);
    const trained = new Set<number>();
    for await (const sentence of sentencesOf(train, config)) {
      const tags = names.numbersOf(sentence, train.name);
      counts.add(sentence.tokens);
      const isHeld = draw.next() && tags.every((tag) => trained.has(tag));
      put(raw, isHeld, sentence, tags);
      if (isHeld) continue;
      for (const tag of tags) trained.add(tag);
      for (const word of sentence.tokens) words.add(word);
    }
    const tagCounts = names.counts();
    if (names.all.length < 2) throw tooFewTags(train.name, names.all);
    const tags = known?.tags ?? [...names.all].sort();
    const lexicon = known?.lexicon ?? Lexicon.ofCounts(words.all, config.minCount);
    if (valid !== undefined) {
      names.close(tags);
      for await (const sentence of sentencesOf(valid, config)) {
        put(raw, true, sentence, names.numbersOf(sentence, valid.name));
      }
    }
    const source = train.name;
    const read = {
      tags,
      lexicon,
      known,
      names: names.all,
      counts: names.counts(),
      source,
      hasFile: valid !== undefined,
    };
    const data = encoded(raw, read, config, { mostInPart, told: passOf(report, "encoding") });
    const unknown = data.words.train - knownWords(lexicon, words);
    return { ...data, details: sentenceDetails({ counts, tags: tagCounts, unknown }, data, { config, valid }) };
  } finally {
    raw.close();
  }
}

/** How many words there are that a lexicon knows: of more different ones than are counted, those that were forgotten are none. */
function knownWords(lexicon: Lexicon, words: BoundedCounts): number {
  let known = 0;
  for (const [word, count] of words.all) if (lexicon.wordId(word) !== 0) known += count;
  return known;
}

async function* sentencesOf(file: RowStream, config: TagConfig): AsyncGenerator<Sentence, void, undefined> {
  for await (const { sentences } of sentenceParts(file, config, { withTags: true })) yield* sentences;
}

function put(raw: RawParts, isHeld: boolean, { tokens, lines }: Sentence, tags: readonly number[]): void {
  raw[isHeld ? "validation" : "train"].append([lines[0], lines.at(-1)!], bytesOf(tokens, tags));
}

type Kept = [tokens: readonly string[], tags: readonly number[]];

const bytesOf = (...kept: Kept) => toBytes(kept);

/** Tags have numbers as they come: which ones there are in all is known at the end. */
class TagNames {
  readonly all: string[];
  readonly #numbers: Map<string, number>;
  /** How often each occurs. */
  readonly #counts: number[];
  readonly #config: TagConfig;
  /** Those that were learned; null while they are. */
  #learned: readonly string[] | null;

  constructor(known: readonly string[] | undefined, config: TagConfig) {
    this.all = [...(known ?? [])];
    this.#numbers = new Map(this.all.map((tag, i) => [tag, i]));
    this.#counts = this.all.map(() => 0);
    this.#learned = known ?? null;
    this.#config = config;
  }

  /** From now on others are strange. */
  close(learned: readonly string[]): void {
    this.#learned = learned;
  }

  /** @throws FormatError for a tag that training never saw, where such are refused; for too many */
  numbersOf(sentence: Sentence, file: string): number[] {
    const numbers = sentence.tags!.map((tag, i) => this.#numbers.get(tag) ?? this.#new(tag, sentence, i, file));
    for (const number of numbers) this.#counts[number]++;
    return numbers;
  }

  /** How often each tag was seen by now. */
  counts(): Map<string, number> {
    const all = this.all.map((tag, i): [string, number] => [tag, this.#counts[i]]);
    return new Map(all.filter(([, count]) => count > 0));
  }

  #new(tag: string, sentence: Sentence, i: number, file: string): number {
    const settings = this.#config;
    const refuse = (fault: Parameters<typeof tagFault>[3]["fault"]) =>
      tagFault(file, sentence, i, { fault, settings, column: settings.tagColumn });
    if (this.#learned !== null && settings.unseen === "refuse") throw refuse(strangeTag(tag, this.#learned));
    if (this.all.length === MOST_TAGS) {
      const [must, fix] = [`be one of at most ${MOST_TAGS.toLocaleString("en")} tags`, "Name the column of the tags."];
      throw refuse({ must, fix });
    }
    this.#numbers.set(copyOf(tag), this.all.length);
    this.#counts.push(0);
    return this.all.push(copyOf(tag)) - 1;
  }
}

interface ReadSentences {
  tags: readonly string[];
  lexicon: Lexicon;
  known: Meaning | undefined;
  /** Of the numbers that tags have in what was put aside. */
  names: readonly string[];
  /** How often each occurs in all that was put aside. */
  counts: ReadonlyMap<string, number>;
  source: string;
  hasFile: boolean;
}

/** What was put aside, as sentences that are read at once. */
function encoded(
  raw: RawParts,
  { tags, lexicon, known, names, counts, source, hasFile }: ReadSentences,
  { maxLength, seed }: TagConfig,
  options: { mostInPart: number | undefined; told: Told | undefined },
): TagData & { close(): void } {
  const places = names.map((name) => tags.indexOf(name));
  const numbers = new Map(names.map((name, i) => [name, i]));
  const exampleOf = (bytes: Uint8Array): Example => {
    const [tokens, own] = ofBytes<Kept>(bytes);
    return { tokens, tags: own.map((tag) => names[tag]), ids: Int32Array.from(own, (tag) => places[tag]) };
  };
  const codec: SampleCodec<Example> = {
    write: (example) => {
      const own = example.tags.map((tag) => numbers.get(tag)!);
      return { numbers: [], bytes: bytesOf(example.tokens, own) };
    },
    read: ({ bytes }) => exampleOf(bytes),
    lengthOf: ({ tokens }) => tokens.length,
  };
  const constraints = constraintsOf(tags);
  const words = { train: 0, validation: 0 };
  const odd = new SeenSentences();
  let [isRegular, count] = [constraints !== null, 0];
  let first: { sentence: Sentence; at: number } | null = null;
  const samplesOf: SamplesOf<Example> = ({ numbers: [from, to], bytes }, isHeld, seen) => {
    const example = exampleOf(bytes);
    const { tokens, ids } = example;
    seen.add(bytes);
    words[isHeld ? "validation" : "train"] += tokens.length;
    const at = constraints === null || (isHeld && hasFile) ? -1 : faultAt(ids, constraints);
    if (at >= 0) count++;
    if (at >= 0 && (first === null || from < first.sentence.lines[0])) {
      // Of columns without remarks between the words each is a line below the one before.
      const below = to - from === tokens.length - 1 ? 1 : 0;
      first = { sentence: { ...example, lines: tokens.map((_, i) => from + below * i) }, at };
    }
    const pieces = piecesOf(example, maxLength);
    for (const piece of pieces) odd.add(piece, isHeld);
    if (!isHeld && isRegular) isRegular = pieces.every((piece) => faultAt(piece.ids, constraints!) < 0);
    return pieces;
  };
  const stored = storedParts(raw, codec, samplesOf, { seed, ...options });
  const { sentence, at } = first ?? { sentence: null, at: -1 };
  const faults = sentence === null ? "" : faultsText(count, source, sentence, at);
  const notes = odd.notes(counts);
  return { ...stored, tags, lexicon, constrained: known?.constrained ?? isRegular, words, faults, notes };
}
