import { exampleNamed } from "../examples/examples.js";
import type { DataRef, Setting, Settings, State } from "../state/state.js";
import type { Store } from "../state/store.js";
import { GRADIENT, HELD_OUT, LOSS } from "../worker/curve-names.js";
import type { ErrorData } from "../worker/protocol.js";
import { type Client, WorkerError } from "../worker/rpc.js";
import { addPoint, type RunRecord } from "../worker/runs.js";
import type { DataAnswer, Slice, Told, Validated } from "../worker/train.js";
import { cleared, type Live, NOTHING, taskOf, withSamples } from "./live.js";

/** Waited after a change of a setting, so that a number can be typed, in milliseconds. */
const TYPING = 150;
/** Of a rate, how much the newest slice counts. */
const NEWEST = 0.25;
/** Files that hold a model, and nothing to train on. */
const MODEL = /\.(safetensors|onnx|pt|pth|npz|keras|h5)$/i;

/** Lets the worker do what the state says, and keeps what it tells. One for a page; a view may come and go. */
export class Trainer {
  readonly #store: Store;
  readonly #worker: Client;
  readonly #listeners = new Set<() => void>();
  /** Files that were dropped into this page, by their hashes, until the worker has them. */
  readonly #dropped = new Map<string, Blob>();
  #live: Live = NOTHING;
  /** What was read, as text: data, task, settings. */
  #read = "";
  /** Of which data `live.about` tells. */
  #aboutData = "";
  /** The run that the worker has. */
  #opened: string | null = null;
  /** What it trains with, beside what fits. */
  #applied: Settings = {};
  #asked = 0;
  /** What is to be read in a moment. */
  #due: { wanted: string; timer: ReturnType<typeof setTimeout> } | null = null;
  /** Until what was asked for last is read. */
  #reading: Promise<void> = Promise.resolve();

  constructor(store: Store, worker: Client) {
    this.#store = store;
    this.#worker = worker;
    worker.on("train.slice", (slice) => this.#slice(slice));
    worker.on("train.validation", (validated) => this.#validated(validated));
    worker.on("train.samples", ({ step, samples }) => {
      if (samples.length > 0) this.#set({ sampled: withSamples(this.#live.sampled, { step, samples }) });
    });
    worker.on("train.kept", ({ checkpoints }) => this.#set({ checkpoints }));
    worker.on("train.phase", ({ phase, error }) => {
      this.#set({ phase, ...(error !== null && { error }) });
      if (phase !== "running") void this.#list();
    });
    store.subscribe((state, before) => this.#follow(state, before));
    void this.#begin();
  }

  get live(): Live {
    return this.#live;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async #begin(): Promise<void> {
    const begun = await this.#worker.ask("train.begin", null);
    this.#set({ begun });
    await this.#list();
    this.#follow(this.#store.state, null);
  }

  async #list(): Promise<void> {
    this.#set({ runs: await this.#worker.ask("train.runs", null) });
  }

  #set(change: Partial<Live>): void {
    this.#live = { ...this.#live, ...change };
    for (const listener of [...this.#listeners]) listener();
  }

  /** Asks, and shows what goes wrong. @returns undefined then */
  async #try<T>(body: () => Promise<T>): Promise<T | undefined> {
    try {
      return await body();
    } catch (error) {
      this.#set({ error: asData(error), reading: false });
      return undefined;
    }
  }

  #follow(state: State, before: State | null): void {
    const { data, task, settings, run } = state;
    if (this.#live.begun === null) return;
    if (run !== null) {
      if (run !== this.#opened) void this.#open(run);
      else void this.#apply(settings);
      return;
    }
    const wanted = JSON.stringify([data, task, settings]);
    if (wanted === this.#read && this.#opened === null) return;
    const isTyping = before !== null && before.data === data && before.task === task && before.run === run;
    this.#forgetDue();
    this.#due = { wanted, timer: setTimeout(() => this.#readDue(), isTyping ? TYPING : 0) };
  }

  #forgetDue(): void {
    clearTimeout(this.#due?.timer);
    this.#due = null;
  }

  #readDue(): void {
    const { wanted } = this.#due!;
    this.#forgetDue();
    this.#reading = this.#readData(wanted);
  }

  /** Reads what the state says by now: who trains means that, and not what was there before. @returns whether it could be read */
  async #isRead(): Promise<boolean> {
    if (this.#due !== null) this.#readDue();
    await this.#reading;
    return this.#live.about !== null && this.#live.error === null;
  }

  async #readData(wanted: string): Promise<void> {
    const { data, task, settings } = this.#store.state;
    const isOther = JSON.stringify(data) !== this.#aboutData;
    this.#read = wanted;
    this.#opened = null;
    const asked = ++this.#asked;
    if (data === null) {
      await this.#worker.ask("train.pause", null).catch(() => {}); // there may be none
      this.#set(cleared(this.#live));
      return;
    }
    // What was said of the data stays until there is something else to say: nothing jumps.
    const { about } = this.#live;
    const { fits } = this.#live;
    this.#set({ ...cleared(this.#live), ...(!isOther && { about, fits }), file: nameOf(data), reading: true });
    await this.#try(async () => {
      const { name, bytes, fitting } = await this.#dataOf(data);
      const ask = { data, name, bytes, task, settings: { ...fitting, ...settings } };
      const told = await this.#worker.ask("train.read", ask);
      if (asked !== this.#asked) return;
      if (data.kind === "file") this.#dropped.delete(data.hash);
      this.#aboutData = JSON.stringify(data);
      this.#set({
        about: told,
        fits: this.#fits(told, settings),
        error: null,
        reading: false,
        totalSteps: told.totalSteps,
        file: name,
      });
    });
  }

