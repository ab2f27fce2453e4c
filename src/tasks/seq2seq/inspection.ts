import { noGrad } from "../../autograd/index.js";
import { show } from "../../base/errors.js";
import { percent } from "../../base/number-text.js";
import { functional } from "../../nn/index.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import { UNKNOWN } from "../../text/vocabulary.js";
import type { Inspects } from "../commands.js";
import type { Evidence } from "../health/measured.js";
import type { Block, ShownStep } from "../inspection/blocks.js";
import { inspected } from "../inspection/report.js";
import { chosenRows, ROW_FIELDS, rowChoice, sampleTitle } from "../inspection/rows.js";
import { shownSteps } from "../inspection/tokens.js";
import { type WalkedLayer, walk, walkBlocks } from "../inspection/walk.js";
import type { ScoreBlock } from "../score/score-blocks.js";
import { countOf, unitOf } from "../tokens/unknown.js";
import { paddedSources } from "./batch.js";
import { copyLosses, type Pointing, textOf, tokenOf } from "./copying.js";
import { type Meaning, sideReader } from "./data.js";
import type { EncoderDecoder } from "./model.js";
import { readPairs, typedPair } from "./pairs.js";
import { pairBlocks } from "./traced.js";
import type { Seq2SeqTypes } from "./types.js";
import { GREEDY, lookedAt, writeAll } from "./write.js";

/** What a model made of one source. */
interface Sample {
  line: number;
  source: string;
  target: string;
  sourceTokens: string[];
  /** Its end, too. */
  targetTokens: string[];
  /** Of each token that was written, as the model saw it then. */
  probabilities: number[];
  /** Where tokens are copied: how much of each token's probability was to be the source's, 1 - p_gen. */
  copied: number[] | null;
  /** Where the decoder looked: a row a token of the target, a column a token of the source. Null without attention. */
  attention: number[][] | null;
  /** Gradient × input of each token of the source, of the log probability of all that was written. */
  decided: { score: number; contributions: number[] };
  layers: WalkedLayer[];
}

/** What is written for a source, and where the decoder looks as it writes. */
export const inspect: Inspects<Seq2SeqTypes> = {
  fields: ROW_FIELDS,
  async run(model, { config, meta }, content, options) {
    const { cell, layers, hidden, attention } = config;
    const looks = attention === "none" ? "no attention" : `attention ${attention}`;
    const about = `an encoder and decoder, ${layers} ${cell} ${layers === 1 ? "layer" : "layers"} of ${hidden} each, ${looks}`;
    const told =
      content === null ? [] : sourcesOf(content, config, meta, options).map((one) => toldOf(model, meta, one));
    const samples = told.map(({ sample }) => sample);
    return inspected(model, {
      about,
      values: { model: { task: "seq2seq", cell, layers, hidden, attention }, ...(content !== null && { samples }) },
      blocks: samples.flatMap((sample) => blocksOf(sample, meta)),
      more: told.flatMap(({ sample, more }) => [...lookedMap(sample, meta), ...more]),
      settings: config as unknown as Readonly<Record<string, unknown>>,
      walks: samples.map((sample) => sample.layers),
      evidence: () => ({
        ...(content !== null && evidenceOf(model, meta, sourcesOf(content, config, meta, { rows: MOST_JUDGED }))),
        attention: samples.flatMap((sample) => (sample.attention === null ? [] : [sample.attention])),
      }),
    });
  },
};

/** Sources of which something is written to see whether it is always the same, and whether it ends. */
const MOST_JUDGED = 32;

function evidenceOf(model: EncoderDecoder, meta: Meaning, sources: readonly Source[]): Evidence {
  const limit = model.config.maxLength ?? Infinity;
  const all = sources.map(({ ids }) => ids);
  const written = writeAll(model, all, GREEDY).map(([{ ids }]) => ids);
  const texts = written.map((ids, n) => textOf(meta.target, ids, sources[n].strange));
  const [first] = texts;
  const isOne = new Set(sources.map(({ text }) => text)).size > 1 && texts.every((text) => text === first);
  const unknown = all.reduce((sum, ids) => sum + countOf(ids, meta.source.idOf(UNKNOWN) ?? -1), 0);
  const read = all.reduce((sum, ids) => sum + ids.length, 0);
  const guess = { count: texts.length, unit: "sources", guess: "always writing one text" };
  return {
    ...(isOne && { judged: { ...guess, only: show(first), ratio: 1 } }),
    unknown: { count: unknown, share: unknown / Math.max(1, read), unit: unitOf(meta.source.kind) },
    written: {
      count: texts.length,
      endless: written.filter((ids, n) => ids.length >= limit && limit > all[n].length).length,
      limit,
    },
  };
}

interface Source {
  line: number;
  text: string;
  ids: Int32Array;
  strange: string[];
}

function sourcesOf(
  content: Parameters<Inspects<Seq2SeqTypes>["run"]>[2] & {},
  config: Seq2SeqTypes["config"],
  meta: Meaning,
  options: Parameters<typeof rowChoice>[0],
): Source[] {
  const isTyped = typeof content === "string";
  const table = isTyped ? typedPair(content, config) : readPairs(content.bytes, content.name, config);
  const read = sideReader(table, "source", config, meta.source);
  const column = table.columns.indexOf(config.source ?? "source");
  const rows = isTyped ? [0] : chosenRows([...table.rows.keys()], rowChoice(options));
  return rows.map((row) => {
    const strange: string[] = [];
    return { line: table.lines[row], text: table.rows[row][column], ids: read(row, strange), strange };
  });
}

