import { isObject, refusal } from "../../base/check.js";
import { FormatError, show } from "../../base/errors.js";
import { formatShape, sameShape } from "../../base/shape.js";
import { Module } from "../../nn/module.js";
import { copyInto } from "../../nn/parameter.js";
import { Tensor } from "../../tensor/index.js";
import { decodeCheckpoint, encodeCheckpoint, isOfTraining } from "../checkpoint.js";
import { type Note, pack, readNotes, unpack } from "./pack.js";
import { isPlain, stateOf } from "./state-of.js";
import { onceEach, SHARED, tensorsOf, withShared } from "./tensors.js";

/** What a checkpoint is made of, by names of one's own. */
export type Parts = Readonly<Record<string, unknown>>;

/** What is restored in place. */
type Restored =
  | Tensor
  | { stateDict(): unknown; loadStateDict(state: never): unknown }
  | { state(): unknown; loadState(state: never): unknown }
  | { position: object }
  | { manualSeed(seed: number): unknown }
  | { state: readonly number[]; reset(): void };

/** The plain values of a checkpoint. */
export type CheckpointValues<P> = { [K in keyof P as P[K] extends Restored ? never : K]: P[K] };

/** What the file says that it holds. */
const TASK = "checkpoint";
/** The part whose weights have their own names in the file. */
const MODEL = "model";

/** Whether it is an object of parts, rather than of tensors. */
export function isParts(value: unknown): value is Parts {
  return isObject(value) && isPlain(value) && tensorsOf(value) === null;
}

/** @throws OptionError for what is no object of parts */
export function requireParts(op: string, parts: unknown): asserts parts is Parts {
  if (isObject(parts) && isPlain(parts)) return;
  const fix = `Write ${op}("last.safetensors", { model, optimizer, step }).`;
  throw refusal(op, "parts", "be an object of what is saved, by name", parts, fix);
}

export function partsToBytes(parts: Parts, op: string): Uint8Array {
  const { [MODEL]: model, ...others } = parts;
  const weights = model instanceof Module ? model.stateDict() : null;
  const byName = weights !== null && ![...weights.keys()].some(isOfTraining);
  const notes: Note[] = [];
  const tree = pack(op, byName ? others : parts, [], notes);
  const { own, shared } = onceEach(byName ? weights : new Map());
  const description = Object.keys(shared).length > 0 ? { [SHARED]: shared } : {};
  return encodeCheckpoint({ task: TASK, weights: own, description, training: { parts: tree, notes, byName } }, op);
}

/** @throws FormatError; nothing has changed then */
export function partsFromBytes<P extends Parts>(
  bytes: Uint8Array | ArrayBufferLike,
  parts: P,
  op: string,
  source: string,
): CheckpointValues<P> {
  const { weights, training, description } = decode(bytes, op, source);
  const { parts: tree, notes: given, byName } = training as Record<string, unknown>;
  const notes = readNotes(op, given);
  const saved = { ...(unpack(op, tree, notes) as object) } as Record<string, unknown>;
  if (byName === true) {
    saved[MODEL] = Object.fromEntries(withShared(weights, description[SHARED]));
    notes.push({ at: [MODEL], is: "state" });
  }
  const plan = new Plan(op, source, notes);
  const values = plan.of(parts, saved, []);
  plan.carryOut(parts);
  return values as CheckpointValues<P>;
}

function decode(bytes: Uint8Array | ArrayBufferLike, op: string, source: string) {
  const refuse = (value: string, options?: ErrorOptions): never => {
    const fix = "Of other files, load() takes the weights.";
    throw new FormatError({ op, argument: source, must: "be one that saveCheckpoint() wrote", value, fix }, options);
  };
  try {
    const decoded = decodeCheckpoint(bytes, null, source);
    if (decoded.task !== TASK || !isObject(decoded.training)) refuse(`a ${decoded.task}`);
    return decoded;
  } catch (cause) {
    if (cause instanceof FormatError && cause.code === "no-checkpoint") refuse("weights alone", { cause });
    throw cause;
  }
}

/** What is to be restored, once it is known that everything is there. */
class Plan {
  readonly #op: string;
  readonly #source: string;
  /** Paths of what objects remember. */
  readonly #states: ReadonlySet<string>;
  readonly #steps: { last: boolean; run: () => void }[] = [];

  constructor(op: string, source: string, notes: readonly Note[]) {
    this.#op = op;
    this.#source = source;
    this.#states = new Set(notes.flatMap(({ at, is }) => (is === "state" ? [JSON.stringify(at)] : [])));
  }

