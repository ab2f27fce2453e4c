import { noGrad } from "../../src/autograd/index.js";
import { Generator } from "../../src/base/random.js";
import { roundedWeights } from "../../src/interchange/targets/rounded.js";
import type { Precision } from "../../src/interchange/targets/target.js";
import type { Module } from "../../src/nn/index.js";
import { forecastConfig } from "../../src/tasks/anomaly/forecast-config.js";
import type { AnomalyModel, LineModel } from "../../src/tasks/anomaly/model.js";
import { anomaly } from "../../src/tasks/anomaly/task.js";
import type { AnomalyTypes } from "../../src/tasks/anomaly/types.js";
import { buildTask } from "../../src/tasks/checkpoint.js";
import type { Classifier } from "../../src/tasks/classify/model.js";
import { classify } from "../../src/tasks/classify/task.js";
import type { CommandTask, Known } from "../../src/tasks/commands.js";
import { modelToWrite } from "../../src/tasks/export/export.js";
import { type Forecaster, layerSettings } from "../../src/tasks/forecast/model.js";
import type { ForecastTypes } from "../../src/tasks/forecast/types.js";
import type { ClassWriter } from "../../src/tasks/generate/model.js";
import type { LanguageModel } from "../../src/tasks/language-model/index.js";
import type { RowModel } from "../../src/tasks/many-to-one/model.js";
import { CELLS } from "../../src/tasks/recurrent/layers.js";
import type { RowState } from "../../src/tasks/recurrent/states.js";
import { lastHidden } from "../../src/tasks/recurrent/states.js";
import type { EncoderDecoder } from "../../src/tasks/seq2seq/model.js";
import type { Tagger } from "../../src/tasks/tag/model.js";
import type { TaskTypes } from "../../src/tasks/task.js";
import type { TaskTraining } from "../../src/tasks/training/task-training.js";
import { type Tensor, tensor } from "../../src/tensor/index.js";
import type { Tolerance } from "./close.js";
import { dailyTable, groupTable } from "./rows.js";
import { begin, type Kind, trainingOf } from "./tiny-tasks.js";

/** Numbers that go in or come out. */
export interface Value {
  type: "int" | "float";
  shape: readonly number[];
  data: number[];
}

/** A call of one program of a model, and what our own modules say. */
export interface Call {
  program: string;
  inputs: Record<string, Value>;
  outputs: Record<string, Value>;
}

const series = { name: "days.csv", text: dailyTable(60) };
const SERIES = { layers: 2, hidden: 6, batch: 4, time: "day", target: "load", id: "site", context: 5, valid: 0.2 };
const logs = Array.from({ length: 40 }, (_, i) => `GET /${"abc"[i % 3]} ${200 + (i % 5)}`).join("\n");
const LINES = { layers: 2, hidden: 6, embed: 5, batch: 4, valid: 0.2 };

/** Models beside the tiny ones of each task. */
const OTHERS = {
  "anomaly of series": { task: anomaly as unknown as CommandTask, ...series, settings: SERIES },
  "anomaly of lines": { task: anomaly as unknown as CommandTask, name: "log.txt", text: logs, settings: LINES },
  "classify of numbers": {
    task: classify as unknown as CommandTask,
    name: "groups.csv",
    text: groupTable(20),
    settings: { layers: 2, hidden: 6, batch: 4, group: "id", label: "way" },
  },
} as const;
/** Cells that may project. */
const PROJECTING = ["lstm", "peephole-lstm", "layer-norm-lstm"];
export type ExportedKind = Kind | keyof typeof OTHERS;

function trained(kind: ExportedKind, settings: object): TaskTraining {
  if (!Object.hasOwn(OTHERS, kind)) return begin(kind as Kind, settings);
  const { task, name, text, settings: own } = OTHERS[kind as keyof typeof OTHERS];
  return trainingOf(task, { name, bytes: new TextEncoder().encode(text) }, { ...own, ...settings });
}

/**
 * A model of a task with weights that are far from their beginnings, and calls of each of its programs.
 * @param precision  of the weights with which the calls are computed; those of the model are as they are
 */
export async function exportedCase(kind: ExportedKind, settings: object, precision: Precision = "float32") {
  const training = trained(kind, settings);
  const { model, task, config, about } = training;
  model.eval();
  randomize(model);
  const known = { config, meta: about.meta } as never;
  const weights = roundedWeights(await modelToWrite(task, model, known), precision);
  const rounded = precision === "float32" ? model : buildTask(task, { config, meta: about.meta, weights });
  return { task, model, known, calls: noGrad(() => CALLS[task.name](rounded as never, known)) };
}