/** What is told of a source, and what a score shows besides. */
interface Told {
  sample: Sample;
  more: ScoreBlock[];
}

function toldOf(model: EncoderDecoder, { source, target }: Meaning, { line, text, ids, strange }: Source): Told {
  const [[{ ids: written }]] = writeAll(model, [ids], GREEDY);
  const { begin, end } = model.ends;
  const known = tensor([begin, ...written], { shape: [written.length + 1, 1], dtype: "int32" });
  const targets = tensor([...written, end], { shape: [written.length + 1, 1], dtype: "int32" });
  const sources = paddedSources([ids], model.config.reverse);
  const decode = (x: Tensor) => {
    const encoded = model.encodeRead(x, [ids.length], sources);
    return { encoded, decoded: model.decode(encoded, known, model.begin(encoded)) };
  };
  const logProbs = (x: Tensor) => {
    const { encoded, decoded } = decode(x);
    if (encoded.origins !== null) return copyLosses(decoded as Pointing, encoded.origins, targets).neg();
    return functional.crossEntropy(decoded.logits, targets, { reduction: "none" }).neg();
  };
  const x = noGrad(() => model.read(sources));
  const probabilities = noGrad(() => Array.from(logProbs(x).data(), Math.exp));
  const { score, contributions, layers } = walk(model, x, (leaf) => logProbs(leaf).sum());
  const sample: Sample = {
    ...{ line, source: text, target: textOf(target, written, strange) },
    sourceTokens: Array.from(ids, (id) => tokenOf(source, id, strange)),
    targetTokens: [...written, end].map((id) => tokenOf(target, id, strange)),
    probabilities,
    copied: noGrad(() => {
      const { gate } = decode(x).decoded;
      return gate === null ? null : Array.from(gate.neg().sigmoid().data());
    }),
    attention: lookedAt(model, ids, written),
    decided: { score, contributions: model.config.reverse ? contributions.reverse() : contributions },
    layers,
  };
  const more = pairBlocks({
    ...{ model, source: ids, written, attention: sample.attention },
    sourceSteps: stepsOf(source, sample.sourceTokens),
    targetSteps: stepsOf(target, sample.targetTokens),
    labelOf: (id) => stepsOf(target, [tokenOf(target, id, strange)])[0].label,
  });
  return { sample, more };
}

/** Under each token that is written, where the decoder looked. */
function lookedMap({ line, source: text, sourceTokens, targetTokens, attention }: Sample, meta: Meaning): Block[] {
  const heading: Block = { kind: "heading", text: sampleTitle(`line ${line}`, text) };
  if (attention === null) return [heading];
  const rows = stepsOf(meta.source, sourceTokens).map(({ label }) => label);
  return [
    heading,
    {
      ...{ kind: "map", title: `attention, line ${line}`, rows },
      about: "A column a token that is written: which tokens of the source the decoder looks at.",
      columns: stepsOf(meta.target, targetTokens).map(({ label }) => label),
      values: rows.map((_, s) => attention.map((row) => row[s])),
    },
  ];
}

function blocksOf(sample: Sample, { source, target }: Meaning): Block[] {
  const { line, source: text, target: written, attention, probabilities, copied, decided, layers } = sample;
  const name = `line ${line}`;
  const steps = stepsOf(source, sample.sourceTokens);
  const writtenSteps = stepsOf(target, sample.targetTokens);
  const rows = writtenSteps.map(({ label }) => label);
  const map: Block = {
    kind: "map",
    title: `Where the decoder looks, ${name}`,
    about: "A row a token that is written, a column a token of the source; the weights of a row are 1 in all.",
    rows,
    columns: steps.map(({ label }) => label),
    values: attention ?? [],
    reportOnly: true,
  };
  return [
    { kind: "heading", text: sampleTitle(name, text) },
    { kind: "text", text: written },
    {
      ...{ kind: "curves", title: `Probability of each token, ${name}`, about: "As the model saw it then." },
      ...{ xTitle: "step (token)", yTitle: "probability", yRange: [0, 1], steps: writtenSteps },
      series: [
        {
          name: "probability",
          values: probabilities,
          beside: `least ${percent(Math.min(...probabilities))} %`,
        },
        ...(copied === null
          ? []
          : [{ name: "of the source", values: copied, beside: `most ${percent(Math.max(...copied))} %` }]),
      ],
    },
    ...(attention === null ? [] : [map]),
    {
      ...{ kind: "weighed", title: `What decided all that was written, ${name}`, steps },
      about: "Gradient × input: what each token adds to the log probability of the target, to first order.",
      weights: decided.contributions,
    },
    ...walkBlocks(layers, "the log probability of the target"),
  ];
}

/** Tokens as they are shown; one that the vocabulary lacks as it is written. */
function stepsOf(vocabulary: Meaning["source"], tokens: readonly string[]): ShownStep[] {
  const steps = shownSteps(
    vocabulary,
    tokens.map((token) => vocabulary.idOf(token) ?? vocabulary.idOf(UNKNOWN)!),
  );
  return steps.map((step, t) => {
    const token = tokens[t];
    if (vocabulary.idOf(token) !== undefined) return step;
    return { label: token, written: `${step.written?.startsWith(" ") ? " " : ""}${token}` };
  });
}
