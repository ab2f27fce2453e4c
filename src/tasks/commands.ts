import type { UnrolledError } from "../base/errors.js";
import type { Field } from "../base/fields.js";
import type { Json } from "../train/index.js";
import type { Adopted, AdoptedModel } from "./adoption/adopted-model.js";
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
  /** What a text has that the model has never seen; the first of them. */
  unseen: readonly { token: string; index: number }[];
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
}

export interface Inspected {
  /** For a program. */
  values: object;
  /** For a person, no line wider than `width`. */
  lines(source: string, style: { width: number }): readonly Line[];
  html(source: { model: string; text: string | null }): string;
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

export interface Predicts<T extends TaskTypes> {
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
  /** Whether this model needs all of a file, so that it cannot be streamed. Default false. */
  needsWhole?(known: Known<T>): boolean;
}

/** How a task takes over a model that was made elsewhere. */
export interface Adopts<T extends TaskTypes> {
  /** What the outputs of its models are: the tokens that they read, or labels. */
  readonly tells: "tokens" | "labels";
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
  /** What a model in training can do by now, in one line; null for nothing. */
  preview?(model: T["model"], config: T["config"], step: number): string | null;
}

export type Capability = "evaluate" | "generate" | "inspect" | "predict";

export type CommandTask<T extends TaskTypes = TaskTypes> = Task<T> & Commands<T>;