  /** @returns bytes where the page has them; null where the worker keeps them */
  async #dataOf(data: DataRef) {
    if (data.kind === "file") return { name: data.name, bytes: this.#dropped.get(data.hash) ?? null, fitting: {} };
    const bytes = await this.#exampleOf(data.name);
    const { file, settings } = exampleNamed(data.name)!;
    return { name: file, bytes, fitting: settings };
  }

  async #exampleOf(name: string): Promise<Uint8Array> {
    const example = exampleNamed(name);
    if (example === null) throw new Error(`There is no example called ${JSON.stringify(name)}.`);
    const response = await fetch(example.url);
    if (!response.ok) throw new Error(`${example.file} could not be loaded: ${response.status}.`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Values that nobody changed, beside those that were seen before somebody did. */
  #fits({ config }: DataAnswer, changed: Settings): Live["fits"] {
    const own = Object.entries(config).filter(([key]) => !Object.hasOwn(changed, key));
    return { ...this.#live.fits, ...Object.fromEntries(own) };
  }

  /** Settings of the run that is open became others: by an undoing of all, or by a way back. */
  async #apply(settings: Settings): Promise<void> {
    const before = this.#applied;
    const keys = Object.keys({ ...before, ...settings }).filter((key) => before[key] !== settings[key]);
    if (keys.length === 0) return;
    if (keys.some((key) => this.#isFixed(key))) return this.#store.dispatch("anew", settings);
    const next = Object.fromEntries(keys.map((key) => [key, settings[key] ?? this.#fitting(key)]));
    if (await this.#changed(next)) this.#applied = settings;
  }

  #isFixed(key: string): boolean {
    return taskOf(this.#live)?.fields.find((field) => field.key === key)?.fixed ?? true;
  }

  /** The value of a setting that nobody changes. */
  #fitting(key: string): Setting {
    return (this.#live.fits[key] ?? this.#live.about?.config[key] ?? null) as Setting;
  }

  /** Of the run that is open, from its next step on. @returns whether it is so */
  async #changed(settings: Settings): Promise<boolean> {
    const told = await this.#try(() => this.#worker.ask("train.change", { settings }));
    if (told === undefined) return false;
    this.#told(told);
    this.#set({ error: null, ...(typeof settings["lr"] === "number" && { lr: settings["lr"] }) });
    return true;
  }

  async #open(id: string): Promise<void> {
    this.#forgetDue();
    this.#opened = id;
    const asked = ++this.#asked;
    this.#set({ ...cleared(this.#live), reading: true });
    await this.#try(async () => {
      const kept = this.#live.runs.find((run) => run.id === id);
      // A link from another machine: its experiment begins anew here, and gives the same bits.
      if (kept === undefined && this.#store.state.data !== null) return this.#store.dispatch("follow", null);
      const bytes = kept?.data.kind === "example" ? await this.#exampleOf(kept.data.name) : null;
      const { record, about } = await this.#worker.ask("train.open", { id, bytes });
      if (asked !== this.#asked) return;
      this.#aboutData = JSON.stringify(record.data);
      this.#applied = chosenOf(record);
      const { state } = this.#store;
      // An address that somebody shortened, or wrote.
      if (state.run === id && (state.data === null || !areSame(state.settings, this.#applied))) this.resume(record);
      const fits = this.#fits(about, this.#applied);
      this.#set({ ...openedLive(record), about, fits, reading: false, error: null, version: this.#live.version + 1 });
    });
  }

  /** Opens a run that was kept: the address says what it was begun with. */
  resume(record: RunRecord): void {
    this.#store.dispatch("resume", { ...record, settings: chosenOf(record) });
  }

  /** Takes a file that was dropped or chosen. Its content stays where it is until the worker reads it. */
  async drop(file: File): Promise<void> {
    await this.#try(async () => {
      if (MODEL.test(file.name)) return this.look(file.name, new Uint8Array(await file.arrayBuffer()));
      const { name, content, hash } = await this.#worker.ask("train.take", { name: file.name, file });
      this.#dropped.set(hash, content);
      this.#read = ""; // also where it is the one that is shown
      const { state } = this.#store;
      // What a link asks for: its settings stay.
      if (state.data?.kind === "file" && state.data.hash === hash) this.#follow(state, null);
      else this.#store.dispatch("choose", { kind: "file", name, hash });
    });
  }

  /** Says why something that was dropped is not taken. */
  refuse(message: string): void {
    this.#set({ error: asData(new Error(message)) });
  }

  /** Opens a model, and shows what it does. */
  async look(key: string, bytes: Uint8Array): Promise<void> {
    await this.#worker.ask("look.open", { key, bytes });
    this.#store.dispatch("remember", "model", key);
    this.#store.dispatch("show", "look");
  }

  /** Trains, from the beginning or from where it is. @param steps  how many at most */
  async start(steps: number | null = null): Promise<void> {
    await this.#try(async () => {
      let { run } = this.#store.state;
      if (run === null) {
        // An error of before says why, and stays.
        if (!(await this.#isRead())) return;
        run = newId(this.#live.file ?? "run");
        [this.#opened, this.#applied] = [run, this.#store.state.settings];
        this.#store.dispatch("follow", run);
      }
      this.#store.dispatch("goTo", null);
      this.#set({ error: null });
      await this.#worker.ask("train.run", { id: run, steps });
    });
  }

  async pause(): Promise<void> {
    await this.#try(async () => this.#told(await this.#worker.ask("train.pause", null)));
  }

  /** Back to a checkpoint: what came after it is forgotten. */
  async back(step: number): Promise<void> {
    await this.#try(async () => {
      const { curves, ...told } = await this.#worker.ask("train.back", { step });
      this.#told(told);
      const sampled = this.#live.sampled.filter((one) => one.step <= step);
      this.#set({ curves: { ...curves }, sampled, error: null, version: this.#live.version + 1, validated: null });
      this.#store.dispatch("goTo", null);
    });
  }

  /** A setting: of a run that has begun it holds from here on, where it may; else it begins another. */
  async change(key: string, value: Setting | undefined): Promise<void> {
    const { state } = this.#store;
    const { [key]: _, ...rest } = state.settings;
    const settings = value === undefined ? rest : { ...rest, [key]: value };
    if (state.run !== null && this.#isFixed(key)) return this.#store.dispatch("anew", settings);
    if (state.run !== null) {
      if (!(await this.#changed({ [key]: value ?? this.#fitting(key) }))) return;
      this.#applied = settings;
    }
    if (value === undefined) this.#store.dispatch("unset", key);
    else this.#store.dispatch("set", key, value);
  }

  async forget(id: string): Promise<void> {
    await this.#try(() => this.#worker.ask("train.forget", { id }));
    if (this.#store.state.run === id) this.#store.dispatch("follow", null);
    await this.#list();
  }

  /** A checkpoint's bytes, or with null those of the model as it is. */
  model(step: number | null): Promise<Uint8Array | undefined> {
    this.#set({ error: null });
    return this.#try(() => this.#worker.ask("train.model", { step }));
  }

  /** The model as it is for another toolkit. */
  export(to: string, name: string): Promise<{ name: string; bytes: Uint8Array } | undefined> {
    this.#set({ error: null });
    return this.#try(() => this.#worker.ask("train.export", { to, name }));
  }

  #told({ step, totalSteps, checkpoints, changedAt }: Told): void {
    this.#set({ step, totalSteps, checkpoints, changedAt });
  }

  #slice({ steps, loss, gradNorm, count, seconds, step, epoch, totalSteps, lr }: Slice): void {
    const { curves, version, perSecond, stepsPerSecond } = this.#live;
    addPoint(curves, LOSS, step, loss);
    addPoint(curves, GRADIENT, step, gradNorm);
    this.#set({
      ...{ step, epoch, totalSteps, lr, loss, gradNorm, version: version + 1 },
      perSecond: smooth(perSecond, count / seconds),
      stepsPerSecond: smooth(stepsPerSecond, steps / seconds),
    });
  }

  #validated(validated: Validated): void {
    const { curves, version } = this.#live;
    for (const { name, value } of validated.figures) addPoint(curves, HELD_OUT + name, validated.step, value);
    this.#set({ validated, version: version + 1 });
  }
}

function openedLive(record: RunRecord): Partial<Live> {
  const { curves, checkpoints, file, totalSteps, changedAt } = record;
  const step = checkpoints.at(-1) ?? 0;
  const last = (name: string): number | null => curves[name]?.values.at(-1) ?? null;
  const phase = step >= totalSteps ? "ended" : "paused";
  return { curves, checkpoints, changedAt, file, step, totalSteps, phase, loss: last(LOSS), gradNorm: last(GRADIENT) };
}

function smooth(before: number | null, next: number): number {
  return before === null ? next : before + NEWEST * (next - before);
}

function asData(error: unknown): ErrorData {
  if (error instanceof WorkerError) return error.data;
  const { name = "Error", message = String(error) } = (error ?? {}) as Error;
  return { name, message, code: null, op: null, argument: null, must: null, value: null, fix: null, details: null };
}

const nameOf = (data: DataRef): string =>
  data.kind === "file" ? data.name : (exampleNamed(data.name)?.file ?? data.name);

/** `first-names-261129-113004`. */
function newId(file: string): string {
  const stem = file
    .replace(/\.\w+$/, "")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .slice(0, 30)
    .toLowerCase();
  const time = new Date().toISOString().replace(/[-:]/g, "").slice(2, 15).replace("T", "-");
  return `${stem || "run"}-${time}`;
}

/** What of a run's settings is not its example's own. */
function chosenOf({ data, settings }: RunRecord): Settings {
  const fitting = data.kind === "example" ? (exampleNamed(data.name)?.settings ?? {}) : {};
  return Object.fromEntries(Object.entries(settings).filter(([key, value]) => fitting[key] !== value));
}

function areSame(a: Settings, b: Settings): boolean {
  const keys = Object.keys({ ...a, ...b });
  return keys.every((key) => a[key] === b[key]);
}
