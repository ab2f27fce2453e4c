import { zipSync } from "fflate";
import { type EngineDescription, startThreads } from "unrolled";
import { TARGETS } from "../../../src/interchange/targets/registry.js";
import type { ReadData, Source, TaskTypes } from "../../../src/tasks/task.js";
import { chosenTask } from "../../../src/tasks/task-model.js";
import type { DataRef, Settings } from "../state/state.js";
import { type MetricDetail, metricDetail, sizeOfModel, type TaskInfo, taskInfo } from "./about-task.js";
import { errorData } from "./error-data.js";
import { type CommandTask, type DataDetails, OptionError, TASKS } from "./library.js";
import type { GradientRow } from "./library-look.js";
import type { LookAnswer } from "./look.js";
import { type ErrorData, type Handlers, type Tell, Transferred } from "./protocol.js";
import { recordInto } from "./recording.js";
import { type Curve, type RunRecord, Runs } from "./runs.js";
import type { Sample } from "./samples.js";
import { Session, type Slice } from "./session.js";

export type { Slice } from "./session.js";

import { openStore, type Store } from "./store.js";
import { type Taken, take } from "./take.js";

/** What there is to say before training. */
export interface DataAnswer {
  task: string;
  /** For a person: `text=name, label=label (2 classes)`. */
  found: string | null;
  /** Every setting with its value, those among them that the data chose. */
  config: Readonly<Record<string, unknown>>;
  /** Settings that the size of the data chose. */
  fitted: readonly string[];
  summary: string;
  details: DataDetails | null;
  heldOut: boolean;
  parameters: number;
  trainingBytes: number;
  totalSteps: number;
  metrics: readonly MetricDetail[];
}

export interface Told {
  /** Of the run that is shown, its newest step. */
  step: number;
  totalSteps: number;
  checkpoints: readonly number[];
  /** The first step before which settings became others; null: it was trained with its settings from the beginning. */
  changedAt: number | null;
}

/** What a validation found; on the training data where nothing is held out. */
export interface Validated {
  step: number;
  loss: number;
  heldOut: boolean;
  best: boolean;
  /** In the order in which the task names its metrics, as a person reads them. */
  figures: readonly { name: string; value: number; text: string }[];
}

export type Phase = "running" | "paused" | "ended" | "failed";

export interface TrainRequests {
  /** What the worker computes with, and all tasks. */
  "train.begin": {
    ask: null;
    answer: {
      engine: EngineDescription;
      tasks: readonly TaskInfo[];
      /** Toolkits that a model can be written for. */
      targets: readonly { name: string; title: string }[];
      lasts: boolean;
    };
  };
  /** Reads data as a task; a session that was there before is given up. */
  "train.read": {
    ask: { data: DataRef; name: string; bytes: Uint8Array | Blob | null; task: string | null; settings: Settings };
    answer: DataAnswer;
  };
  /** What is in a file that was dropped, to be read later. */
  "train.take": { ask: { name: string; file: Blob }; answer: Taken };
  /** Begins, or goes on with, what was read. @param steps  how many at most; null: to the end */
  "train.run": { ask: { id: string; steps: number | null }; answer: undefined };
  "train.pause": { ask: null; answer: Told };
  /** Other settings from this step on, such as the learning rate. */
  "train.change": { ask: { settings: Settings }; answer: Told };
  /** To a checkpoint of this run: what came after it is forgotten. */
  "train.back": { ask: { step: number }; answer: Told & { curves: Readonly<Record<string, Curve>> } };
  "train.runs": { ask: null; answer: readonly RunRecord[] };
  /** A kept run, as it was when it was left. @param bytes  its data where they are not kept: those of an example */
  "train.open": { ask: { id: string; bytes: Uint8Array | null }; answer: { record: RunRecord; about: DataAnswer } };
  "train.forget": { ask: { id: string }; answer: undefined };
  /** A checkpoint of the run that is shown. @param step  null: the model alone, as it is now */
  "train.model": { ask: { step: number | null }; answer: Uint8Array };
  /** What the model does on a part of the data. @param step  as it was at this checkpoint; null: as it is now */
  "train.look": { ask: { step: number | null }; answer: LookAnswer | null };
  /** Where the prediction of a step comes from, by the model as it is now. */
  "train.gradient": { ask: { at: number }; answer: GradientRow | null };
  /** The model as it is now for another toolkit: a file, or several in an archive. */
  "train.export": { ask: { to: string; name: string }; answer: { name: string; bytes: Uint8Array } };
  /** The data of a file that was dropped once; null where they are not kept. */
  "train.data": { ask: { hash: string }; answer: boolean };
}

