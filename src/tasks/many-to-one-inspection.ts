import { noGrad } from "../autograd/index.js";
import type { Tensor } from "../tensor/index.js";
import type { Inspects, Known, Options, Prediction } from "./commands.js";
import type { Bars, Block, ShownStep } from "./inspection/blocks.js";
import { inspected } from "./inspection/report.js";
import { chosenOf, ROW_FIELDS, rowChoice, sampleTitle } from "./inspection/rows.js";
import { shownSteps } from "./inspection/tokens.js";
import { type WalkedLayer, walkBack, walkBlocks } from "./inspection/walk.js";
import { padded, type RowModel } from "./many-to-one-model.js";
import { type Answers, type StreamedRow, streamedRows, streamOf, typedRow } from "./many-to-one-stream.js";
import type { RowInputs, Steps } from "./row-inputs.js";
import { rowsAreSteps } from "./row-sequences.js";
import type { Source, TaskTypes } from "./task.js";

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
      const rows =
        content === null
          ? []
          : typeof content === "string"
            ? [typedRow(op, model, meta.inputs, content)]
            : await chosenOf(rowsOf(content, meta.inputs, model), rowChoice(options));
      const told = rows.map((row) => sampleOf(model, meta, row, task));
      const samples = told.map(({ sample }) => sample);
      return inspected(model, {
        about,
        values: { model: { task: op, cell, layers, hidden }, ...(content !== null && { samples }) },
        blocks: told.flatMap(({ blocks }) => blocks),
      });
    },
  };
}

async function* rowsOf(source: Source, inputs: RowInputs, { config }: RowModel): AsyncGenerator<StreamedRow> {
  for await (const { rows } of streamedRows(streamOf(source), inputs, config, false)) yield* rows;
}

function sampleOf<Model extends RowModel, M extends { inputs: RowInputs }>(
  model: Model,
  meta: M,
  { line, cells, example }: StreamedRow,
  task: RowInspection<Model, M>,
): { sample: Sample; blocks: Block[] } {
  const batch = padded([example!], model.features);
  const { answer, as } = task.answersOf(meta, model);
  const x = noGrad(() => model.read(batch.steps));
  const outputs = noGrad(() => model.answer(x, batch.lengths));
  const said = answer((as?.(outputs) ?? outputs).data() as Float32Array, 0);
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
  return { sample, blocks };
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
