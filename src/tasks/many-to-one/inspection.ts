import { noGrad } from "../../autograd/index.js";
import { rangeOf } from "../../base/range.js";
import { record } from "../../diagnostics/record.js";
import type { Tensor } from "../../tensor/index.js";
import type { Inspects, Known, Options, Prediction } from "../commands.js";
import type { Evidence, Judged } from "../health/measured.js";
import type { Bars, Block, ShownStep } from "../inspection/blocks.js";
import { inspected } from "../inspection/report.js";
import { chosenRows, ROW_FIELDS, rowChoice, sampleTitle } from "../inspection/rows.js";
import { shownSteps } from "../inspection/tokens.js";
import { type WalkedLayer, walkBack, walkBlocks } from "../inspection/walk.js";
import type { RowInputs, Steps } from "../rows/inputs.js";
import { rowsAreSteps } from "../rows/sequences.js";
import { gradientRow, normsByStep } from "../score/gradient-row.js";
import { columns as columnsOf, inputGradients } from "../score/input-gradients.js";
import type { ScoreBlock } from "../score/score-blocks.js";
import type { Track } from "../score/score-data.js";
import type { Source, TaskTypes } from "../task.js";
import { countUnknown, unitOf } from "../tokens/unknown.js";
import { padded, type RowModel } from "./model.js";
import { type Answers, answersTo, type StreamedRow, streamedRows, streamOf, typedRow } from "./stream.js";

/** A number that a model says of a row, of which the steps are asked what they did to it. */
export interface Question {
  /** `the log odds of "spam"`. */
  what: string;
  /** @param outputs  [1, outputs] of the model @returns a scalar */
  scoreOf(outputs: Tensor): Tensor;
}

/** How a task of this kind is looked into. */
export interface RowInspection<Model extends RowModel, M> {
  /** `a classifier`. */
  title: string;
  answersOf(meta: M, model: Model): Answers;
  /** The numbers to explain. @param answer  what the model said */
  questions(meta: M, model: Model, answer: Pick<Prediction, "values">): Question[];
  /** Probabilities, where there are some. */
  bars(meta: M, answer: Pick<Prediction, "values">): Bars["bars"];
  /** The numbers that are told, each with its name. */
  numbers(meta: M, model: Model, answer: Pick<Prediction, "values">): { name: string; value: number }[];
  /** How good the answers are. @param right  what stands in the column of what is to be told, row by row */
  judged(meta: M, answers: readonly Prediction[], right: readonly string[]): Judged | undefined;
}

/** What one row said. */
interface Sample {
  line: number;
  text: string;
  steps: string[];
  answer: Prediction["values"];
  /** Gradient × input of each step, for each number that is explained. */
  decided: { what: string; score: number; contributions: number[] }[];
  pooling: number[] | null;
  layers: WalkedLayer[];
}

/** `inspect` of a task whose models say one thing of each sequence. */
export function rowInspects<T extends TaskTypes & { model: RowModel; meta: { inputs: RowInputs } }>(
  op: string,
  task: RowInspection<T["model"], T["meta"]>,
): Inspects<T> {
  return {
    fields: ROW_FIELDS,
    async run(model: T["model"], { meta }: Known<T>, content: Source | string | null, options: Options) {
      const { cell, layers, hidden } = (model as RowModel).config;
      const about = `${task.title}, ${layers} ${cell} ${layers === 1 ? "layer" : "layers"} of ${hidden}`;
      const { row, rows } = rowChoice(options);
      const read: ReadRows =
        content === null || typeof content === "string"
          ? { rows: content === null ? [] : [typedRow(op, model, meta.inputs, content)], right: null }
          : await rowsOf(content, meta.inputs, model, row - 1 + rows);
      const chosen = content === null || typeof content === "string" ? read.rows : chosenRows(read.rows, { row, rows });
      const told = chosen.map((one) => sampleOf(model, meta, one, task));
      const samples = told.map(({ sample }) => sample);
      return inspected(model, {
        about,
        values: { model: { task: op, cell, layers, hidden }, ...(content !== null && { samples }) },
        blocks: told.flatMap(({ blocks }) => blocks),
        more: told.flatMap(({ more }) => more),
        settings: (model as RowModel).config as unknown as Readonly<Record<string, unknown>>,
        walks: samples.map((sample) => sample.layers),
        evidence: () => ({
          ...rowEvidence(model, meta, read, task),
          attention: samples.flatMap(({ pooling }) => (pooling === null ? [] : [[pooling]])),
        }),
      });
    },
  };
}

/** Rows that are answered to see how good the answers are. */
const MOST_JUDGED = 256;

