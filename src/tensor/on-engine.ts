/**
 * Which storages hold a block of the engine, and which must give theirs back.
 *
 * JavaScript's collector does not see engine memory, and says of nothing in time that it is garbage. So whatever may be garbage is moved
 * to JavaScript memory, which the collector does see, in synchronous code too; what is not garbage comes back when a kernel asks for it.
 *
 * - Loose storages (no graph needs them) move after a boundary or two.
 * - Values of a graph that nobody walks may be garbage: they move when many boundaries have passed, and the oldest of them when the
 *   engine holds more than a limit. The walk of a graph of which something was moved says that the limit is too low for this program:
 *   from then on its graphs fit, and nothing is moved in a training loop.
 * - Residents (parameters, gradients, an optimiser's state) may belong to a model that is gone. A finalizer frees them then, which runs
 *   between tasks only; so all move when more have come since the last time than a limit. Those in use come back, and raise it.
 */

import { builtin } from "../base/builtin.js";

/** What this file needs of a storage; `Storage` is it. */
export interface Mortal {
  readonly bytes: number;
  /** Graphs not yet walked that need it. */
  readonly holds: number;
  /** Boundaries passed since it took its block or was let go by its graph. */
  age: number;
  /** Whether the list of recent storages has it. */
  noted: boolean;
  /** Among the residents of earlier tasks. */
  weakly: WeakRef<Mortal> | null;
  readonly onEngine: boolean;
  readonly resident: boolean;
  /** Moves the content to JavaScript memory and frees the block. */
  evict(): void;
  /** Frees the block when the storage is gone, to which it has no way. */
  freeing(): () => void;
}

const MIB = 1 << 20;
/** A browser collects later than Node, and beside other work many times what is here waits until it does: a third as much is. */
const FIRST_SHARE = builtin("node:os") === undefined ? 1 / 3 : 1;
/** The newest storages are about to be used: a sweep leaves them. */
const IN_USE = 16;
/** Loose storages stay on the engine for this many boundaries: `zeroGrad()` between a forward and its backward is one. */
const AGE_TO_EVICT = 2;
/** A list of what is older would cost more to go through at each boundary than to move. */
const MOST_AGE = 64;
/** A sweep goes this far below its limit, so that the next is not at once and none takes long. */
const AFTER_SWEEP = 15 / 16;
/** WebAssembly memory ends at 4 GiB, and blocks leave gaps. */
const MOST_BYTES = 3584 * MIB;
/** New residents beyond those that came back, before all move. */
const NEW_RESIDENTS = 32 * FIRST_SHARE * MIB;
const MOST_NEW_RESIDENTS = 512 * MIB;
/** Of new residents, before a finalizer is set up for them: gradients of small models have gone by then, which saves it. */
const MS_HELD = 10;
/** Of residents, after one operation. */
const MOVED_AT_ONCE = 8 * MIB;

/** From where on storages that are not resident move: bytes, entries of the list, boundaries for a graph that is not walked. */
const FIRST_LIMITS = { bytes: 48 * FIRST_SHARE * MIB, count: 4096, age: 8 };
const limits = { ...FIRST_LIMITS };
const recent: Mortal[] = [];
/** In blocks of `recent`, to the byte. */
let recentBytes = 0;
/** Residents of the last tasks: held, because a WeakRef would hold them to the end of a task as well, but not beyond a move. */
const residents = new Set<Mortal>();
/** Those of earlier tasks, which the finalizer frees. */
const older = new Set<WeakRef<Mortal>>();
let isTaskWatched = false;
let residentBytes = 0;
/** Residents that are about to move. */
let leaving: Mortal[] = [];
/** Of residents that moved and were needed again, since the last time. */
let returnedBytes = 0;
const NOTHING_WALKED = { bytes: 0, count: 0, moved: false };
/** What the walks since the last boundary of a step let go. */
const walked = { ...NOTHING_WALKED };

/** Counts the sweeps that moved something: what is remembered only to free memory early is forgotten with each. */
export let sweeps = 0;

/** Called by every storage that takes an engine block. */
export function blockTaken(storage: Mortal): void {
  storage.age = 0;
  if (!storage.resident) {
    recentBytes += storage.bytes;
    noteStorage(storage);
    return;
  }
  residentBytes += storage.bytes;
  residents.add(storage);
  if (isTaskWatched) return;
  isTaskWatched = true;
  const timer: unknown = setTimeout(taskEnded, MS_HELD);
  // It keeps no process alive; browsers give a number.
  if (typeof timer === "object") (timer as { unref?(): void }).unref?.();
}

/** Called by every storage that gives its block back; before `blockTaken`, by one that becomes a resident. */
export function blockGiven(storage: Mortal): void {
  if (!storage.resident) {
    recentBytes -= storage.bytes;
    return;
  }
  residentBytes -= storage.bytes;
  residents.delete(storage);
  if (storage.weakly === null) return;
  finalizer.unregister(storage);
  older.delete(storage.weakly);
  storage.weakly = null;
}

