import { train } from "unrolled/tasks";
import { drawnValues, type Pyramid, pyramidOf } from "../score/pyramid.js";
import { aboutUnit, type PlacesAnswer, placesLike, type UnitAnswer } from "./contexts.js";
import { buildTask, decodeAnyTask, FormatError, OptionError } from "./library.js";
import { adopt, type GradientRow, type HeatTrack, harmlessScore, LanguageModel, type Looked, look, type ScoreData, scoreIds, topUnits, type Warning } from "./library-look.js"; // biome-ignore format: one list
import { type Held, models } from "./models.js";
import type { Handlers, Tell } from "./protocol.js";
import { type RaceEvents, type RaceRequests, raceHandlers } from "./race.js";
import { usualText } from "./usual-text.js";

export type { Context, PlacesAnswer, UnitAnswer } from "./contexts.js";
export type { GradientRow, HeatTrack, ScoreData, Warning };

/** What a model is, for a title. */
export interface ModelAbout {
  task: string;
  title: string;
  config: Readonly<Record<string, unknown>>;
  parameters: number;
  /** Something that it can read, where nobody wrote anything yet. */
  usual: string;
}

/** A file as it was dropped. */
export interface NamedBytes {
  name: string;
  bytes: Uint8Array;
}

export interface LookAnswer {
  scores: ScoreData[];
  /** Of each score, whether it can be asked where a prediction comes from. */
  hasGradient: readonly boolean[];
  /** What is wrong with the model, and what to do. */
  warnings: readonly Warning[];
  /** Of what is long or large, made here: by its track, and its place among what is drawn of that. */
  pyramids: { score: number; id: string; part: number; pyramid: Pyramid }[];
}

export interface LookRequests extends RaceRequests {
  /** Reads a checkpoint, or a model of another program with its vocabulary beside it; it is called `key` from then on. */
  "look.open": { ask: { key: string; bytes: Uint8Array; others?: readonly NamedBytes[] }; answer: ModelAbout };
  "look.close": { ask: { key: string }; answer: undefined };
  "look.models": { ask: null; answer: { key: string; about: ModelAbout }[] };
  /** Trains a small model of these data, to look into. */
  "look.train": { ask: NamedBytes & { key: string; settings: Readonly<Record<string, unknown>> }; answer: ModelAbout };
  /** Steps of its training at which such a model was kept, the first one first. */
  "look.history": { ask: { key: string }; answer: number[] };
  /** The model as it was then. @returns what it is called */
  "look.moment": { ask: { key: string; step: number }; answer: string };
  /** Everything that a model does on a text, or on the numbers of a row. */
  "look.score": { ask: { key: string; text: string; length?: number }; answer: LookAnswer };
  /** Of the text that this model looked at last. */
  "look.gradient": { ask: { key: string; score: number; step: number }; answer: GradientRow | null };
  "look.unit": { ask: { key: string; score: number; track: string; row: number }; answer: UnitAnswer };
  "look.places": {
    ask: { key: string; score: number; track: string; from: number; to: number; corpus: string | null };
    answer: PlacesAnswer;
  };
}

export interface LookEvents extends RaceEvents {
  "look.progress": { key: string; step: number; totalSteps: number };
}

/** What each model looked at last. */
const looked = new Map<string, Looked>();

/** A map of more values than this, and a curve, are halved here and not by the page. */
const LARGE = 2 ** 19;
const LONG = 2 ** 14;
/** Tokens of a corpus that are looked through. */
const CORPUS = 20_000;

export function lookHandlers(tell: Tell): Handlers<LookRequests> {
  return {
    ...raceHandlers(tell),
    "look.open": async ({ key, bytes, others = [] }) => {
      const held = await opened(key, bytes, others);
      models.set(key, held);
      return aboutModel(held);
    },
    "look.close": ({ key }) => {
      models.delete(key);
      looked.delete(key);
      return undefined;
    },
    // Moments of a training belong to its slider.
    "look.models": () =>
      [...models].filter(([key]) => !key.includes("\n")).map(([key, held]) => ({ key, about: aboutModel(held) })),
    "look.train": async ({ key, name, bytes, settings }) => {
      const held = await trained(key, { name, bytes }, settings, tell);
      models.set(key, held);
      return aboutModel(held);
    },
    "look.history": ({ key }) => [...(histories.get(key)?.keys() ?? [])],
    "look.moment": async ({ key, step }) => {
      const name = momentName(key, step);
      const bytes = histories.get(key)?.get(step);
      if (bytes === undefined) throw noMoment(step, [...(histories.get(key)?.keys() ?? [])]);
      if (!models.has(name)) models.set(name, await opened(name, bytes, []));
      return name;
    },
    "look.score": async ({ key, text, length }) => {
      const { task, model, known } = modelNamed(key);
      const found = await look(task, model, known, contentOf(task.name, text), { length });
      looked.set(key, found);
      return answerOf(found);
    },
    "look.gradient": ({ key, score, step }) => {
      const found = looked.get(key);
      const rowsOf = found?.gradients[score] ?? null;
      return rowsOf !== null && step < found!.scores[score].steps.length ? rowsOf([step])[0] : null;
    },
    "look.unit": ({ key, score, track, row }) => {
      const found = trackOf(key, score, track);
      return aboutUnit(found.score, found.track, row);
    },
    "look.places": ({ key, score, track, from, to, corpus }) => {
      const found = trackOf(key, score, track);
      return placesLike(
        found.score,
        found.track,
        { from, to },
        corpus === null ? null : corpusOf(key, found.track, corpus),
      );
    },
  };
}