export interface TrainEvents {
  "train.slice": Slice;
  "train.validation": Validated;
  "train.samples": { step: number; samples: readonly Sample[] };
  "train.kept": { checkpoints: readonly number[]; lasts: boolean };
  "train.phase": { phase: Phase; error: ErrorData | null };
}

/** What was read last: training is built of it when it begins. */
interface Ready {
  task: CommandTask;
  read: ReadData<TaskTypes>;
  source: Source;
  data: DataRef;
  settings: Settings;
}

/** HDF5 is written by a package that weighs more than all of the studio. */
const isForPages = ({ name }: { name: string }): boolean => name !== "keras";

/** @param store  default: the page's own files */
export function trainHandlers(tell: Tell, store: Promise<Store> = openStore()): Handlers<TrainRequests> {
  return new TrainDesk(tell, store).handlers;
}

class TrainDesk {
  readonly #tell: Tell;
  readonly #runs: Promise<Runs>;
  #ready: Ready | null = null;
  #session: Session | null = null;
  #record: RunRecord | null = null;

  constructor(tell: Tell, store: Promise<Store>) {
    this.#tell = tell;
    this.#runs = store.then((opened) => new Runs(opened));
  }

  readonly handlers: Handlers<TrainRequests> = {
    "train.begin": async () => {
      const [engine, runs] = await Promise.all([startThreads(), this.#runs]);
      const targets = TARGETS.filter(isForPages).map(({ name, title }) => ({ name, title }));
      return { engine, tasks: TASKS.map(taskInfo), targets, lasts: runs.last };
    },
    "train.read": async ({ data, name, bytes, task, settings }) => {
      await this.#leave();
      const given = bytes instanceof Blob ? new Uint8Array(await bytes.arrayBuffer()) : bytes;
      const all = given ?? (await this.#dataOf(data, name));
      const ready = this.#readAs({ name, bytes: all }, data, task, settings);
      this.#ready = ready;
      const blank = { begun: 0, step: 0, totalSteps: 0, curves: {}, checkpoints: [], changedAt: null };
      this.#attach(ready, { id: "", data, file: name, task: ready.task.name, settings, ...blank });
      if (data.kind === "file" && given !== null) await (await this.#runs).keepData(data.hash, given);
      // Before the first step there is something to see already: what a network says that learnt nothing.
      await this.#session?.sample();
      return aboutOf(ready);
    },
    "train.take": ({ name, file }) => take(name, file),
    "train.run": async ({ id, steps }) => {
      const { record } = this.#current();
      if (record.id === "") Object.assign(record, { id, begun: Date.now() });
      this.#go(steps);
      return undefined;
    },
    "train.pause": async () => {
      await this.#session?.pause();
      return this.#told();
    },
    "train.change": async ({ settings }) => {
      const { session, record } = this.#current();
      const wasRunning = session.isRunning;
      await session.change(settings);
      record.settings = { ...record.settings, ...settings };
      if (session.step > 0) record.changedAt ??= session.step;
      await (await this.#runs).write(record);
      if (wasRunning) this.#go(null);
      return this.#told();
    },
    "train.back": async ({ step }) => {
      const { session, record } = this.#current();
      await session.goTo(await this.#checkpoint(step));
      await (await this.#runs).goBack(record, step);
      this.#tell("train.phase", { phase: "paused", error: null });
      return { ...this.#told(), curves: record.curves };
    },
    "train.runs": async () => (await this.#runs).list(),
    "train.open": async ({ id, bytes }) => this.#open(id, bytes),
    "train.forget": async ({ id }) => {
      if (this.#record?.id === id) await this.#leave();
      await (await this.#runs).forget(id);
      return undefined;
    },
    "train.model": async ({ step }) => {
      const bytes = step === null ? this.#current().session.model() : await this.#checkpoint(step);
      return new Transferred(bytes, [bytes.buffer as ArrayBuffer]);
    },
    "train.look": async ({ step }) => {
      const { session } = this.#current();
      return session.look(step === null ? null : await this.#checkpoint(step));
    },
    "train.gradient": ({ at }) => this.#current().session.gradient(at),
    "train.export": async ({ to, name }) => {
      const files = [...(await this.#current().session.export(to, name)).files];
      const [first] = files;
      if (files.length === 1) return { name: first[0], bytes: first[1] };
      return { name: `${name}-${to}.zip`, bytes: zipSync(Object.fromEntries(files)) };
    },
    "train.data": async ({ hash }) => (await (await this.#runs).data(hash)) !== null,
  };

  async #dataOf(data: DataRef, name: string): Promise<Uint8Array> {
    const found = data.kind === "file" ? await (await this.#runs).data(data.hash) : null;
    if (found !== null) return found;
    const must = "be kept in this browser";
    const fix = `Drop ${name} here: its settings stay as they are.`;
    throw new OptionError({ op: "train", argument: name, must, value: "nothing of this name", fix });
  }

  #readAs(source: Source, data: DataRef, asked: string | null, settings: Settings): Ready {
    const { task, suggested } = chosenTask("train", source.name, source.bytes, asked ?? undefined, settings);
    const read = task.read({ train: source }, { ...suggested, ...settings }, { op: "train" });
    return { task, read, source, data, settings };
  }

  /** Ends what there was. */
  async #leave(): Promise<void> {
    await this.#session?.pause();
    this.#ready?.read.close?.();
    [this.#session, this.#record, this.#ready] = [null, null, null];
  }

  #attach({ task, read, source }: Ready, kept: RunRecord, resume?: Uint8Array): void {
    const metrics = task.metrics(task.about(read.data, read.config).meta);
    const listener = recordInto(kept, metrics, this.#runs, this.#tell);
    this.#session = new Session(task, read, source, listener, resume);
    this.#record = kept;
    kept.totalSteps = this.#session.totalSteps;
  }

  /** Trains, and tells how it ends; nobody waits for it. */
  #go(steps: number | null): void {
    const { session } = this.#current();
    this.#tell("train.phase", { phase: "running", error: null });
    session.run(steps ?? undefined).then(
      (phase) => this.#session === session && this.#tell("train.phase", { phase, error: null }),
      (error) => this.#tell("train.phase", { phase: "failed", error: errorData(error) }),
    );
  }

  async #open(id: string, bytes: Uint8Array | null): Promise<{ record: RunRecord; about: DataAnswer }> {
    await this.#leave();
    const runs = await this.#runs;
    const kept = await runs.read(id);
    const last = kept?.checkpoints.at(-1);
    const resume = last === undefined ? null : await runs.checkpoint(id, last);
    if (kept === null || last === undefined || resume === null) {
      const must = "be a run that is kept in this browser";
      throw new OptionError({ op: "train", argument: "run", must, value: JSON.stringify(id), fix: "Train it anew." });
    }
    const { file, task, data, settings } = kept;
    const ready = this.#readAs({ name: file, bytes: bytes ?? (await this.#dataOf(data, file)) }, data, task, settings);
    this.#ready = ready;
    this.#attach(ready, kept, resume);
    await this.#session!.sample();
    return { record: kept, about: aboutOf(ready) };
  }

  #current(): { session: Session; record: RunRecord } {
    if (this.#session === null || this.#record === null) throw notReady();
    return { session: this.#session, record: this.#record };
  }

  async #checkpoint(step: number): Promise<Uint8Array> {
    const { record } = this.#current();
    const bytes = await (await this.#runs).checkpoint(record.id, step);
    if (bytes !== null) return bytes;
    const must = `be one of ${record.checkpoints.join(", ")}`;
    throw new OptionError({ op: "train", argument: "step", must, value: String(step) });
  }

  #told(): Told {
    const { session, record } = this.#current();
    const { checkpoints, changedAt } = record;
    return { step: session.step, totalSteps: session.totalSteps, checkpoints, changedAt };
  }
}

function notReady(): OptionError {
  const must = "have read data before";
  return new OptionError({ op: "train", argument: "the studio", must, value: "none", fix: "Choose an example." });
}

function aboutOf({ task, read, source, settings }: Ready): DataAnswer {
  const { data, config, fitted } = read;
  const { meta, summary, details = null, heldOut } = task.about(data, config);
  const found = task.infer?.(source.name, () => source.bytes, settings as object, true)?.found ?? null;
  const { epochs, maxSteps } = config;
  const all = epochs * task.batches(data, config).steps;
  return {
    ...{ task: task.name, found, summary, details, heldOut, fitted: Object.keys(fitted) },
    config: config as unknown as DataAnswer["config"],
    ...sizeOfModel(task, config, meta),
    totalSteps: maxSteps > 0 ? Math.min(maxSteps, all) : all,
    metrics: task.metrics(meta).map(metricDetail),
  };
}
