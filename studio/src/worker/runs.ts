import type { DataRef, Settings } from "../state/state.js";
import type { Store } from "./store.js";

/** A figure at the steps at which it was told. */
export interface Curve {
  steps: number[];
  values: number[];
}

/** What of a run is kept, beside its checkpoints and its data. JSON-safe. */
export interface RunRecord {
  id: string;
  data: DataRef;
  /** What the file is called. */
  file: string;
  task: string;
  settings: Settings;
  /** Milliseconds since 1970. */
  begun: number;
  step: number;
  totalSteps: number;
  curves: Record<string, Curve>;
  /** Steps of its checkpoints, from the first. */
  checkpoints: number[];
  /** The first step before which settings became others; null for none. */
  changedAt: number | null;
}

/** Most points of a curve that are kept: about as many as a screen has columns. */
const MOST_POINTS = 2048;
/** Checkpoints of a run; then every second one goes. */
const MOST_CHECKPOINTS = 24;

/** Adds a point; of a long curve every second one goes. */
export function addPoint(curves: Record<string, Curve>, name: string, step: number, value: number): void {
  curves[name] ??= { steps: [], values: [] };
  const curve = curves[name];
  curve.steps.push(step);
  curve.values.push(value);
  if (curve.steps.length <= MOST_POINTS) return;
  const keeps = (_: number, i: number) => i % 2 === 1;
  curve.steps = curve.steps.filter(keeps);
  curve.values = curve.values.filter(keeps);
}

/** What came after a step is not so any more. */
export function cutCurves(curves: Record<string, Curve>, step: number): void {
  for (const curve of Object.values(curves)) {
    const end = curve.steps.findIndex((at) => at > step);
    if (end >= 0) [curve.steps.length, curve.values.length] = [end, end];
  }
}

/** The runs of a store: `runs/ID/run.json`, `runs/ID/STEP.safetensors`, and `data/HASH`, which several may share. */
export class Runs {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get last(): boolean {
    return this.#store.lasts;
  }

  async list(): Promise<RunRecord[]> {
    const records: RunRecord[] = [];
    for (const id of await this.#store.list("runs")) {
      const record = await this.read(id);
      if (record !== null) records.push(record);
    }
    return records.sort((a, b) => b.begun - a.begun);
  }

  /** null where there is none, or none that this version reads. */
  async read(id: string): Promise<RunRecord | null> {
    if (!/^[\w-]{1,100}$/.test(id)) return null;
    const bytes = await this.#store.read(`runs/${id}/run.json`);
    if (bytes === null) return null;
    try {
      return readRecord(JSON.parse(new TextDecoder().decode(bytes)), id);
    } catch {
      return null; // written by half when the page was closed
    }
  }

  write(record: RunRecord): Promise<void> {
    return this.#store.write(`runs/${record.id}/run.json`, new TextEncoder().encode(JSON.stringify(record)));
  }

  /** Keeps a checkpoint, and thins out those before it: the first and the newest stay. */
  async keep(record: RunRecord, bytes: Uint8Array): Promise<void> {
    const { id, step, checkpoints } = record;
    await this.#store.write(`runs/${id}/${step}.safetensors`, bytes);
    if (checkpoints.at(-1) !== step) checkpoints.push(step);
    if (checkpoints.length > MOST_CHECKPOINTS) {
      const goes = checkpoints.filter((_, i) => i % 2 === 1 && i < checkpoints.length - 2);
      record.checkpoints = checkpoints.filter((at) => !goes.includes(at));
      for (const at of goes) await this.#store.remove(`runs/${id}/${at}.safetensors`);
    }
    await this.write(record);
  }

  checkpoint(id: string, step: number): Promise<Uint8Array | null> {
    return this.#store.read(`runs/${id}/${step}.safetensors`);
  }

  /** What came after a step goes. */
  async goBack(record: RunRecord, step: number): Promise<void> {
    const after = record.checkpoints.filter((at) => at > step);
    record.checkpoints = record.checkpoints.filter((at) => at <= step);
    record.step = step;
    // From its first step on it is trained with the settings that it has by now.
    if (record.changedAt !== null && step < record.changedAt) record.changedAt = step || null;
    cutCurves(record.curves, step);
    await this.write(record);
    for (const at of after) await this.#store.remove(`runs/${record.id}/${at}.safetensors`);
  }

  /** A run, and its data where no other run has them. */
  async forget(id: string): Promise<void> {
    const record = await this.read(id);
    await this.#store.remove(`runs/${id}`);
    if (record?.data.kind !== "file") return;
    const { hash } = record.data;
    const others = await this.list();
    if (!others.some(({ data }) => data.kind === "file" && data.hash === hash))
      await this.#store.remove(`data/${hash}`);
  }

  data(hash: string): Promise<Uint8Array | null> {
    return this.#store.read(`data/${hash}`);
  }

  keepData(hash: string, bytes: Uint8Array): Promise<void> {
    return this.#store.write(`data/${hash}`, bytes);
  }
}

/** @throws TypeError for what is no record */
function readRecord(given: RunRecord, id: string): RunRecord {
  const { data, file, task, settings, begun, step, totalSteps, curves, checkpoints, changedAt = null } = given;
  const isRecord =
    (data.kind === "example" || data.kind === "file") &&
    [file, task].every((text) => typeof text === "string") &&
    [begun, step, totalSteps, changedAt ?? 0, ...checkpoints].every((number) => Number.isFinite(number)) &&
    typeof settings === "object" &&
    Object.values(curves).every(({ steps, values }) => steps.length === values.length);
  if (!isRecord) throw new TypeError("no record of a run");
  return { id, data, file, task, settings, begun, step, totalSteps, curves, checkpoints, changedAt };
}