/** Sequences, and what stands beside each of them as what is to be told; null where nothing does. */
interface ReadRows {
  rows: readonly StreamedRow[];
  right: readonly string[] | null;
}

/** Those of the first parts of a file, at least `least` of them where there are as many. */
async function rowsOf(source: Source, inputs: RowInputs, { config }: RowModel, least: number): Promise<ReadRows> {
  const found: StreamedRow[] = [];
  let label = -1;
  for await (const { rows, columns } of streamedRows(streamOf(source), inputs, config, false)) {
    label = columns.indexOf(config.label);
    for (const row of rows) found.push(row);
    if (found.length >= least) break;
  }
  return { rows: found, right: label < 0 ? null : found.map(({ cells }) => cells[label]) };
}

function rowEvidence<Model extends RowModel, M extends { inputs: RowInputs }>(
  model: Model,
  meta: M,
  { rows, right }: ReadRows,
  task: RowInspection<Model, M>,
): Evidence {
  const { vocabulary, columns } = meta.inputs;
  const some = rows.slice(0, MOST_JUDGED);
  const steps = some.map(({ example }) => example!.steps);
  const answers = right === null ? [] : answersTo(model, meta.inputs, some, task.answersOf(meta, model));
  const judged = right === null ? undefined : task.judged(meta, answers, right.slice(0, MOST_JUDGED));
  const all = steps.flatMap((own) => [...own]);
  if (vocabulary !== null) {
    const count = countUnknown(vocabulary, all);
    return { judged, unknown: { count, share: count / Math.max(1, all.length), unit: unitOf(vocabulary.kind) } };
  }
  const { features } = model;
  const names = features === columns.length ? columns : [columns.join(", ")];
  return {
    judged,
    scaled: names.map((name, f) => ({ name, values: all.filter((_, i) => i % names.length === f) })),
  };
}

function sampleOf<Model extends RowModel, M extends { inputs: RowInputs }>(
  model: Model,
  meta: M,
  { line, cells, example }: StreamedRow,
  task: RowInspection<Model, M>,
): { sample: Sample; blocks: Block[]; more: ScoreBlock[] } {
  const batch = padded([example!], model.features);
  const { answer, as } = task.answersOf(meta, model);
  const x = noGrad(() => model.read(batch.steps));
  const outputs = noGrad(() => model.answer(x, batch.lengths));
  const answerOf = (all: Tensor, n: number) => answer((as?.(all) ?? all).data() as Float32Array, n * all.shape[1]);
  const said = answerOf(outputs, 0);
  const steps = shownOf(meta.inputs, model, example!.steps);
  const walks = task.questions(meta, model, said).map(({ what, scoreOf }) => {
    return { what, ...walkBack(model, x, (leaf) => scoreOf(model.answer(leaf, batch.lengths))) };
  });
  const pooling = noGrad(() => model.poolWeights(x)?.data() ?? null);
  const text = meta.inputs.vocabulary === null ? cells.join(", ") : (cells[0] ?? "");
  const name = `line ${line}`;
  const decided = walks.map(({ what, score, gradient }) => {
    const own = summed(gradient, steps.length);
    return { what, score, gradient, contributions: own };
  });
  const [{ layers }] = walks;
  const bars = task.bars(meta, said);
  const blocks: Block[] = [
    { kind: "heading", text: sampleTitle(name, text) },
    { kind: "text", text: said.text },
    ...(bars.length === 0 ? [] : [{ kind: "bars", title: `Probabilities, ${name}`, about: "", bars } as const]),
    ...decided.flatMap(({ what, contributions, gradient }) => [
      weighed(`What decided ${what}, ${name}`, steps, contributions),
      ...byFeature(meta.inputs, model, gradient, steps),
    ]),
    ...(pooling === null ? [] : [attended(name, steps, Array.from(pooling))]),
    ...walkBlocks(layers, walks[0].what),
  ];
  const sample = {
    ...{ line, text, steps: steps.map(({ label }) => label), answer: said.values },
    decided: decided.map(({ gradient: _, ...one }) => one),
    pooling: pooling && Array.from(pooling),
    layers,
  };
  const reading: Reading = {
    ...{ model, x, steps },
    predicted: task.questions(meta, model, said)[0].scoreOf,
    numbers: (all, n) => task.numbers(meta, model, answerOf(all, n)),
  };
  return { sample, blocks, more: [blocks[0], ...readBlocks(reading)] };
}

/** How a sequence is read, and what is said of it. */
interface Reading {
  model: RowModel;
  /** [L, 1, F] */
  x: Tensor;
  steps: readonly ShownStep[];
  predicted: Question["scoreOf"];
  /** What row n of the outputs says. */
  numbers(outputs: Tensor, n: number): { name: string; value: number }[];
}

