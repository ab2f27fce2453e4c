import type { UnrolledError } from "../base/errors.js";
import type { Field } from "../base/fields.js";
import type { Generator } from "../base/random.js";
import type { Blueprint } from "../interchange/targets/blueprint.js";
import type { Json } from "../train/index.js";
import type { Adopted, AdoptedModel } from "./adoption/adopted-model.js";
import type { Warning } from "./health/warnings.js";
import type { Viewer } from "./inspection/score-section.js";
import type { ScoreBlock } from "./score/score-blocks.js";
import type { GradientRow, ScoreData } from "./score/score-data.js";
import type { RowStream, Source, Task, TaskTypes } from "./task.js";

export type { RowStream } from "./task.js";

/** Options of a command, by their keys. */
export type Options = Readonly<Record<string, unknown>>;
export type OptionFields = Readonly<Record<string, Field>>;

/** A figure as a person reads it: `loss 1.234 nats a character`. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** The value in words; default: four digits, or all of an integer. */
  text?: string;
}

/** What an evaluation found. */
export interface Evaluated {
  /** In the order in which they matter. */
  figures: readonly Figure[];
  /** What stands below the figures, such as a table, line by line. */
  below?: readonly string[];
  /** What a text has that the model has never seen; the first of them. `place`: where nobody else knows it, `file:line:column` */
  unseen: readonly { token: string; index: number; place?: string }[];
  /** For a program. @param placeOf  `file:line:column` of a character */
  values(placeOf: (index: number) => string): Readonly<Record<string, unknown>>;
}

export interface Evaluates<T extends TaskTypes> {
  /** A sentence for help. */
  readonly about: string;
  readonly fields: OptionFields;
  run(model: T["model"], known: Known<T>, source: Source, options: Options): Promise<Evaluated>;
  /** As `run`, in the memory of a part of the file. */
  stream?(model: T["model"], known: Known<T>, source: RowStream, options: Options & StreamOptions): Promise<Evaluated>;
  /** Whether a file that fits into memory is better given as a whole. Default false. */
  readonly wholeWhereSmall?: boolean;
}

export interface StreamOptions {
  /** Called with each row that cannot be read, which is then left out; without it the first one is refused. */
  readonly onBad?: ((line: number, error: UnrolledError) => void) | undefined;
}

/** What a checkpoint says besides its weights. */
export interface Known<T extends TaskTypes> {
  config: T["config"];
  meta: T["meta"];
}

export interface Generates<T extends TaskTypes> {
  /** `prompt` among them. */
  readonly fields: OptionFields;
  /** The field that says how much is drawn. */
  readonly amount: string;
  /** Flags that make a first sample worth reading. */
  readonly example: readonly string[];
  stream(model: T["model"], options: Options): Iterator<string, void>;
  streamBytes(model: T["model"], options: Options): Iterator<Uint8Array, void>;
  /** Whether what it writes is bytes that nothing may be added to. */
  isRaw(model: T["model"]): boolean;
  /** What of a prompt it has never seen. */
  unseen(model: T["model"], prompt: string): readonly { token: string; index: number }[];
}

/** A line, or one that stands out where the terminal can show it. */
export type Line = string | { text: string; style: "bold" | "dim" };

export interface Inspects<T extends TaskTypes> {
  readonly fields: OptionFields;
  /**
   * @param content  what the model reads, a file or a typed text; null for a look at its layers alone
   * @throws FormatError for what it cannot read; OptionError
   */
  run(model: T["model"], known: Known<T>, content: Source | string | null, options: Options): Promise<Inspected>;
  /** What a score shows of it, where that is more than a report's blocks say. @throws as `run` */
  look?(model: T["model"], known: Known<T>, content: Source | string, options: LookOptions): Promise<Looked>;
}

export interface LookOptions {
  /** Steps to look at, from the beginning. */
  readonly length?: number | undefined;
}

/** A sequence, or several that belong together, with all that a model did on them. */
export interface Looked {
  scores: readonly ScoreData[];
  /** Of each score, what the predictions at some of its steps follow from; null where there is nothing to ask for. */
  gradients: readonly (((steps: readonly number[]) => GradientRow[]) | null)[];
  /** As of `Inspected`. */
  warnings(): readonly Warning[];
}

export interface Inspected {
  /** For a program. */
  values: object;
  /** What is wrong with the model, and what to do about it; empty where nothing is. It is found out when it is asked for. */
  warnings(): readonly Warning[];
  /** What a score can show of it. */
  blocks?: readonly ScoreBlock[];
  /** For a person, no line wider than `width`. */
  lines(source: string, style: { width: number }): readonly Line[];
  /** @param source  `viewer`: with it the page can be pointed at, step by step */
  html(source: { model: string; text: string | null; viewer?: Viewer | undefined }): string;
  svg(): string;
}

/** What a model says of one row. */
export interface Prediction {
  /** For a person, in one line. */
  text: string;
  /** For a program. */
  values: Readonly<Record<string, Json>>;
  /** Tokens that were read, and how many of them the model has never seen; left out by what reads no text. */
  tokens?: number;
  unknown?: number;
  /** Steps behind its end that the model does not read, where there are some: it reads `maxLength` of them. */
  cut?: number;
  /** Where in a file its first row begins, counted from 1, and what stands there. */
  line?: number;
  cells?: readonly string[];
  /** Why nothing can be said of it. */
  error?: UnrolledError;
}

