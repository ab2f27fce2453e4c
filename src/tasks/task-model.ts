import {
  checkBoolean,
  checkFunction,
  checkKnownOptions,
  checkOptionsObject,
  checkString,
  refusal,
  withDefaults,
} from "../base/check.js";
import { UnsupportedError } from "../base/errors.js";
import type { WrittenModel } from "../interchange/targets/target.js";
import type { Module } from "../nn/index.js";
import type { FitOptions, FitResult, Json } from "../train/index.js";
import { buildTask, encodeTask } from "./checkpoint.js";
import type { Capability, CommandTask, Evaluated, Known, Options } from "./commands.js";
import type { ExportOptions } from "./export/export.js";
import {
  type DataLike,
  isBlob,
  openRows,
  readAll,
  readCheckpointSource,
  type SourceLike,
  STREAMED_FROM,
  sizeOf,
  startOf,
  withoutData,
} from "./files.js";
import { decodeAnyTask, inferTask, taskNamed } from "./registry.js";
import type { Source, TaskTypes } from "./task.js";
import { fitToBest } from "./training/fit-to-best.js";
import { presetNamed, presetSettings } from "./training/presets.js";
import { TaskTraining, type TaskTrainingOptions } from "./training/task-training.js";

/** A text, or the numbers of a row. */
export type Input = string | readonly number[];

/** What a model says of an input: `{ label, probability }` of a classifier. */
export type Output = Readonly<Record<string, Json>>;

/** What a model is made of, for what serves it. */
export interface ModelParts {
  readonly task: CommandTask;
  readonly model: Module;
  readonly known: Known<TaskTypes>;
}

let partsOf: (model: TaskModel) => ModelParts;