function taskEnded(): void {
  isTaskWatched = false;
  for (const storage of residents) {
    const weakly = new WeakRef(storage);
    storage.weakly = weakly;
    older.add(weakly);
    finalizer.register(storage, { weakly, bytes: storage.bytes, free: storage.freeing() }, storage);
  }
  residents.clear();
}

interface Left {
  weakly: WeakRef<Mortal>;
  bytes: number;
  free(): void;
}

const finalizer = new FinalizationRegistry<Left>(({ weakly, bytes, free }) => {
  older.delete(weakly);
  residentBytes -= bytes;
  free();
});

function noteStorage(storage: Mortal): void {
  if (storage.noted) return;
  storage.noted = true;
  recent.push(storage);
}

/** Called when a resident that was moved is needed. */
export function cameBack(storage: Mortal): void {
  returnedBytes += storage.bytes;
}

/** Called when a walk or its end lets a storage go, which had perhaps been moved as if its graph were garbage. */
export function letGone(storage: Mortal, wasMoved: boolean): void {
  if (storage.resident) return;
  walked.bytes += storage.bytes;
  walked.count++;
  walked.moved ||= wasMoved;
}

/** After a walk, when its graph has gone: the next of its size shall fit, and what its walk makes beside it. */
export function graphEnded(): void {
  if (walked.moved) {
    limits.bytes = Math.max(limits.bytes, FIRST_LIMITS.bytes + 2 * walked.bytes);
    limits.count = Math.max(limits.count, FIRST_LIMITS.count + 4 * walked.count);
    limits.age = Math.min(2 * limits.age, MOST_AGE);
  }
  Object.assign(walked, NOTHING_WALKED);
}

/** A boundary: what is loose grows older, and the old moves to JavaScript memory. */
export function growOlder(): void {
  let kept = 0;
  let at = 0;
  try {
    for (; at < recent.length; at++) {
      const storage = recent[at]!;
      if (isRecent(storage)) {
        storage.age++;
        if (storage.age < (storage.holds === 0 ? AGE_TO_EVICT : limits.age)) {
          recent[kept++] = storage;
          continue;
        }
        storage.evict();
      }
      storage.noted = false;
    }
  } finally {
    recent.splice(kept, at - kept);
  }
}

function isRecent(storage: Mortal): boolean {
  return storage.onEngine && !storage.resident;
}

/** Called after every operation. */
export function keepWithinLimits(): boolean {
  let swept = false;
  if (
    recentBytes > limits.bytes ||
    recent.length >= limits.count ||
    (recentBytes + residentBytes > MOST_BYTES && recent.length > IN_USE)
  ) {
    sweep();
    swept = true;
  }
  if (leaving.length > 0) moveResidents(MOVED_AT_ONCE);
  else if (residentBytes > NEW_RESIDENTS + returnedBytes + Math.min(returnedBytes / 2, MOST_NEW_RESIDENTS)) {
    leaving = allResidents();
    returnedBytes = 0;
  }
  return swept;
}

/** Moves the oldest until what stays is within the limits. */
function sweep(): void {
  const kept = forgetOthers();
  const most = AFTER_SWEEP * Math.min(limits.bytes, MOST_BYTES - residentBytes);
  const first = kept - AFTER_SWEEP * limits.count;
  let moved = 0;
  try {
    for (; moved < kept - IN_USE && (moved < first || recentBytes > most); moved++) {
      const storage = recent[moved]!;
      storage.evict();
      storage.noted = false;
    }
  } finally {
    if (moved > 0) sweeps++;
    recent.splice(0, moved);
  }
}

/** Takes from the list what has no block any more or became a resident; it would live for it. Returns how many are left. */
function forgetOthers(): number {
  let kept = 0;
  for (const storage of recent) {
    if (isRecent(storage)) recent[kept++] = storage;
    else storage.noted = false;
  }
  recent.length = kept;
  return kept;
}

function allResidents(): Mortal[] {
  forgetOthers();
  const all = [...residents];
  for (const weakly of older) {
    const storage = weakly.deref();
    if (storage !== undefined) all.push(storage);
  }
  return all;
}

/** Moves those that are to leave, until that is so many bytes: all at once would take long. */
function moveResidents(most: number): void {
  for (let bytes = 0; leaving.length > 0 && bytes < most; ) {
    const storage = leaving.pop()!;
    if (storage.onEngine) bytes += storage.bytes;
    storage.evict();
  }
}

/** Empties the engine and begins anew: another one is in use from now on. */
export function moveAll(): void {
  Object.assign(limits, FIRST_LIMITS);
  leaving = allResidents();
  moveResidents(Infinity);
  returnedBytes = 0;
  for (const storage of recent) if (storage.onEngine) storage.evict();
}

/** Bytes on the engine that graphs hold which no walk has freed. */
export function unwalkedBytes(): number {
  return recent.reduce((sum, storage) => sum + (isRecent(storage) && storage.holds > 0 ? storage.bytes : 0), 0);
}
