import { FormatError } from "../../base/errors.js";
import { percent } from "../../base/number-text.js";
import { exactMatch } from "../../metrics/index.js";
import type { Evaluated, Known, Options, RowStream, StreamOptions } from "../commands.js";
import { evaluatedBy } from "../judged/evaluated.js";
import { rowPieces } from "../rows/pieces.js";
import { inLineOrder, type ReadPart, type ReadRow } from "../rows/predicted-parts.js";
import { unknownText } from "../tokens/unknown.js";
import type { TagSettings } from "./config.js";
import { countWords, type Example, examplesOf, faultsText, type Meaning } from "./data.js";
import { metricsOf, outputsOf, SORTED, type TagOutput, TagTable } from "./judged.js";
import type { Tagger } from "./model.js";
import type { Sentence } from "./sentence.js";
import { sentenceParts } from "./sentence-parts.js";
import { tagFault } from "./sentences.js";
import { constraintsOf, faultAt } from "./spans.js";
import type { TagTypes } from "./types.js";

/** What is told of sentences that are judged, some at a time. */
export class TagCounts {
  readonly #lexicon: Meaning["lexicon"];
  readonly #metrics;
  readonly #table: TagTable;
  readonly #whole = exactMatch();
  #sentences = 0;
  #words = 0;
  #unknown = 0;

  constructor({ tags, lexicon }: Meaning) {
    this.#lexicon = lexicon;
    this.#metrics = metricsOf(tags);
    this.#table = new TagTable(tags);
  }

  add(examples: readonly Example[], outputs: Iterable<TagOutput>): void {
    this.#sentences += examples.length;
    this.#words += countWords(examples);
    for (const { tokens } of examples) {
      for (const word of tokens) if (this.#lexicon.wordId(word) === 0) this.#unknown++;
    }
    for (const output of outputs) {
      for (const metric of this.#metrics) metric.add(output);
      this.#table.add(output);
      this.#whole.add(output);
    }
  }

  /** @param faults  what is to be said of tags that break the rules of spans */
  evaluated(faults: string): Evaluated {
    const [value, sentences, exact] = [this.#unknown, this.#sentences, this.#whole.value];
    const others = value === 0 ? [] : [{ name: "unknown", value, unit: unknownText("word", value / this.#words) }];
    const evaluated = evaluatedBy(this.#metrics, [], { name: "words", value: this.#words }, others);
    const table = this.#table;
    return {
      ...evaluated,
      figures: [
        ...evaluated.figures,
        { name: "sentences", value: exact, unit: "", text: `${percent(exact)} % right as a whole` },
        ...(faults === "" ? [] : [{ name: "irregular", value: Number.NaN, unit: "", text: faults }]),
        ...table.figures(),
      ],
      values: () => ({
        ...evaluated.values(() => ""),
        sentences,
        exactMatch: exact,
        tags: Object.fromEntries(table.rows().map(({ name, ...figures }) => [name, figures])),
      }),
    };
  }
}

/** How well a tagger does on a file, in the memory of a part of it. */
export async function evaluatedSentences(
  model: Tagger,
  { config, meta }: Known<TagTypes>,
  file: RowStream,
  { onBad, ...options }: Options & StreamOptions,
): Promise<Evaluated> {
  const { unseen = config.unseen } = options as Partial<TagSettings>;
  const counts = new TagCounts(meta);
  const faults = new SpanFaults(meta.tags, file.name);
  const exampleOf = (sentence: Sentence): Example => {
    const tagError = (of: Sentence, i: number, fault: Parameters<typeof tagFault>[3]["fault"]) =>
      tagFault(file.name, of, i, { fault, settings: config, column: config.tagColumn });
    const [example] = examplesOf({ source: file.name, sentences: [], tagError }, [sentence], meta.tags, unseen);
    faults.see(sentence);
    return example;
  };
  const parts = taggedParts(file, { config, meta }, exampleOf, onBad !== undefined);
  for await (const some of rowPieces(parts, SORTED, onBad)) counts.add(some, outputsOf(model, some));
  return counts.evaluated(faults.text);
}

async function* taggedParts(
  file: RowStream,
  { config }: Known<TagTypes>,
  exampleOf: (sentence: Sentence) => Example,
  keepBad: boolean,
): AsyncGenerator<Pick<ReadPart<Example>, "rows">, void, undefined> {
  for await (const { sentences, bad } of sentenceParts(file, config, { withTags: true, keepBad })) {
    const rows = sentences.map((sentence): ReadRow<Example> => {
      const [line] = sentence.lines;
      try {
        return { row: exampleOf(sentence), line, cells: [] };
      } catch (error) {
        if (!keepBad || !(error instanceof FormatError)) throw error;
        return { row: null, error, line, cells: [] };
      }
    });
    yield { rows: inLineOrder(rows, bad) };
  }
}

/** Sentences whose tags break the rules of spans. */
class SpanFaults {
  readonly #constraints;
  readonly #places: ReadonlyMap<string, number>;
  readonly #source: string;
  #count = 0;
  #first: { sentence: Sentence; at: number } | null = null;

  constructor(tags: readonly string[], source: string) {
    this.#constraints = constraintsOf(tags);
    this.#places = new Map(tags.map((tag, id) => [tag, id]));
    this.#source = source;
  }

  see(sentence: Sentence): void {
    if (this.#constraints === null) return;
    const ids = sentence.tags!.map((tag) => this.#places.get(tag) ?? -1);
    const at = faultAt(ids, this.#constraints);
    if (at < 0) return;
    this.#count++;
    this.#first ??= { sentence, at };
  }

  get text(): string {
    if (this.#first === null) return "";
    return faultsText(this.#count, this.#source, this.#first.sentence, this.#first.at);
  }
}