/** A trained model of any task, with what it has to know of its data. */
export class TaskModel {
  static {
    partsOf = (model) => ({ task: model.#task, model: model.module, known: model.#known });
  }

  /** `language-model`, `classify`. */
  readonly task: string;
  /** All settings that it was made with. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The network itself, in evaluation mode. */
  readonly module: Module;
  readonly #task: CommandTask;
  readonly #known: Known<TaskTypes>;

  /** @internal Models come from `train` and `load`. */
  constructor(task: CommandTask, module: Module, known: Known<TaskTypes>) {
    this.task = task.name;
    this.config = known.config as unknown as Readonly<Record<string, unknown>>;
    this.module = module;
    this.#task = task;
    this.#known = known;
  }

  /**
   * What the model makes of each input, in their order and one at a time: inputs may come from a stream without an end.
   * @example for await (const { label, probability } of model.predict(["I would buy it again"])) console.log(label, probability);
   * @param options  of the task: `{ beam: 4, nBest: 3 }` of an encoder and decoder
   * @throws UnsupportedError for a model that does not predict; FormatError for an input that it cannot read; OptionError
   */
  async *predict(
    inputs: Iterable<Input> | AsyncIterable<Input>,
    options: Options = {},
  ): AsyncGenerator<Output, void, undefined> {
    const predict = this.#asked("predict");
    checkKnownOptions("predict", options, Object.keys(predict.fields ?? {}));
    const given = inputs as Iterable<Input> & AsyncIterable<Input>;
    if (typeof inputs !== "object" || (given?.[Symbol.asyncIterator] ?? given?.[Symbol.iterator]) === undefined) {
      throw refusal("predict", "inputs", "be a list or a stream of inputs", inputs, "Of one text, pass [text].");
    }
    for await (const input of given) {
      for await (const { values } of predict.typed(this.module, this.#known, input, options)) yield values;
    }
  }

  /**
   * What the model makes of each row of a file, in their order; where the task can, in the memory of a part of it.
   * @example for await (const { label } of model.predictFile(input.files[0])) console.log(label);
   * @param source   a path, a URL, a File or Blob, bytes with a name, by whose end tables are known, or rows: a `DataTable`, objects
   * @param options  of the task; `skipBad: true`: a row that cannot be read is `{ error, line }` in its place, and no error
   * @throws UnsupportedError for a model that does not predict; FormatError, FileError; OptionError
   */
  async *predictFile(
    source: DataLike,
    { skipBad = false, ...options }: Options = {},
  ): AsyncGenerator<Output, void, undefined> {
    const op = "predictFile";
    const predict = this.#asked("predict");
    checkKnownOptions(op, options, Object.keys(predict.fields ?? {}));
    checkBoolean(op, "skipBad", skipBad);
    if (predict.stream === undefined) {
      if (skipBad === true) {
        const fix = "Leave skipBad out.";
        throw refusal(op, "skipBad", "be left out for a task that reads a file as a whole", skipBad, fix);
      }
      const file = await readAll(op, "source", source);
      for await (const { values } of predict.run(this.module, this.#known, file, options)) yield values;
      return;
    }
    const rows = openRows(op, "source", source);
    for await (const part of predict.stream(this.module, this.#known, rows, skipBad === true, options)) {
      for (const { values, error, line } of part.rows) yield error === undefined ? values : { ...values, line: line! };
    }
  }

  /** How well it does on a file, or on rows that are in memory. @throws UnsupportedError, FormatError, FileError */
  async evaluate(source: DataLike, options: Options = {}): Promise<Evaluated> {
    const evaluate = this.#asked("evaluate");
    checkKnownOptions("evaluate", options, Object.keys(evaluate.fields));
    const isWhole = evaluate.wholeWhereSmall === true && sizeOf(source) < STREAMED_FROM;
    if (evaluate.stream === undefined || isWhole) {
      return evaluate.run(this.module, this.#known, await readAll("evaluate", "source", source), options);
    }
    return evaluate.stream(this.module, this.#known, openRows("evaluate", "source", source), options);
  }

  /** Text that it writes, piece by piece. @throws UnsupportedError for a model that does not write; OptionError */
  generate(options: Options = {}): IterableIterator<string> {
    const generate = this.#asked("generate");
    checkOptionsObject("generate", options);
    return piecesOf(generate.stream(this.module, options));
  }

  /** The checkpoint of the model alone, which `load` reads. */
  encode(): Uint8Array {
    const { config, meta } = this.#known;
    return encodeTask(this.#task, { model: this.module, config, meta });
  }

  /**
   * The model as files for another toolkit, by their names.
   * @example for (const [name, bytes] of (await model.export("pytorch")).files) await fs.writeFile(name, bytes);
   * @param to  `pytorch`, `safetensors`
   * @throws OptionError; UnsupportedError, code `not-in-target`, for a model that the target cannot hold, saying which layer and what can
   */
  async export(to: string, options: ExportOptions = {}): Promise<WrittenModel> {
    // Whoever only predicts fetches nothing of it.
    const { exportTask } = await import("./export/export.js");
    return exportTask(this.#task, this.module, this.#known, to, options);
  }

  #asked<C extends Exclude<Capability, "inspect">>(capability: C): NonNullable<CommandTask[C]> {
    const found = this.#task[capability];
    if (found !== undefined) return found;
    const can = (["predict", "generate", "evaluate"] as const).filter((name) => this.#task[name] !== undefined);
    const [must, fix] = [`be of a task that can ${capability}`, `This one has ${can.join("() and ")}().`];
    throw new UnsupportedError({ op: capability, argument: "model", must, value: this.#task.title, fix });
  }
}

export { partsOf };

function* piecesOf(pieces: Iterator<string, void>): Generator<string, void, undefined> {
  for (let piece = pieces.next(); !piece.done; piece = pieces.next()) yield piece.value;
}

/** Settings of the task (`hidden`, `epochs`, ...), and how the run goes. */
export interface TrainOptions extends FitOptions {
  /** Default: by what the file is. */
  task?: string | undefined;
  /** A recipe of the task; settings beside it go before it. */
  preset?: string | undefined;
  /** Writes a checkpoint that training goes on from; called at each validation. */
  save?: TaskTrainingOptions["save"];
  /** A checkpoint of this run, to go on from. */
  resume?: SourceLike | undefined;
  /**
   * Gives the model of the best validation, by the first metric of its task, in place of that of the end. Default: with `patience`, which ends
   * training some validations after the best.
   */
  restoreBest?: boolean | undefined;
  /** What to validate on: a share of the data, in [0, 1), or data of its own, which a resumed run is given again. */
  valid?: number | DataLike | undefined;
  [setting: string]: unknown;
}

/** What training gives. */
export interface Trained {
  /** As it is at the end, or at the best validation: `restoreBest` says which. */
  model: TaskModel;
  result: FitResult;
  /** A checkpoint of the end, which training goes on from and `load` reads. */
  checkpoint(): Uint8Array;
}

/**
 * Trains a model of the task that a file is of.
 * @param source   the file: a path, a URL, a File or Blob, or its bytes with a name, by whose end tables are known; or rows, as a `DataTable`
 *   or as objects, whose errors count them from 1
 * @param options  `task`, `preset`, any setting of the task, `signal`, `onEvent`, `save`, `resume`, `restoreBest`
 * @throws OptionError, FormatError, FileError, OutOfMemoryError; DivergedError
 */
export async function train(source: DataLike, options: TrainOptions = {}): Promise<Trained> {
  const op = "train";
  checkOptionsObject(op, options);
  const { task: name, preset, signal, untilStep, onEvent, save, resume, restoreBest, ...rest } = options;
  // What is undefined is not said: it must not stand in the place of what the file says.
  const { given, held } = withoutData(op, withDefaults({} as typeof rest, rest));
  for (const [argument, value] of Object.entries({ task: name, preset })) {
    if (value !== undefined) checkString(op, argument, value);
  }
  for (const [argument, value] of Object.entries({ onEvent, save })) {
    if (value !== undefined) checkFunction(op, argument, value);
  }
  const saved = resume === undefined ? undefined : await readCheckpointOf(op, "resume", resume);
  if (restoreBest !== undefined) checkBoolean(op, "restoreBest", restoreBest);
  const from = saved && decodeAnyTask(saved.bytes, saved.name);
  const asked = given["stream"] ?? (from?.config as { stream?: unknown })?.stream;
  const rows = (asked ?? sizeOf(source) >= STREAMED_FROM) === true ? openRows(op, "source", source) : null;
  const start = rows && { name: rows.name, bytes: await startOf(rows) };
  const file = start ?? (await readAll(op, "source", source));
  const found = chosenTask(op, file.name, file.bytes, name ?? from?.task.name, given);
  const { task } = found;
  const recipe = preset === undefined ? undefined : presetSettings(task, presetNamed(task, preset, op), given);
  const stream = rows !== null && task.readStream !== undefined ? { stream: true } : {};
  const own = from === undefined ? { ...found.suggested, ...stream } : from.config;
  const settings = { ...own, ...recipe?.settings, ...given };
  const config = task.resolve({ ...(from === undefined && recipe?.usual), ...settings }, op);
  const valid = held ?? (typeof config.valid === "string" ? config.valid : undefined);
  const usual = from === undefined ? recipe?.usual : undefined;
  const read =
    rows !== null && task.readStream !== undefined
      ? await task.readStream(
          { train: rows, valid: valid === undefined ? undefined : openRows(op, "valid", valid) },
          settings,
          { op },
          usual,
        )
      : task.read(
          {
            train: rows === null ? file : await readAll(op, "source", source),
            valid: valid === undefined ? undefined : await readAll(op, "valid", valid),
          },
          settings,
          { op },
          usual,
        );
  try {
    const training = new TaskTraining(task, read.data, read.config, { resume: from, save });
    const { model: module, result } = await fitToBest(training, { signal, untilStep, onEvent }, restoreBest);
    const model = new TaskModel(task, module, { config: training.config, meta: training.about.meta });
    return { model, result, checkpoint: () => training.encode() };
  } finally {
    read.close?.();
  }
}

/** The task that is asked for, else that of the file, and what the file says of itself. */
export function chosenTask(op: string, name: string, bytes: Uint8Array, asked: string | undefined, given: Options) {
  const found =
    asked === undefined ? inferTask(name, () => bytes, given) : { task: taskNamed(asked, op), inferred: null };
  const { task, inferred = null } = found;
  const own = inferred ?? task.infer?.(name, () => bytes, given, asked !== undefined) ?? null;
  return { task, suggested: own?.settings ?? {} };
}

/**
 * A model of any task, from what `unrolled train` or `train` wrote.
 * @param source  a checkpoint, or a run folder, whose best one is meant; bytes or a File where there are no files
 * @returns of a File or Blob, a promise of the model
 * @throws FormatError naming what is wrong with it; FileError
 */
export function load(source: Blob): Promise<TaskModel>;
export function load(source: Exclude<SourceLike, Blob>): TaskModel;
export function load(source: SourceLike): TaskModel | Promise<TaskModel> {
  if (isBlob(source)) return readAll("load", "source", source).then(modelOf);
  return modelOf(readCheckpointSource("load", "source", source));
}

function modelOf({ name, bytes }: Source): TaskModel {
  const { task, ...checkpoint } = decodeAnyTask(bytes, name);
  return new TaskModel(task, buildTask(task, checkpoint), checkpoint);
}

function readCheckpointOf(op: string, argument: string, source: SourceLike): Source | Promise<Source> {
  return isBlob(source) ? readAll(op, argument, source) : readCheckpointSource(op, argument, source);
}