function answerOf({ scores, gradients, warnings }: Looked): LookAnswer {
  const hasGradient = gradients.map((rows) => rows !== null);
  return { scores: scores.map(harmlessScore), hasGradient, warnings: warnings(), pyramids: largeMaps(scores) };
}

/** Lines of what is no running text are a table, as its file would be. */
function contentOf(task: string, text: string) {
  if (task === "language-model" || !text.trim().includes("\n")) return text;
  return { name: "typed.csv", bytes: new TextEncoder().encode(text) };
}

/** Of each model that was trained here its checkpoints by their steps. */
const histories = new Map<string, Map<number, Uint8Array>>();

/** What a model at a step of its training is called; no file has such a name. */
export const momentName = (key: string, step: number): string => `${key}\n${step}`;

function noMoment(step: number, known: readonly number[]): OptionError {
  const must = known.length === 0 ? "be of a model that was trained here" : `be one of ${known.join(", ")}`;
  return new OptionError({ op: "look", argument: "step", must, value: String(step) });
}

/** A small model of these data, with how it came to be. */
async function trained(
  key: string,
  source: NamedBytes,
  settings: Readonly<Record<string, unknown>>,
  tell: Tell,
): Promise<Held> {
  const history = new Map<number, Uint8Array>();
  let now = 0;
  const { model } = await train(source, {
    ...settings,
    save: (_, bytes) => history.set(now, bytes),
    onEvent: (event) => {
      const { step = now, totalSteps = 0 } = event as { step?: number; totalSteps?: number };
      now = step;
      tell("look.progress", { key, step, totalSteps });
    },
  });
  histories.set(key, history);
  return opened(key, model.encode(), []);
}

/** A checkpoint of a task; else what `interchange` reads, made one with the vocabulary that came beside it. */
async function opened(key: string, bytes: Uint8Array, others: readonly NamedBytes[]): Promise<Held> {
  let checkpoint = bytes;
  if (!isCheckpoint(bytes)) {
    // Formats of others are a third of the library: they are fetched when somebody brings one.
    const { read } = await import("unrolled/interchange");
    const { parts, problems } = await read(bytes, { source: key });
    if (parts === null) {
      const value = problems[0] ?? "other layers";
      throw new FormatError({
        op: "look",
        argument: key,
        must: "be an embedding, recurrent layers and a linear layer",
        value,
      });
    }
    const named = (part: RegExp) => others.find(({ name }) => part.test(name));
    checkpoint = adopt(parts, { labels: named(/label|tag/i), vocab: named(/^(?!.*(label|tag))/i) }, key).bytes;
  }
  const { task, ...rest } = decodeAnyTask(checkpoint, key);
  return { task, model: buildTask(task, rest), known: rest };
}

/** Checkpoints say in the header of their file that they are of Unrolled. */
function isCheckpoint(bytes: Uint8Array): boolean {
  const header = new TextDecoder().decode(bytes.subarray(8, 8 + 2 ** 20));
  return /"format":"unrolled/.test(header);
}

/** @throws OptionError for a name that no model has */
export function modelNamed(key: string): Held {
  const found = models.get(key);
  if (found !== undefined) return found;
  const must = "be the name of an open model";
  throw new OptionError({ op: "look", argument: "key", must, value: JSON.stringify(key) });
}

export function aboutModel(held: Held): ModelAbout {
  const { task, model, known } = held;
  let parameters = 0;
  for (const parameter of model.parameters()) parameters += parameter.size;
  return {
    task: task.name,
    title: task.title,
    config: known.config as unknown as Readonly<Record<string, unknown>>,
    parameters,
    usual: usualText(held),
  };
}

function trackOf(key: string, index: number, id: string): { score: ScoreData; track: HeatTrack } {
  const score = looked.get(key)?.scores[index];
  const track = score?.tracks.find((one) => one.id === id);
  if (score !== undefined && track?.kind === "heat") return { score, track };
  throw new OptionError({
    op: "look",
    argument: "track",
    must: "be a map of what was looked at",
    value: JSON.stringify(id),
  });
}

export function largeMaps(scores: readonly ScoreData[]): LookAnswer["pyramids"] {
  return scores.flatMap(({ tracks }, score) =>
    tracks.flatMap((track) => {
      const [least, rows] = track.kind === "heat" ? [LARGE, track.rows.length] : [LONG, 1];
      return drawnValues(track).flatMap((values, part) => {
        return values.length < least ? [] : [{ score, id: track.id, part, pyramid: pyramidOf(values, rows) }];
      });
    }),
  );
}

/** Another text's units, where the model is one of text and the units are those of its highest layer. */
function corpusOf(key: string, track: HeatTrack, text: string) {
  const { model } = modelNamed(key);
  if (!(model instanceof LanguageModel) || !track.id.startsWith(`units:rnn.${model.config.layers - 1}`)) return null;
  // What it has never seen is left out: a corpus need not be the model's own.
  const known = [...text].filter(
    (char) => model.vocabulary.kind !== "char" || model.vocabulary.idOf(char) !== undefined,
  );
  const ids = scoreIds(model, known.join(""), CORPUS);
  const stream = model.vocabulary.stream();
  return { units: topUnits(model, ids), written: Array.from(ids, (id) => stream.push(id).replaceAll("\n", "↵")) };
}