/** What a model says of rows that came together. */
export interface PredictedPart {
  /** Of the file. */
  columns: readonly string[];
  rows: readonly Prediction[];
  /** Whether each line of the file was read as a text, because it has no columns. */
  ofLines: boolean;
}

/** What JSON may be, in the words of JSON Schema 2020-12. */
export type JsonSchema = Readonly<Record<string, Json>>;

/** Inputs and answers in JSON, for programs that ask over a network. */
export interface Described {
  input: JsonSchema;
  /** Of one answer. */
  output: JsonSchema;
  /** Whether an input has a list of answers, such as a forecast for each time. Default: one. */
  many?: boolean;
  /** What a step of an input is made of, in this order: it may be written as an object with these keys. Of a table, left out. */
  columns?: readonly string[];
  /** Whether an input is a table: it may be written as a list of objects, a row each. */
  isTable?: boolean;
}

/** How inputs that came one by one are answered together, where that does not change a bit. */
export interface Together<T extends TaskTypes, Item = unknown> {
  /** @throws FormatError as `typed` does */
  read(model: T["model"], known: Known<T>, row: string | readonly number[]): Item;
  /** Its length in time: with the number of rows all on which the order of sums may depend. */
  steps(item: Item): number;
  /** One of so many steps that nobody wrote: on such ones a server finds out which numbers of rows change no bit. */
  drawn(model: T["model"], known: Known<T>, steps: number, generator: Generator): Item;
  /** Items of one length, in their order. */
  answer(model: T["model"], known: Known<T>, items: readonly Item[]): Prediction[];
}

export interface Predicts<T extends TaskTypes> {
  describe?(known: Known<T>): Described;
  readonly together?: Together<T>;
  /** What may be asked for; default: nothing. */
  readonly fields?: OptionFields;
  /** Row by row, in order. @throws FormatError naming line and column; OptionError */
  run(model: T["model"], known: Known<T>, source: Source, options?: Options): AsyncIterable<Prediction>;
  /** Of one text, or the numbers of one row. @throws FormatError when it reads the other, or another number of them */
  typed(
    model: T["model"],
    known: Known<T>,
    row: string | readonly number[],
    options?: Options,
  ): AsyncIterable<Prediction>;
  /** As `run`, in the memory of a part of the file. @param keepBad  a row that cannot be read is told in its place */
  stream?(
    model: T["model"],
    known: Known<T>,
    source: RowStream,
    keepBad: boolean,
    options?: Options,
  ): AsyncIterable<PredictedPart>;
}

/** How a model goes on where it was, for data that come piece by piece. */
export interface Remembers<T extends TaskTypes, Memory = unknown> {
  /** What reading may be told. */
  readonly fields: OptionFields;
  /** Of a piece, and of what is said of it. Null for a model to which nothing matters that came before. */
  describe(known: Known<T>): Described | null;
  begin(): Memory;
  /**
   * What is said of a piece after all before it.
   * @throws FormatError for what it cannot read: then the memory is what it was
   */
  read(model: T["model"], known: Known<T>, memory: Memory, row: string | readonly number[], options: Options): Json;
  /** Writes on, and remembers what it wrote. @param options  those of `generate` without what is written first */
  write?(model: T["model"], memory: Memory, options: Options): Iterator<string, void>;
  /** Memory that it takes. */
  bytes(memory: Memory): number;
}

/** How a task takes over a model that was made elsewhere. */
export interface Adopts<T extends TaskTypes> {
  /** What the outputs of its models are: the tokens that they read, or labels. */
  readonly tells: "tokens" | "labels";
  /** Whether of each step, or of a sequence as a whole. */
  readonly of: "steps" | "whole";
  /** Settings, knowledge and weights of the model. @throws FormatError for what the task does not have */
  make(model: AdoptedModel): Adopted<T>;
}

/** What a command can ask of a task: each where it makes sense. */
export interface Commands<T extends TaskTypes = TaskTypes> {
  readonly evaluate?: Evaluates<T>;
  readonly generate?: Generates<T>;
  readonly inspect?: Inspects<T>;
  readonly predict?: Predicts<T>;
  readonly adopts?: Adopts<T>;
  /** The network as other toolkits can be told it; without it, its models stay here. */
  blueprint?(known: Known<T>): Promise<Blueprint>;
  readonly remembers?: Remembers<T>;
  /** What is odd about data, for who is about to train: what figures flatter, what seems not to be meant. A sentence each. */
  beware?(data: T["data"], config: T["config"]): Promise<readonly string[]>;
  /** What a model in training can do by now, in one line; null for nothing. */
  preview?(model: T["model"], config: T["config"], step: number): string | null;
}

export type Capability = "evaluate" | "generate" | "inspect" | "predict";

export type CommandTask<T extends TaskTypes = TaskTypes> = Task<T> & Commands<T>;
