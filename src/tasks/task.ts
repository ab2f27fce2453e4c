import type { Fields } from "../base/fields.js";
import type { Report, Told } from "../base/report.js";
import type { Shape } from "../base/shape.js";
import type { Shard } from "../data/index.js";
import type { LossOutput, Metric } from "../metrics/index.js";
import type { Module } from "../nn/index.js";
import type { Share } from "../train/collective/share.js";
import type { TrainingConfig } from "../train/fields.js";
import type { BatchResult, BatchSource, Json } from "../train/index.js";
import type { RefuseSaved } from "../train/saved-training.js";
import type { DataDetails } from "./about-data/details.js";

/** A file as a task reads it. */
export interface Source {
  /** What it is called in errors: its path. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Told by passes over it: `reading`, `encoding`, `evaluating`, `predicting`. */
  readonly report?: Report | undefined;
}

export interface Sources {
  readonly train: Source;
  /** A file to validate on, in place of a part of `train`. */
  readonly valid?: Source | undefined;
}

/** A file that is read as it comes. */
export interface RowStream {
  /** What it is called in errors: its path. */
  readonly name: string;
  /** Told by passes over what was put aside of it: `encoding`, `evaluating`, `predicting`. */
  readonly report?: Report | undefined;
  pieces(): AsyncIterable<Uint8Array>;
}

export interface StreamSources {
  readonly train: RowStream;
  /** Files that follow `train`, of tasks to which several in a row are one. */
  readonly others?: readonly RowStream[] | undefined;
  readonly valid?: RowStream | undefined;
  /** Told by passes over what was put aside: `encoding`. */
  readonly report?: Report | undefined;
}

/** What a file to validate on is called, so that an error says which of two it is about, even where both are one. */
export function validationName(name: string): string {
  return `${name} (to validate on)`;
}

/** How errors call what was read and a setting. */
export interface Naming {
  readonly op: string;
  readonly nameOf?: ((key: string) => string) | undefined;
}

/** What a model that is trained on knows already: data are read with it, where a task can. */
export interface Beginning<T extends TaskTypes> {
  readonly known?: T["meta"] | undefined;
}

/** A recipe under a name. */
export interface Preset<Settings> {
  /** Where it comes from. */
  readonly source: string;
  readonly settings: Partial<Settings>;
}

/** The kinds of things that a task works with. */
export interface TaskTypes {
  /** What may be set; training's own settings are among them. */
  settings: TrainingConfig;
  /** Settings in which nothing is left to work out. JSON-safe. */
  config: TrainingConfig & { lr: number };
  /** What a model has to know of the data, such as its vocabulary. */
  meta: unknown;
  /** What was read. */
  data: unknown;
  model: Module;
  batch: unknown;
  /** What one batch hands to the next: a recurrent state; undefined where batches are independent. */
  carried: unknown;
  /** What metrics are computed from. */
  output: LossOutput;
}

/** What a task made of its files. */
export interface ReadData<T extends TaskTypes> {
  data: T["data"];
  config: T["config"];
  /** Settings that the size of the data chose. */
  fitted: Readonly<Record<string, number>>;
  /** Gives back what the data hold besides memory, where they hold something: nothing can be read of them afterwards. */
  close?(): void;
}

/** What is to be said of data. */
export interface DataAbout<Meta> {
  meta: Meta;
  /** Says whether a run goes on with the data that it began with. */
  fingerprint: string;
  /** Whether anything is held out. */
  heldOut: boolean;
  /** For a person: `1,155,233 tokens (60,802 to validate on), 89 in the vocabulary`. */
  summary: string;
  /** For who is about to train: columns, classes with their counts, lengths, what is left out. */
  details?: DataDetails | undefined;
  /** For a program. */
  counts: Readonly<Record<string, Json>>;
  /** Whether the file to train on lacks what a prediction of it needs: it can be judged alone. Default false. */
  lacksAhead?: boolean | undefined;
}

/** Settings that a file suggests. */
export interface Inferred<T extends TaskTypes = TaskTypes> {
  settings: Partial<T["settings"]>;
  /** For a person: `text=review, label=stars (5 classes)`. */
  found: string;
  /** What of it is odd and probably not meant, to follow it: nothing, or `; of "b" all rows hold the same`. */
  doubts?(): Promise<string>;
}

/**
 * One kind of task, from a file to figures. Training, checkpoints and run folders know tasks by this alone; what commands ask of
 * them besides is in `commands.ts`. A new one is a folder beside this file and a line in `registry.ts`.
 */
