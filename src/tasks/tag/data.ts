import { FormatError, show } from "../../base/errors.js";
import { nearest } from "../../base/nearest.js";
import { countsOf } from "../about-data/alike.js";
import type { DataDetails } from "../about-data/details.js";
import { classesText } from "../classes-text.js";
import type { Samples } from "../stored/samples.js";
import type { Sources } from "../task.js";
import { fingerprint } from "../training/fingerprint.js";
import { type HeldOut, heldOutOf, holdOutRows } from "../training/held-out.js";
import type { TagConfig } from "./config.js";
import { SentenceCounts, sentenceDetails } from "./details.js";
import { Lexicon } from "./lexicon.js";
import type { Fault, Sentence } from "./sentence.js";
import { readTagged, type Sentences } from "./sentences.js";
import { constraintsOf, faultAt } from "./spans.js";

/** A sentence as it is learned from: the id of each tag, -1 for one that training never saw. */
export interface Example {
  tokens: readonly string[];
  tags: readonly string[];
  ids: Int32Array;
}

/** What a model has to know of its sentences. */
export interface Meaning {
  tags: readonly string[];
  lexicon: Lexicon;
  /** Whether what it was trained on keeps the rules of spans, so that a CRF may rule out all else. */
  constrained: boolean;
}

export interface TagData extends Meaning {
  train: Samples<Example>;
  validation: Samples<Example>;
  /** What is to be said of tags that break the rules of spans; empty where none does. */
  faults: string;
  /** Of both parts. */
  words: { train: number; validation: number };
  fingerprint: string;
  details?: DataDetails | undefined;
  /** What is odd about them, where they lie on the disk: it was seen on the way there. */
  notes?: readonly string[] | undefined;
}

/**
 * @param known  tags and words of a model that is trained on; default: those of the file
 * @throws FormatError naming line and column of what cannot be read; for a single tag
 */
export function readData({ train, valid }: Sources, config: TagConfig, known?: Meaning): TagData {
  const own = readTagged(train, config);
  const held = valid && readTagged(valid, config);
  const all = new Set(own.sentences.flatMap(({ tags }) => tags!));
  if (all.size < 2) throw tooFewTags(own.source, all);
  const split = splitSentences(own.sentences, heldOutOf(config, held !== undefined));
  const tags = known?.tags ?? [...new Set(split.train.flatMap((sentence) => sentence.tags!))].sort();
  const words = split.train.map(({ tokens }) => tokens);
  const lexicon = known?.lexicon ?? Lexicon.of(words, config.minCount);
  const examples = (of: Sentences, sentences: readonly Sentence[]) =>
    examplesOf(of, sentences, tags, config.unseen).flatMap((example) => piecesOf(example, config.maxLength));
  const [learned, judged] = [examples(own, split.train), examples(own, split.validation)];
  const validation = held === undefined ? judged : examples(held, held.sentences);
  const faults = faultsIn(own, tags);
  const constrained = known?.constrained ?? isRegular(learned, tags);
  const counted = { train: countWords(learned), validation: countWords(validation) };
  const data = { tags, lexicon, constrained, train: learned, validation, faults, words: counted };
  const counts = new SentenceCounts(config);
  for (const { tokens } of own.sentences) counts.add(tokens);
  const unknown = unknownWords(lexicon, learned);
  const named = countsOf(own.sentences.flatMap((sentence) => sentence.tags!));
  const details = sentenceDetails({ counts, tags: named, unknown }, data, { config, valid });
  return { ...data, fingerprint: fingerprint([learned, validation].map(codesOf)), details };
}

export function countWords(examples: readonly Example[]): number {
  return examples.reduce((sum, { tokens }) => sum + tokens.length, 0);
}

function unknownWords(lexicon: Lexicon, examples: readonly Example[]): number {
  let unknown = 0;
  for (const { tokens } of examples) for (const word of tokens) if (lexicon.wordId(word) === 0) unknown++;
  return unknown;
}

/** Words and tags as the numbers of their characters. */
function codesOf(examples: readonly Example[]): Int32Array {
  const text = examples.map(({ tokens, tags }) => `${tokens.join("\t")}\n${tags.join("\t")}`).join("\n");
  return Int32Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}