/** Every weight is moved, so that gains are not 1 nor biases 0. */
function randomize(model: Module): void {
  const random = new Generator(11);
  for (const [, parameter] of model.namedParameters()) {
    parameter.set(parameter.data().map((value) => value + 0.6 * (random.uniform() - 0.5)));
  }
}

const random = new Generator(5);

function floats(shape: readonly number[]): Tensor {
  const count = shape.reduce((product, n) => product * n, 1);
  return tensor(
    Float32Array.from({ length: count }, () => 2 * random.uniform() - 1),
    { shape },
  );
}

function ids(shape: readonly number[], size: number): Tensor {
  const count = shape.reduce((product, n) => product * n, 1);
  return tensor(
    Int32Array.from({ length: count }, () => Math.floor(random.uniform() * size)),
    { shape },
  );
}

/** All tensors of a state, module by module. */
export function tensorsOf(state: RowState): Tensor[] {
  if (Array.isArray(state)) return state.flatMap(tensorsOf);
  const one = state as Tensor | { h: Tensor };
  return "h" in one ? Object.values(one) : [one];
}

/** Called as `recurrentPart` calls them. */
function named(prefix: string, state: RowState): Record<string, Value> {
  const modules = Array.isArray(state) ? (state as RowState[]) : [state];
  const found: Record<string, Value> = {};
  for (const [i, module] of modules.entries()) {
    for (const [k, part] of tensorsOf(module).entries()) {
      found[`${prefix}${"hc"[k]}${modules.length === 1 ? "" : i}`] = value(part);
    }
  }
  return found;
}

function value(x: Tensor): Value {
  return { type: x.dtype === "int32" ? "int" : "float", shape: x.shape, data: Array.from(x.contiguous().data()) };
}

const ints = (...data: number[]): Value => ({ type: "int", shape: [data.length], data });

type Calls = (model: never, known: never) => Call[];

const LENGTHS = [4, 6, 1];

function lineCalls(
  { embed, rnn, head }: Pick<LineModel, "embed" | "rnn" | "head">,
  size: number,
  keepsStates: boolean,
): Call[] {
  const texts = ids([6, 3], size);
  const [y, ends] = rnn.forward(embed.forward(texts), null, { lengths: LENGTHS }) as [Tensor, RowState];
  const next = ids([2, 3], size);
  const [z, after] = rnn.forward(embed.forward(next), ends) as [Tensor, RowState];
  return [
    {
      program: "model",
      inputs: { ids: value(texts), lengths: ints(...LENGTHS) },
      outputs: { logits: value(head.forward(y)), ...(keepsStates && named("next_", ends)) },
    },
    {
      program: "step",
      inputs: { ids: value(next), ...named("", ends) },
      outputs: { logits: value(head.forward(z)), ...named("next_", after) },
    },
  ];
}

function rowCalls(model: RowModel, told: (told: Tensor) => Record<string, Value>): Call[] {
  const { pooling, bidirectional } = model.config;
  const inputs = (steps: number) =>
    model.embed === null ? floats([steps, 3, model.features]) : ids([steps, 3], model.embed.numEmbeddings);
  const name = model.embed === null ? "x" : "ids";
  const steps = inputs(6);
  const whole = {
    program: "model",
    inputs: { [name]: value(steps), lengths: ints(...LENGTHS) },
    outputs: told(model.forward({ steps, lengths: LENGTHS })),
  };
  if (bidirectional || pooling !== "last") return [whole];
  const [, state] = model.rnn.forward(model.read(steps), null, { lengths: LENGTHS }) as [Tensor, RowState];
  const next = inputs(2);
  const [, after] = model.rnn.forward(model.read(next), state) as [Tensor, RowState];
  const answer = told(model.head.forward(lastHidden(after, model.config.hidden)));
  const step = {
    program: "step",
    inputs: { [name]: value(next), ...named("", state) },
    outputs: { ...answer, ...named("next_", after) },
  };
  return [whole, step];
}

function seriesCalls(model: Forecaster, width: number): Call[] {
  const x = floats([6, 3, width]);
  const [raw, ends] = model.forward(x);
  const next = floats([2, 3, width]);
  const [more, after] = model.forward(next, ends);
  return [
    { program: "model", inputs: { x: value(x) }, outputs: { raw: value(raw), ...named("next_", ends) } },
    {
      program: "step",
      inputs: { x: value(next), ...named("", ends) },
      outputs: { raw: value(more), ...named("next_", after) },
    },
  ];
}

