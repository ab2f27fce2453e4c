import { noGrad } from "../../autograd/index.js";
import { piecesOf as sentencePieces, type Told } from "../../base/report.js";
import type { Known, Prediction, RowStream } from "../commands.js";
import { inLineOrder, predictedParts, type ReadPart } from "../rows/predicted-parts.js";
import { piecesOf } from "./data.js";
import { joined } from "./judged.js";
import { batchOf, type Tagger } from "./model.js";
import type { Sentence } from "./sentence.js";
import { sentenceParts } from "./sentence-parts.js";
import { areSpanTags, spansIn } from "./spans.js";
import type { TagTypes } from "./types.js";

/** Sentences computed at once. */
const PIECE = 16;

/** The tags of each sentence, in order. */
export async function* predictions(
  model: Tagger,
  { config, meta: { tags, lexicon } }: Known<TagTypes>,
  sentences: readonly Sentence[],
  told?: Told,
): AsyncGenerator<Prediction> {
  const ofSpans = areSpanTags(tags);
  for (const some of sentencePieces(sentences, PIECE, told)) {
    const group = some.map(({ tokens }) =>
      piecesOf({ tokens, tags: tokens, ids: new Int32Array(tokens.length) }, config.maxLength),
    );
    const batch = batchOf(group.flat(), lexicon, config.maxChars);
    const { ids, all } = noGrad(() => {
      const scores = model.forward(batch);
      return { ids: model.best(scores, batch.lengths), all: model.probabilities(scores, batch.lengths).data() };
    });
    const { length: n } = batch.lengths;
    const shares = ids.map((own, i) => own.map((id, t) => all[(t * n + i) * tags.length + id]));
    const [found, probabilities] = [joined(group, ids), joined(group, shares)];
    for (const [i, { tokens }] of some.entries()) {
      const names = found[i].map((id) => tags[id]);
      const spans = ofSpans
        ? spansIn(names).map((span) => ({ ...span, text: tokens.slice(span.start, span.end).join(" ") }))
        : undefined;
      const values = {
        ...{ tokens: [...tokens], tags: names, probabilities: probabilities[i] },
        ...(spans !== undefined && { spans }),
      };
      const text =
        spans === undefined ? tokens.map((word, t) => `${word}/${names[t]}`).join(" ") : marked(tokens, spans);
      yield { text, values, ...strangeness(tokens, config.chars === "none" ? wordOf : charsOf, lexicon) };
    }
  }
}

/** As `predictions`, of a file as it comes. @param keepBad  a sentence that cannot be read is told in its place */
export function predictedSentences(model: Tagger, known: Known<TagTypes>, source: RowStream, keepBad: boolean) {
  return predictedParts(sentenceRows(source, known, keepBad), PIECE, (some) => predictions(model, known, some));
}

async function* sentenceRows(
  source: RowStream,
  { config }: Known<TagTypes>,
  keepBad: boolean,
): AsyncGenerator<ReadPart<Sentence>, void, undefined> {
  for await (const { sentences, bad } of sentenceParts(source, config, { withTags: false, keepBad })) {
    const rows = sentences.map((row) => ({ row, line: row.lines[0], cells: [] }));
    yield { columns: [], rows: inLineOrder(rows, bad) };
  }
}

/** `[PER Ada Lovelace] lived in [LOC London]`. */
function marked(tokens: readonly string[], spans: readonly { type: string; start: number; end: number }[]): string {
  const opens = new Map(spans.map(({ start, type }) => [start, `[${type} `]));
  const closes = new Set(spans.map(({ end }) => end - 1));
  return tokens.map((word, t) => `${opens.get(t) ?? ""}${word}${closes.has(t) ? "]" : ""}`).join(" ");
}

type Reads = (lexicon: TagTypes["meta"]["lexicon"], word: string) => ArrayLike<number>;
const wordOf: Reads = (lexicon, word) => [lexicon.wordId(word)];
const charsOf: Reads = (lexicon, word) => lexicon.charIds(word, word.length);

/** How much of a sentence was read, and how much of it says nothing to the model: characters, or words where it reads no characters. */
function strangeness(tokens: readonly string[], reads: Reads, lexicon: TagTypes["meta"]["lexicon"]) {
  let [all, unknown] = [0, 0];
  for (const word of tokens) {
    const ids = reads(lexicon, word);
    all += ids.length;
    for (let i = 0; i < ids.length; i++) if (ids[i] === 0) unknown++;
  }
  return { tokens: all, unknown };
}
