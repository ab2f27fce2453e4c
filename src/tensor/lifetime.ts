import type { BYTES_PER_ELEMENT } from "../base/dtype.js";

/**
 * Who frees what, without `dispose()` in user code.
 *
 * - Tensors of a graph are released at the first boundary after its walk (autograd/backward.ts).
 * - Tensors made inside a scope (`noGrad`, a step of the walk) are released at its end, but for what it returns.
 * - What remains is loose: inputs, detached states, results outside a graph. It may be garbage, which JavaScript does not
 *   tell in time, so after a boundary or two its content moves to JavaScript memory, where the collector minds it.
 *
 * Boundaries are `backward()`, `zeroGrad()` and the end of `noGrad()`; a long run without any has its own (SWEEP_AT).
 */

/** What this file needs of a storage; `Storage` is it. */
export interface Mortal {
  dtype: keyof typeof BYTES_PER_ELEMENT;
  length: number;
  refs: number;
  holds: number;
  age: number;
  noted: boolean;
  readonly onEngine: boolean;
  readonly resident: boolean;
  evict(): void;
  guard(): void;
}

/** What a scope collects; `Tensor` is it. */
export interface Scoped {
  release(by: string): void;
}

/** Without a boundary, this many new storages or elements make one. */
const SWEEP_AT_COUNT = 4096;
const SWEEP_AT_ELEMENTS = 1 << 24;
/** The newest storages may still be half written by a composite operation. */
const IN_FLIGHT = 64;
/** Loose storages stay on the engine for this many boundaries: `zeroGrad()` between a forward and its backward is one. */
const AGE_TO_EVICT = 2;

let recent: Mortal[] = [];
let recentElements = 0;

/** Called by every storage that takes an engine block. */
export function noteStorage(storage: Mortal): void {
  storage.noted = true;
  recent.push(storage);
  recentElements += storage.length;
}

let walked: (() => void)[] = [];

/** Has `release` called at the next `backward()` or `zeroGrad()`: a graph that was walked. */
export function releaseNext(release: () => void): void {
  walked.push(release);
}

/** The boundary of a training step: the graph walked before it goes, and loose storages grow older. */
export function stepBoundary(): void {
  const due = walked;
  walked = [];
  for (const release of due) release();
  boundary();
}

/**
 * Called after every operation, when no kernel holds a buffer: without a boundary for long, evicts what is loose, and
 * leaves graphs that nobody walks to the finalizer.
 */
export function operationDone(): void {
  if (recent.length < SWEEP_AT_COUNT && recentElements < SWEEP_AT_ELEMENTS) return;
  const old = recent;
  recent = old.splice(Math.max(0, old.length - IN_FLIGHT));
  recentElements = 0;
  for (const storage of old) {
    storage.noted = false;
    if (!storage.onEngine || storage.resident) continue;
    if (storage.holds === 0) storage.evict();
    else storage.guard();
  }
}

/** A boundary: what is loose grows older, and the old moves to JavaScript memory. */
export function boundary(): void {
  const kept: Mortal[] = [];
  let elements = 0;
  for (const storage of recent) {
    if (!storage.onEngine || storage.resident) {
      storage.noted = false;
    } else if (storage.holds === 0 && ++storage.age >= AGE_TO_EVICT) {
      storage.noted = false;
      storage.evict();
    } else {
      kept.push(storage);
      elements += storage.length;
    }
  }
  recent = kept;
  recentElements = elements;
}

const scopes: Scoped[][] = [];

/** Called by every new tensor. */
export function noteTensor(tensor: Scoped): void {
  const scope = scopes[scopes.length - 1];
  if (scope !== undefined) scope.push(tensor);
}

/**
 * Runs `body` and releases every tensor made in it, except those that `keep` finds in its result; these belong to the
 * scope around. When `body` throws, all are released.
 */
export function inScope<T>(by: string, body: () => T, keep: (result: T) => ReadonlySet<Scoped>): T {
  const created: Scoped[] = [];
  scopes.push(created);
  let kept: ReadonlySet<Scoped> = new Set();
  try {
    const result = body();
    kept = keep(result);
    return result;
  } finally {
    scopes.pop();
    const outer = scopes[scopes.length - 1];
    for (const tensor of created) {
      if (!kept.has(tensor)) tensor.release(by);
      else outer?.push(tensor);
    }
  }
}
