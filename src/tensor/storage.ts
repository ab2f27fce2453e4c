import { bytesOf, type DType, type TypedArray } from "../base/dtype.js";
import { checkRoom, SMALL_BYTES } from "../base/room.js";
import type { Engine, EngineBuffer } from "../engine/engine.js";
import { currentEngine } from "../engine/select.js";
import { hostArray } from "./host-array.js";
import { type Batch, fetched, moved, noRoom } from "./moved.js";
import { blockGiven, blockTaken, cameBack, letGone, type Mortal, moveAll } from "./on-engine.js";

/** The engine's block behind a storage. */
interface Slot {
  engine: Engine;
  buffer: EngineBuffer;
}

/** What was computed from a storage's content, and is of no use once that changes or goes. */
export interface Derived {
  drop(): void;
}

/** Counts the writes into storages, so that a graph can tell what was written after it was recorded. */
export const writeClock = { now: 0 };
const NOT_CLONEABLE = Symbol("a Tensor: clone its data() and shape; it");

/** After this many uploads of the same data, it stays on the engine. */
const UPLOADS_BEFORE_RESIDENT = 3;

/** Where blocks are now. */
let engineOfBlocks: Engine | null = null;

/**
 * Elements that tensors view. They live in an engine buffer, in a JavaScript array, or in both with equal content.
 * What may be garbage moves to JavaScript memory (`on-engine.ts`), where the collector minds it; it comes back to the engine when a
 * kernel asks for it.
 */
export class Storage {
  /** A symbol cannot be cloned: `structuredClone` would give an object without methods, and so throws this. */
  readonly notCloneable: symbol = NOT_CLONEABLE;
  readonly dtype: DType;
  readonly length: number;
  readonly bytes: number;
  /** Tensors that view this storage and were not disposed of. */
  refs = 0;
  /** Graphs not yet walked that need it on the engine. */
  holds = 0;
  /** Boundaries passed since it was made, uploaded or let go by its graph. */
  age = 0;
  /** When it was last written in place, by `writeClock`; 0 for never. */
  writtenAt = 0;
  /** What wrote it then, for errors: `SGD.step()`. */
  writtenBy = "";
  /** What a module calls it, for errors; "" where none has told. */
  name = "";
  /** @see Mortal */
  noted = false;
  /** @see Mortal */
  weakly: WeakRef<Mortal> | null = null;
  #slot: Slot | null = null;
  #host: TypedArray | null;
  /** Whether the content came from JavaScript, so that `#host` stays true beside the block. */
  #hostFirst: boolean;
  #resident = false;
  /** Set while it is in JavaScript memory although something may need it on the engine. */
  #moved: Batch | null = null;
  /** Since its graph held it: also when it was fetched since. */
  #wasMoved = false;
  #uploads = 0;
  #derived: Set<WeakRef<Derived>> | null = null;

  /** @param host the content, kept and not copied; without it the content is undefined until a kernel writes it */
  constructor(dtype: DType, length: number, host: TypedArray | null = null) {
    this.dtype = dtype;
    this.length = length;
    this.bytes = bytesOf(dtype, length);
    this.#host = host;
    this.#hostFirst = host !== null;
    if (host !== null) return;
    if (this.bytes > SMALL_BYTES) checkRoom(this.bytes);
    this.#place(currentEngine());
  }