function tagCalls(model: Tagger): Call[] {
  const { lexicon } = model.meaning;
  const { chars, bidirectional, crf } = model.config;
  const of = (steps: number) => {
    const words = ids([steps, 3], lexicon.words.length + 1);
    const letters = ids([4, steps, 3], lexicon.chars.length + 1);
    const sizes = Int32Array.from({ length: steps * 3 }, (_, i) => 1 + (i % 4));
    const spelled = { chars: value(letters), sizes: value(tensor(sizes, { shape: [steps, 3] })) };
    const batch = {
      words: words.data() as Int32Array,
      chars: letters.data() as Int32Array,
      sizes: [...sizes],
      places: Int32Array.from(sizes, (_, i) => i),
      lengths: [0, 0, 0],
      targets: sizes,
    };
    return { inputs: { words: value(words), ...(chars !== "none" && spelled) }, x: model.read(batch) };
  };
  const best = (scores: Tensor): Value => {
    const found = model.best(scores, LENGTHS);
    const [steps, n] = scores.shape as [number, number, number];
    const data = Array.from({ length: steps * n }, (_, at) => found[at % n]![Math.floor(at / n)] ?? 0);
    return { type: "int", shape: [steps, n], data };
  };
  const outputs = (scores: Tensor) => ({
    scores: value(scores),
    ...(!crf && { probabilities: value(scores.softmax(-1)) }),
  });
  const { inputs, x } = of(6);
  const scores = model.scores(x, LENGTHS);
  const whole = {
    program: "model",
    inputs: { ...inputs, lengths: ints(...LENGTHS) },
    outputs: { ...outputs(scores), ...(crf && { tags: best(scores) }) },
  };
  if (bidirectional) return [whole];
  const [, state] = model.rnn.forward(x, null, { lengths: LENGTHS }) as [Tensor, RowState];
  const next = of(2);
  const [y, after] = model.rnn.forward(next.x, state) as [Tensor, RowState];
  const step = {
    program: "step",
    inputs: { ...next.inputs, ...named("", state) },
    outputs: { ...outputs(model.head.forward(y)), ...named("next_", after) },
  };
  return [whole, step];
}

function writerCalls(model: ClassWriter): Call[] {
  const conditions = floats([3, model.begin.inFeatures]);
  const size = model.meaning.vocabulary.size;
  const state = model.start(conditions);
  const written = ids([6, 3], size);
  const [logits, after] = model.forward(written, conditions, state);
  const steps = { ids: value(written), conditions: value(conditions) };
  return [
    {
      program: "model",
      inputs: { ...steps, lengths: ints(6, 6, 6) },
      outputs: { logits: value(logits) },
    },
    { program: "start", inputs: { conditions: value(conditions) }, outputs: named("", state) },
    {
      program: "step",
      inputs: { ...steps, ...named("", state) },
      outputs: { logits: value(logits), ...named("next_", after) },
    },
  ];
}

function pairCalls(model: EncoderDecoder): Call[] {
  const { attention, peeky, inputFeeding, copy, hidden } = model.config;
  const strange = copy ? 3 : 0;
  const source = ids([6, 3], model.embedSource.numEmbeddings + strange);
  const encoded = model.encode(source, LENGTHS);
  const shared = {
    ...(attention !== "none" && { outputs: value(encoded.outputs) }),
    ...(peeky && { last: value(encoded.last) }),
  };
  const written = ids([inputFeeding ? 1 : 2, 3], model.embedTarget.numEmbeddings + strange);
  const from = { state: encoded.state, fed: inputFeeding ? floats([1, 3, hidden]) : null };
  const { logits, next, weights, gate } = model.decode(encoded, written, from);
  return [
    {
      program: "encode",
      inputs: { ids: value(source), lengths: ints(...LENGTHS) },
      outputs: { ...shared, ...named("", encoded.state) },
    },
    {
      program: "decode",
      inputs: {
        ids: value(written),
        ...shared,
        ...named("", encoded.state),
        ...(inputFeeding && { fed: value(from.fed!) }),
        ...(attention !== "none" && { lengths: ints(...LENGTHS) }),
      },
      outputs: {
        logits: value(logits),
        ...named("next_", next.state),
        ...(weights !== null && { weights: value(weights) }),
        ...(inputFeeding && { next_fed: value(next.fed!) }),
        ...(copy && { gate: value(gate!) }),
      },
    },
  ];
}

const CALLS: Readonly<Record<string, Calls>> = {
  "language-model": (model: LanguageModel) => lineCalls(model, model.vocabulary.size, true),
  classify: (model: Classifier) =>
    rowCalls(model, (told) => ({ told: value(told), probabilities: value(model.probabilities(told)) })),
  regress: (model: RowModel, { meta }: Known<TaskTypes>) => {
    const { mean, scale } = meta as { mean: number; scale: number };
    return rowCalls(model, (told) => ({ values: value(told.mul(scale).add(mean)) }));
  },
  forecast: (model: Forecaster, { config, meta }: Known<ForecastTypes>) =>
    seriesCalls(model, layerSettings(config, meta).input),
  anomaly: ({ series, lines }: AnomalyModel, { config, meta }: Known<AnomalyTypes>) =>
    lines === null
      ? seriesCalls(series!, layerSettings(forecastConfig(config), meta.series!).input)
      : lineCalls(lines, meta.vocabulary!.size, false),
  tag: tagCalls,
  generate: writerCalls,
  seq2seq: pairCalls,
};