export interface Task<T extends TaskTypes = TaskTypes> {
  /** Stored in checkpoints, typed after `--task`; kebab-case, as its folder. */
  readonly name: string;
  /** For a person: `a language model`. */
  readonly title: string;
  /** What it learns from: `text`. */
  readonly input: string;
  /** What the terms of its loss are: `tokens`, `rows`. */
  readonly unit: string;
  /** In the order in which help lists them, training's own among them; those marked `fixed` stay when a run goes on. */
  readonly fields: Fields<T["settings"]>;
  /** Settings that make a model or a step smaller when they are halved. */
  readonly sizes: readonly string[];
  /** Settings with which it reads any bytes; else files are texts in UTF-8. */
  readonly anyFile?: Partial<T["settings"]>;
  /** Recipes by their names. */
  readonly presets?: Readonly<Record<string, Preset<T["settings"]>>>;
  /** Whether it reads data with what a model knows already, where there is one. Default false: then the data must say the same. */
  readonly readsKnown?: boolean;
  /** Whether several files in a row are one text. Default false: then they are rows, of tables with one header. */
  readonly manyFiles?: boolean;
  /** Whether an empty line stands between rows that belong together: so it does between two files. Default false. */
  readonly endsWithEmptyLine?: boolean;

  /**
   * Settings that a file suggests where `given` leaves them open; null when it is not of this kind.
   * @param isAsked  the task was named: then the file's name need not promise that it is
   */
  infer?(name: string, bytes: () => Uint8Array, given: Partial<T["settings"]>, isAsked?: boolean): Inferred<T> | null;
  /** Checks settings, and works out what they leave open. @throws OptionError */
  resolve(given: Partial<T["settings"]>, op: string, nameOf?: (key: string) => string): T["config"];
  /**
   * Reads all of it. Vocabularies, classes and scales are made from the training part alone, unless there are some already.
   * @param usual  what the settings that the size of the data chooses are where that is large; default: the fields' own
   * @throws FormatError, OptionError
   */
  read(
    sources: Sources,
    given: Partial<T["settings"]>,
    naming: Naming & Beginning<T>,
    usual?: Partial<T["settings"]>,
  ): ReadData<T>;
  /** As `read`, where the setting `stream` is true: rows are kept on the disk, in the memory of a part. Left out by tasks that need all. */
  readStream?(
    sources: StreamSources,
    given: Partial<T["settings"]>,
    naming: Naming & Beginning<T>,
    usual?: Partial<T["settings"]>,
  ): Promise<ReadData<T>>;
  about(data: T["data"], config: T["config"]): DataAbout<T["meta"]>;

  /** What a checkpoint says of the data, besides `config`. */
  describeMeta(meta: T["meta"]): Readonly<Record<string, Json>>;
  /** @throws FormatError, OptionError; the argument `json` stands for the whole of it */
  readMeta(description: Readonly<Record<string, Json>>): T["meta"];
  /** Why a run cannot go on with these data; undefined when it can. */
  metaDifference(before: T["meta"], after: T["meta"]): { must: string; value: string } | undefined;

  /** Every parameter of the model as it is stored, by name, before any is made; `meta` is null where no data were read yet. */
  parameterShapes(config: T["config"], meta: T["meta"] | null): ReadonlyMap<string, Shape>;
  /** Numbers that a step of training keeps for its way back, about. */
  activations(config: T["config"]): number;
  /** Smaller settings with which it fits; without it, those in `sizes` are halved. */
  fitToMemory?(config: T["config"], meta: T["meta"] | null, available: number): Readonly<Record<string, number>>;
  build(config: T["config"], meta: T["meta"]): T["model"];
  /** Parameters that are others under a second name: they are not stored. */
  shared?(config: T["config"]): readonly string[];

  /** The training part, batch by batch: its place can be saved, and a process may take its share. */
  batches(data: T["data"], config: T["config"], shard?: Shard): BatchSource<T["batch"]>;
  loss(model: T["model"], batch: T["batch"], carried: T["carried"] | undefined): BatchResult<T["carried"]>;
  /** What the learning rate is multiplied by in the step of this batch. Default 1. */
  stepRate?(batch: T["batch"], config: T["config"]): number;
  /** Refuses what the next batch cannot go on from. */
  checkCarried?(carried: unknown, config: T["config"], refuse: RefuseSaved): void;
  /**
   * The model's outputs on what is held out, piece by piece; nothing of it is kept for a way back.
   * @param told   of each piece: how far it is, and how far it goes
   * @param share  which of all outputs, counted from 0, are to be given: those that it owns. What follows from all together, such as a
   *   threshold, must not depend on who judged what, nor on their order. Default: all
   */
  outputs(model: T["model"], data: T["data"], config: T["config"], told?: Told, share?: Share): Iterable<T["output"]>;
  /** The figures of the task; the first one chooses the best checkpoint. */
  metrics(meta: T["meta"]): readonly Metric<T["output"]>[];
  /** Those that follow from a mean loss alone; the first beside `loss` stands wherever a loss is told. */
  lossMetrics(): readonly Metric<LossOutput>[];
}
