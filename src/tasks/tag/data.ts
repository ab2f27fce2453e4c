import { FormatError, show } from "../../base/errors.js";
import { nearest } from "../../base/nearest.js";
import type { DataDetails } from "../about-data/details.js";
import { classesText } from "../classes-text.js";
import { type HeldOut, heldOutOf, holdOutRows } from "../held-out.js";
import type { Sources } from "../task.js";
import type { TagConfig } from "./config.js";
import { sentenceDetails } from "./details.js";
import { Lexicon } from "./lexicon.js";
import type { Sentence } from "./sentence.js";
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
  train: readonly Example[];
  validation: readonly Example[];
  /** What is to be said of tags that break the rules of spans; empty where none does. */
  faults: string;
  details: DataDetails;
}

/**
 * @param known  tags and words of a model that is trained on; default: those of the file
 * @throws FormatError naming line and column of what cannot be read; for a single tag
 */
export function readData({ train, valid }: Sources, config: TagConfig, known?: Meaning): TagData {
  const own = readTagged(train, config);
  const held = valid && readTagged(valid, config);
  const all = new Set(own.sentences.flatMap(({ tags }) => tags!));
  if (all.size < 2) {
    const value = `${show([...all][0])} alone`;
    throw new FormatError({ op: "tag", argument: own.source, must: "have two tags or more", value });
  }
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
  const data = { tags, lexicon, constrained, train: learned, validation, faults };
  return { ...data, details: sentenceDetails(own.sentences, data, { config, valid }) };
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
      const near = nearest(sentence.tags![strange], tags);
      throw tagError(sentence, strange, {
        must: `be a tag that was learned (${classesText(tags)})`,
        fix: 'Correct it, or set unseen to "wrong": it then counts as an error of the model.',
        details: { nearest: near, settings: { unseen: "wrong" } },
      });
    }
    return { tokens: sentence.tokens, tags: sentence.tags!, ids: own };
  });
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
  const { tags: own, lines } = sentence as Sentence & { tags: readonly string[] };
  const place = `${source}:${lines[Math.min(at, lines.length - 1)]}`;
  const what =
    at === own.length
      ? `${own[at - 1]} is the last`
      : `${own[at]} ${at === 0 ? "is the first" : `after ${own[at - 1]}`}`;
  return `${faults.length.toLocaleString("en")} with spans that do not begin or end as they should (first at ${place}: ${what})`;
}