/** Layer normalisation divides by a deviation that may be small, and rounding grows with it. */
export function toleranceOf(title: string): Tolerance {
  return { rtol: 1e-5, atol: title.startsWith("layer-norm") ? 5e-6 : 1e-6 };
}

type Settings = readonly (readonly [title: string, settings: object])[];
const alone = (title: string, settings: object = {}): Settings => [[title, settings]];
/** One of each sort of cell. */
const SORTS = ["gru", "min-gru", "layer-norm-lstm"];
/** Of few units the deviation that layer normalisation divides by may be next to nothing: then float32 itself is off by more than the tolerance. */
const ENOUGH = 12;
const sorts: Settings = SORTS.map((cell) => [cell, { cell, ...(cell.startsWith("layer-norm") && { hidden: ENOUGH }) }]);

const LAYERS: Settings = [
  ["one layer", { layers: 1 }],
  ["two layers", { layers: 2 }],
  ["layers of their own", { layers: 2, hiddenDropout: 0.1 }],
  ["a narrow last layer", { layers: 3, lastHidden: 4 }],
];

/** Models that every target must write, or say why it cannot. */
export const EXPORTED: Readonly<Record<ExportedKind, Settings>> = {
  "language-model": [
    ...CELLS.flatMap((cell) => LAYERS.map(([title, sizes]) => [`${cell}, ${title}`, { cell, ...sizes }] as const)),
    ["tied", { tie: true, embed: 6 }],
    ...PROJECTING.flatMap((cell) => [
      [`${cell}, projected`, { cell, projSize: 5 }] as const,
      [`${cell}, projected layers of their own`, { cell, projSize: 3, hiddenDropout: 0.1 }] as const,
    ]),
    ["tied to a projection", { projSize: 4, tie: true, embed: 4 }],
  ],
  classify: [
    ...CELLS.map((cell) => [`${cell} in both directions`, { cell }] as const),
    ...["mean", "max", "attention"].map((pooling) => [pooling, { pooling }] as const),
    ["one direction", { bidirectional: false }],
    ["layers of their own", { bidirectional: true, hiddenDropout: 0.1 }],
    ["several labels", { multi: true }],
    ["projected", { projSize: 3, bidirectional: true, pooling: "attention" }],
    ["projected, the last outputs", { projSize: 3 }],
  ],
  "classify of numbers": [...alone("rows as steps"), ...alone("max", { pooling: "max", bidirectional: true })],
  regress: [...sorts, ...alone("last", { pooling: "last", bidirectional: false })],
  tag: [
    ...sorts,
    ...["none", "lstm", "conv"].map((chars) => [`characters: ${chars}`, { chars }] as const),
    ["projected", { projSize: 3, layers: 2 }],
    ["a CRF", { crf: true }],
    ["a CRF in one direction", { crf: true, bidirectional: false, chars: "none" }],
    ["one direction", { bidirectional: false, crf: false }],
  ],
  generate: [...sorts, ["layers of their own", { hiddenDropout: 0.1 }], ["lstm", { cell: "lstm" }]],
  forecast: [...sorts, ["direct", { decoding: "direct" }], ["quantiles", { output: "quantiles" }]],
  "anomaly of series": sorts,
  "anomaly of lines": [...sorts, ["layers of their own", { hiddenDropout: 0.1 }]],
  seq2seq: [
    ...sorts,
    ...["none", "dot", "general", "additive"].map((attention) => [`attention: ${attention}`, { attention }] as const),
    ["input feeding", { inputFeeding: true }],
    ["input feeding, not peeky", { inputFeeding: true, peeky: false, bidirectional: false }],
    ["copying", { copy: true }],
    ["layers of their own", { hiddenDropout: 0.1 }],
  ],
};

/** Models of which each has weights of other shapes: what rounding does to them. */
export const ROUNDED: readonly (readonly [ExportedKind, object])[] = [
  ["language-model", { cell: "peephole-lstm" }],
  ["language-model", { cell: "mgu", tie: true, embed: 6 }],
  ["language-model", { cell: "lstm", projSize: 4 }],
  ["classify", { cell: "layer-norm-gru", pooling: "attention" }],
  ["tag", { chars: "conv", crf: true }],
  ["seq2seq", { cell: "gru", attention: "additive", hiddenDropout: 0.1 }],
];