  /** The plain values of `saved`; what `target` has that is restored in place is noted down. */
  of(target: unknown, saved: unknown, at: readonly string[]): unknown {
    if (target instanceof Tensor) return this.#tensor(target, saved, at);
    const state = isObject(target) ? stateOf(target) : null;
    if (state !== null) {
      if (!this.#isState(at)) this.#refuse(at, "hold its state", saved === undefined ? "nothing" : show(saved));
      // An optimiser comes last: a schedule that takes its state over sets the rate that it would give.
      this.#steps.push({ last: "paramGroups" in (target as object), run: () => state.set(saved) });
      return undefined;
    }
    if (this.#isState(at)) {
      const fix = "Give the parts that it was saved from; load() takes the weights alone.";
      this.#refuse(at, "be restored", target === undefined ? "nothing to restore it to" : show(target), fix);
    }
    if (saved === undefined && isObject(target)) return this.of(target, target instanceof Map ? new Map() : {}, at);
    if (saved instanceof Map) return new Map(this.#entries(asMap(target), [...saved], at));
    if (Array.isArray(saved)) {
      const list: unknown[] = Array.isArray(target) ? target : [];
      return this.#entries(asMap({ ...list }), Object.entries(saved), at).map(([, value]) => value);
    }
    if (isObject(saved) && isPlain(saved)) {
      return Object.fromEntries(this.#entries(asMap(target), Object.entries(saved), at));
    }
    return saved;
  }

  /** Does it all, or puts back what was there before the step that failed. */
  carryOut(parts: Parts): void {
    const before = this.#steps.length > 1 ? snapshotOf(this.#op, parts) : undefined;
    try {
      for (const last of [false, true]) for (const step of this.#steps) if (step.last === last) step.run();
    } catch (cause) {
      if (before !== undefined) putBack(parts, before);
      throw cause;
    }
  }

  #entries(
    target: ReadonlyMap<string, unknown>,
    saved: [string, unknown][],
    at: readonly string[],
  ): [string, unknown][] {
    const known = new Map(saved);
    const names = [...known.keys(), ...[...target.keys()].filter((name) => !known.has(name))];
    return names.flatMap((name): [string, unknown][] => {
      const own = target.get(name);
      const path = [...at, name];
      // A plain value that the file lacks stays as it was given.
      if (!known.has(name) && !(isObject(own) && this.#isRestored(own))) return own === undefined ? [] : [[name, own]];
      const value = this.of(own, known.get(name), path);
      return own instanceof Tensor || this.#isState(path) ? [] : [[name, value]];
    });
  }

  #isRestored(value: object): boolean {
    return value instanceof Tensor || stateOf(value) !== null || (isPlain(value) && Object.keys(value).length > 0);
  }

  #tensor(target: Tensor, saved: unknown, at: readonly string[]): undefined {
    const described = `${target.dtype} ${formatShape(target.shape)}`;
    const found = saved instanceof Tensor ? `${saved.dtype} ${formatShape(saved.shape)}` : show(saved);
    const fits = saved instanceof Tensor && saved.dtype === target.dtype && sameShape(saved.shape, target.shape);
    if (!fits) this.#refuse(at, `be ${described}`, saved === undefined ? "nothing" : found);
    this.#steps.push({ last: false, run: () => copyInto(this.#op, target, saved as Tensor) });
  }

  #isState(at: readonly string[]): boolean {
    return this.#states.has(JSON.stringify(at));
  }

  #refuse(at: readonly string[], must: string, value: string, fix = "Give the parts that it was saved from."): never {
    const argument = `${at.join(".")} of ${this.#source}`;
    throw new FormatError({ op: this.#op, argument, must, value, fix });
  }
}

function asMap(value: unknown): ReadonlyMap<string, unknown> {
  if (value instanceof Map) return value as Map<string, unknown>;
  return new Map(isObject(value) && isPlain(value) ? Object.entries(value) : []);
}

/** What `parts` and all that they hold remember now. */
function snapshotOf(op: string, parts: Parts): unknown {
  const notes: Note[] = [];
  return unpack(op, copyOf(pack(op, parts, [], notes)), notes);
}

/** With tensors of their own. */
function copyOf(tree: unknown): unknown {
  if (tree instanceof Tensor) return tree.detach().clone().retain();
  if (Array.isArray(tree)) return tree.map(copyOf);
  if (!isObject(tree)) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, item]) => [key, copyOf(item)]));
}

function putBack(target: unknown, before: unknown): void {
  if (!isObject(target)) return;
  if (target instanceof Tensor) {
    copyInto("loadCheckpoint", target, before as Tensor);
    return;
  }
  const state = stateOf(target);
  if (state !== null) {
    try {
      state.set(before);
    } catch {
      // The first error is the one to tell.
    }
    return;
  }
  const items = target instanceof Map ? (target as Map<string, unknown>) : Object.entries(target);
  const had = before instanceof Map ? (before as Map<string, unknown>) : new Map(Object.entries(before ?? {}));
  for (const [key, item] of items) putBack(item, had.get(key));
}