export function tooFewTags(argument: string, tags: Iterable<string>): FormatError {
  const value = `${show([...tags][0])} alone`;
  return new FormatError({ op: "tag", argument, must: "have two tags or more", value });
}

/** Sentences in a random order, the last ones or a fold to validate on, but for those with a tag that the others lack. */
function splitSentences(sentences: readonly Sentence[], held: HeldOut) {
  const { train, validation } = holdOutRows(new Array(sentences.length).fill(""), held);
  const [order, cut] = [[...train, ...validation], train.length];
  const known = new Set(order.slice(0, cut).flatMap((i) => sentences[i].tags!));
  const isHeld = (i: number, place: number) => place >= cut && sentences[i].tags!.every((tag) => known.has(tag));
  const at = (i: number) => sentences[i];
  return { train: order.filter((i, place) => !isHeld(i, place)).map(at), validation: order.filter(isHeld).map(at) };
}

/** @throws FormatError for a tag that training never saw, where such are refused */
export function examplesOf(
  { tagError }: Sentences,
  sentences: readonly Sentence[],
  tags: readonly string[],
  unseen: TagConfig["unseen"],
): Example[] {
  const ids = new Map(tags.map((tag, id) => [tag, id]));
  return sentences.map((sentence) => {
    const own = Int32Array.from(sentence.tags!, (tag) => ids.get(tag) ?? -1);
    const strange = own.indexOf(-1);
    if (strange >= 0 && unseen === "refuse") {
      throw tagError(sentence, strange, strangeTag(sentence.tags![strange], tags));
    }
    return { tokens: sentence.tokens, tags: sentence.tags!, ids: own };
  });
}

/** What is wrong with a tag that training never saw. */
export function strangeTag(tag: string, tags: readonly string[]): Omit<Fault, "value"> {
  return {
    must: `be a tag that was learned (${classesText(tags)})`,
    fix: 'Correct it, or set unseen to "wrong": it then counts as an error of the model.',
    details: { nearest: nearest(tag, tags), settings: { unseen: "wrong" } },
  };
}

/** Parts of a sentence that is longer than what is read at once. */
export function piecesOf({ tokens, tags, ids }: Example, most: number): Example[] {
  return Array.from({ length: Math.ceil(tokens.length / most) }, (_, i) => {
    const [from, to] = [i * most, (i + 1) * most];
    return { tokens: tokens.slice(from, to), tags: tags.slice(from, to), ids: ids.slice(from, to) };
  });
}

function isRegular(examples: readonly Example[], tags: readonly string[]): boolean {
  const constraints = constraintsOf(tags);
  return constraints !== null && examples.every(({ ids }) => faultAt(ids, constraints) < 0);
}

/** How many sentences have tags that their own kind does not allow, and where the first one is. */
export function faultsIn({ sentences, source }: Sentences, tags: readonly string[]): string {
  const constraints = constraintsOf(tags);
  if (constraints === null) return "";
  const places = new Map(tags.map((tag, id) => [tag, id]));
  const faults = sentences.flatMap((sentence) => {
    const at = faultAt(
      sentence.tags!.map((tag) => places.get(tag) ?? -1),
      constraints,
    );
    return at < 0 ? [] : [{ sentence, at }];
  });
  if (faults.length === 0) return "";
  const [{ sentence, at }] = faults;
  return faultsText(faults.length, source, sentence, at);
}

/** What is said of sentences that break the rules of spans. @param at  where the first one does, behind its end for a span that is open */
export function faultsText(count: number, source: string, { tags, lines }: Sentence, at: number): string {
  const own = tags!;
  const place = `${source}:${lines[Math.min(at, lines.length - 1)]}`;
  const what =
    at === own.length
      ? `${own[at - 1]} is the last`
      : `${own[at]} ${at === 0 ? "is the first" : `after ${own[at - 1]}`}`;
  return `${count.toLocaleString("en")} with spans that do not begin or end as they should (first at ${place}: ${what})`;
}
