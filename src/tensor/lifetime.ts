/**
 * Who frees what, without `dispose()` in user code.
 *
 * - Tensors of a graph are released at the first boundary after its walk (autograd/backward.ts).
 * - Tensors made inside a scope (`noGrad`, a step of the walk) are released at its end, but for what it returns and what a
 *   graph still needs.
 * - What remains is loose: inputs, detached states, results outside a graph. It may be garbage, which JavaScript does not
 *   tell in time, so after a boundary or two its content moves to JavaScript memory, where the collector minds it.
 * - A graph that is not walked for many boundaries may be garbage too: it stays, but the finalizer frees it when it is.
 *
 * Boundaries are `backward()`, `zeroGrad()` and the end of `noGrad()`; a long run without any has its own (SWEEP_AT).
 */

/** What this file needs of a storage; `Storage` is it. */
export interface Mortal {
  readonly length: number;
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
  readonly storage: { readonly onEngine: boolean };
  release(by: string): void;
}

/** Without a boundary, this many new storages or elements make one. */
const SWEEP_AT_COUNT = 4096;
const SWEEP_AT_ELEMENTS = 1 << 24;
/** The newest storages are about to be used: a sweep leaves them. */
const IN_USE = 16;
/** Loose storages stay on the engine for this many boundaries: `zeroGrad()` between a forward and its backward is one. */
const AGE_TO_EVICT = 2;
/** So many boundaries without a walk, and the finalizer minds a graph's storages too. */
const AGE_TO_GUARD = 8;

let recent: Mortal[] = [];
let recentElements = 0;

/** Called by every storage that takes an engine block, and when the last graph that needed it lets it go. */
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

/** A boundary: what is loose grows older, and the old moves to JavaScript memory. */
export function boundary(): void {
  const old = recent;
  recent = [];
  recentElements = 0;
  for (const storage of old) {
    storage.noted = false;
    if (!storage.onEngine || storage.resident) continue;
    storage.age++;
    if (storage.holds === 0 && storage.age >= AGE_TO_EVICT) storage.evict();
    else if (storage.holds > 0 && storage.age >= AGE_TO_GUARD) storage.guard();
    else noteStorage(storage);
  }
}

/** Called after every operation: a long run without a boundary gets one, which ages everything but the newest at once. */
export function operationDone(): void {
  if (recent.length >= SWEEP_AT_COUNT || recentElements >= SWEEP_AT_ELEMENTS) sweep();
}

function sweep(): void {
  const old = recent;
  const newest = old.splice(Math.max(0, old.length - IN_USE));
  recent = [];
  recentElements = 0;
  for (const storage of old) {
    storage.noted = false;
    if (!storage.onEngine || storage.resident) continue;
    if (storage.holds === 0) storage.evict();
    else storage.guard();
  }
  for (const storage of newest) noteStorage(storage);
  // A scope that stays open for long must not keep what JavaScript's collector could have.
  for (const scope of scopes) keepOnly(scope, (tensor) => tensor.storage.onEngine);
}

function keepOnly<T>(list: T[], wanted: (item: T) => boolean): void {
  let kept = 0;
  for (const item of list) if (wanted(item)) list[kept++] = item;
  list.length = kept;
}

const scopes: Scoped[][] = [];

/** Called by every new tensor. */
export function noteTensor(tensor: Scoped): void {
  if (scopes.length > 0) scopes[scopes.length - 1]!.push(tensor);
}

/** What outlives a scope: a short list, or a set where it may be long. */
type Kept = readonly (Scoped | null)[] | ReadonlySet<Scoped>;

const NOTHING: Kept = [];

/**
 * Runs `body` and releases every tensor made in it, except those that `keep` finds in its result; these belong to the
 * scope around. When `body` throws, all are released.
 * @param body  is given the list of what it makes, as it grows
 */
export function inScope<T>(by: string, body: (created: readonly Scoped[]) => T, keep: (result: T) => Kept): T {
  const created: Scoped[] = [];
  scopes.push(created);
  let kept: Kept = NOTHING;
  try {
    const result = body(created);
    kept = keep(result);
    return result;
  } finally {
    scopes.pop();
    const outer = scopes[scopes.length - 1];
    for (const tensor of created) {
      const stays = Array.isArray(kept) ? kept.includes(tensor) : (kept as ReadonlySet<Scoped>).has(tensor);
      if (!stays) tensor.release(by);
      else outer?.push(tensor);
    }
  }
}