  /** The engine's block, uploaded when it is not there. */
  get buffer(): EngineBuffer {
    const engine = currentEngine();
    if (this.#slot !== null) {
      if (this.#slot.engine === engine) return this.#slot.buffer;
      this.#toHost();
    }
    return this.#upload(engine).buffer;
  }

  /**
   * Must be called before a kernel writes in place.
   * @param by  what writes, for errors: `SGD.step()`
   */
  beforeWrite(by: string): void {
    this.#changes(by);
    this.#toEngine();
  }

  /** Replaces elements from `offset` on, wherever the truth is. */
  overwrite(data: ArrayLike<number>, offset: number, by: string): void {
    this.#changes(by);
    if (this.#slot === null) {
      this.#host!.set(data, offset);
      this.#hostFirst = true;
      this.#uploads = 0;
      return;
    }
    this.#toEngine();
    this.#slot.engine.write(this.#slot.buffer, data, offset);
  }

  /** Whether it holds an engine block now. */
  get onEngine(): boolean {
    return this.#slot !== null;
  }

  get resident(): boolean {
    return this.#resident;
  }

  /** A copy of `length` elements from `offset` on. */
  read(offset: number, length: number): TypedArray {
    if (this.#host !== null) return this.#host.slice(offset, offset + length);
    const { engine, buffer } = this.#slot!;
    return engine.readSync(buffer, offset, length);
  }

  /** A copy of `length` elements from `offset` on, for engines that cannot read at once. */
  async readAsync(offset: number, length: number): Promise<TypedArray> {
    if (this.#host !== null) return this.#host.slice(offset, offset + length);
    const { engine, buffer } = this.#slot!;
    return engine.read(buffer, offset, length);
  }

  /** Keeps it on the engine while it is in use: parameters, gradients, optimiser state. */
  makeResident(): void {
    if (this.#resident) return;
    if (this.#slot !== null) blockGiven(this);
    this.#resident = true;
    if (this.#slot !== null) blockTaken(this);
    this.#toEngine();
  }

  /** One graph less needs it. With the last one it is loose. */
  letGo(): void {
    if (--this.holds > 0) return;
    this.age = 0;
    letGone(this, this.#wasMoved);
    this.#wasMoved = false;
    if (!this.#resident) this.#isFetched();
  }

  /** Moves the content to JavaScript memory and frees the block. @throws OutOfMemoryError when there is no room, and nothing has changed */
  evict(): void {
    if (this.#slot === null) return;
    this.#toHost();
    if (this.holds === 0 && !this.#resident) return;
    this.#wasMoved = true;
    this.#moved = moved(this.bytes);
  }

  /** @see Mortal */
  freeing(): () => void {
    const { engine, buffer } = this.#slot!;
    return () => engine.free(buffer);
  }

  /** Has `derived` dropped whenever the content changes or goes, without keeping it alive. */
  dropOnChange(derived: WeakRef<Derived>): void {
    this.#derived ??= new Set();
    for (const other of this.#derived) if (other.deref() === undefined) this.#derived.delete(other);
    this.#derived.add(derived);
  }

  /** Frees everything; the storage cannot be read afterwards. */
  release(): void {
    this.#dropDerived();
    this.#drop();
    this.#isFetched();
    this.#host = null;
  }

  #changes(by: string): void {
    this.writtenAt = ++writeClock.now;
    this.writtenBy = by;
    this.#dropDerived();
  }

  #dropDerived(): void {
    if (this.#derived !== null) for (const derived of this.#derived) derived.deref()?.drop();
  }

  /** The engine's block is the truth from now on, and not the JavaScript copy. */
  #toEngine(): void {
    void this.buffer;
    this.#host = null;
    this.#hostFirst = false;
  }

  #upload(engine: Engine): Slot {
    if (++this.#uploads >= UPLOADS_BEFORE_RESIDENT) this.#resident = true;
    const slot = this.#place(engine);
    engine.write(slot.buffer, this.#host!);
    if (this.#moved !== null && this.#resident) cameBack(this);
    this.#isFetched();
    // A kernel may be about to write: only what came from JavaScript, and is read from then on, keeps its copy.
    if (!this.#hostFirst || this.#resident) this.#host = null;
    return slot;
  }

  #isFetched(): void {
    if (this.#moved !== null) fetched(this.#moved, this.bytes);
    this.#moved = null;
  }

  #place(engine: Engine): Slot {
    if (engine !== engineOfBlocks) {
      moveAll();
      engineOfBlocks = engine;
    }
    this.#slot = { engine, buffer: engine.alloc(this.dtype, this.length) };
    blockTaken(this);
    return this.#slot;
  }

  #toHost(): void {
    if (this.#slot === null) return;
    const { engine, buffer } = this.#slot;
    this.#host ??= engine.readSync(buffer, 0, this.length, roomFor(this.dtype, this.length));
    this.#drop();
  }

  #drop(): void {
    if (this.#slot === null) return;
    const { engine, buffer } = this.#slot;
    this.#slot = null;
    blockGiven(this);
    engine.free(buffer);
  }
}

function roomFor(dtype: DType, length: number): TypedArray {
  try {
    return hostArray(dtype, length);
  } catch (cause) {
    throw noRoom(`no memory for ${length} more elements of ${dtype}`, { cause });
  }
}