/** What is thought at each step, as if the sequence ended there: at the last one it is the answer. */
function readBlocks(reading: Reading): ScoreBlock[] {
  const { model, x, steps, predicted } = reading;
  const lengthsOf = (ends: readonly number[]) => ends.map((t) => t + 1);
  const predictions = {
    model,
    read: (ends: readonly number[]) => [columnsOf(x.narrow(0, 0, Math.max(...ends) + 1), ends.length)],
    predicted: ([leaf]: readonly Tensor[], ends: readonly number[]) => {
      const outputs = model.answer(leaf, lengthsOf(ends));
      return ends.map((_, b) => predicted(outputs.narrow(0, b, 1)).sum()).reduce((a, b) => a.add(b));
    },
  };
  return [
    { kind: "track", steps, track: () => meanwhile(reading) },
    {
      ...{ kind: "traced", steps },
      about: "What each step does to the answer, as if the sequence ended under the cursor: at its end, to the answer.",
      rows: (ends) =>
        inputGradients(predictions, ends).map(([gradient], b) => {
          const length = gradient.length / x.shape[2];
          return gradientRow(ends[b], normsByStep(gradient, length, ends[b] + 1));
        }),
    },
    {
      ...{ kind: "layers", steps, from: 0 },
      layers: () => record(model, () => void noGrad(() => model.answer(x, [steps.length]))),
    },
  ];
}

/** Ends at which it is asked what is thought by then; between two the earlier answer stands. */
const MOST_ENDS = 64;
/** Curves of answers: the largest. */
const MOST_CURVES = 4;

function meanwhile({ model, x, steps, numbers }: Reading): Track {
  const count = Math.min(steps.length, MOST_ENDS);
  const ends = Array.from({ length: count }, (_, i) => Math.ceil(((i + 1) * steps.length) / count) - 1);
  const outputs = noGrad(() =>
    model.answer(
      columnsOf(x, count),
      ends.map((t) => t + 1),
    ),
  );
  const said = ends.map((_, n) => numbers(outputs, n));
  const order = [...said[0].keys()].sort((a, b) => said.at(-1)![b].value - said.at(-1)![a].value);
  const series = order.slice(0, MOST_CURVES).map((k) => ({
    name: said[0][k].name,
    values: Float32Array.from(
      steps,
      (_, t) =>
        said[
          Math.max(
            0,
            ends.findLastIndex((end) => end <= t),
          )
        ][k].value,
    ),
  }));
  const all = series.flatMap(({ values }) => [...values]);
  const isShare = all.every((value) => value >= 0 && value <= 1);
  return {
    ...{ kind: "lines", id: "answer", title: "answer so far", log: false, series },
    about: "What the model would say if the sequence ended here.",
    range: isShare ? [0, 1] : rangeOf(all),
  };
}

function summed(gradient: Float64Array, steps: number): number[] {
  const width = gradient.length / steps;
  return Array.from({ length: steps }, (_, t) =>
    gradient.subarray(t * width, (t + 1) * width).reduce((a, b) => a + b, 0),
  );
}

/** The steps as they are called: tokens, columns, or numbers of rows. */
function shownOf({ vocabulary, columns }: RowInputs, model: RowModel, steps: Steps): ShownStep[] {
  if (vocabulary !== null) return shownSteps(vocabulary, steps);
  if (!rowsAreSteps(model.config)) return columns.slice(0, steps.length).map((label) => ({ label }));
  return Array.from({ length: steps.length / model.features }, (_, t) => ({ label: `step ${t + 1}` }));
}

const ABOUT = "Gradient × input: what each step adds to it, to first order.";

function weighed(title: string, steps: readonly ShownStep[], weights: readonly number[]): Block {
  return { kind: "weighed", title, about: ABOUT, steps, weights };
}

/** Where a step has several numbers, what each of these did. */
function byFeature(
  { columns }: RowInputs,
  { features }: RowModel,
  gradient: Float64Array,
  steps: readonly ShownStep[],
): Block[] {
  if (features === 1 || columns.length !== features) return [];
  const values = columns.map((_, f) => steps.map((_, t) => gradient[t * features + f]));
  const title = "The same by column";
  return [{ kind: "map", title, about: ABOUT, rows: columns, columns: steps.map(({ label }) => label), values }];
}

function attended(name: string, steps: readonly ShownStep[], weights: readonly number[]): Block {
  const about = "How much of the answer is made of the output of each step, 1 in all.";
  return { kind: "weighed", title: `Where attention looks, ${name}`, about, steps, weights, unit: "share" };
}
