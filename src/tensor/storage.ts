import { BYTES_PER_ELEMENT, type DType, type TypedArray } from "../base/dtype.js";
import { checkRoom, SMALL_BYTES } from "../base/room.js";
import type { Engine, EngineBuffer } from "../engine/engine.js";
import { currentEngine } from "../engine/select.js";
import { hostArray } from "./host-array.js";
import { noteStorage } from "./lifetime.js";

/** The engine's block behind a storage; it outlives the storage only until the finalizer frees it. */
interface Slot {
  engine: Engine;
  buffer: EngineBuffer;
}

/** What was computed from a storage's content, and is of no use once that changes or goes. */
export interface Derived {
  drop(): void;
}

const NOT_CLONEABLE = Symbol("a Tensor: clone its data() and shape; it");

/** After this many uploads of the same data, it stays on the engine. */
const UPLOADS_BEFORE_RESIDENT = 3;

const finalizer = new FinalizationRegistry<Slot>(({ engine, buffer }) => engine.free(buffer));

/**
 * Elements that tensors view. They live in an engine buffer, in a JavaScript array, or in both with equal content.
 * What no graph, parameter or optimiser needs moves to JavaScript memory at the next boundary (`lifetime.ts`), where
 * the garbage collector minds it; it comes back to the engine when a kernel asks for it.
 */
export class Storage {
  readonly dtype: DType;
  readonly length: number;
  /** Tensors that view this storage and were not disposed of. */
  refs = 0;
  /** Graphs not yet walked that need it on the engine. */
  holds = 0;
  /** Boundaries passed since it was made, uploaded or let go by its graph. */
  age = 0;
  /** How often it was written in place. */
  writes = 0;
  /** Whether the list of recent storages already has it. */
  noted = false;
  /** A symbol cannot be cloned: `structuredClone` would give an object without methods, and so throws this. */
  readonly notCloneable: symbol = NOT_CLONEABLE;
  #slot: Slot | null = null;
  #host: TypedArray | null;
  /** Whether the content came from JavaScript, so that `#host` stays true beside the block. */
  #hostFirst: boolean;
  #resident = false;
  #guarded = false;
  #uploads = 0;
  #derived: Set<WeakRef<Derived>> | null = null;

  /** @param host the content, kept and not copied; without it the content is undefined until a kernel writes it */
  constructor(dtype: DType, length: number, host: TypedArray | null = null) {
    this.dtype = dtype;
    this.length = length;
    this.#host = host;
    this.#hostFirst = host !== null;
    if (host !== null) return;
    const bytes = length * BYTES_PER_ELEMENT[dtype];
    if (!(bytes <= SMALL_BYTES)) checkRoom(bytes);
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

  /** Must be called before a kernel writes in place: the JavaScript copy is no longer the truth. */
  beforeWrite(): void {
    this.#changes();
    void this.buffer;
    this.#host = null;
    this.#hostFirst = false;
  }

  /** Replaces elements from `offset` on, wherever the truth is. */
  overwrite(data: ArrayLike<number>, offset: number): void {
    this.#changes();
    if (this.#slot === null) {
      this.#host!.set(data, offset);
      this.#hostFirst = true;
      this.#uploads = 0;
      return;
    }
    this.beforeWrite();
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

  /** The same for engines that cannot read at once. */
  async readAsync(offset: number, length: number): Promise<TypedArray> {
    if (this.#host !== null) return this.#host.slice(offset, offset + length);
    const { engine, buffer } = this.#slot!;
    return engine.read(buffer, offset, length);
  }

  /** Keeps it on the engine until it is disposed of or unreachable: parameters, gradients, optimiser state. */
  makeResident(): void {
    if (this.#resident) return;
    this.#resident = true;
    this.beforeWrite();
    this.guard();
  }

  /** One graph less needs it. With the last one it is loose. */
  letGo(): void {
    if (--this.holds > 0) return;
    this.age = 0;
    if (!this.noted && this.#slot !== null && !this.#resident) noteStorage(this);
  }

  /** Has the finalizer free the block should this storage become unreachable. */
  guard(): void {
    if (this.#guarded || this.#slot === null) return;
    this.#guarded = true;
    finalizer.register(this, this.#slot, this);
  }

  /** Moves the content to JavaScript memory and frees the block. */
  evict(): void {
    if (!this.#resident) this.#toHost();
  }

  /** Has `derived` dropped whenever the content changes or goes, without keeping it alive. */
  dropOnChange(derived: WeakRef<Derived>): void {
    this.#derived ??= new Set();
    for (const other of this.#derived) if (other.deref() === undefined) this.#derived.delete(other);
    this.#derived.add(derived);
  }

  /** Frees everything; the storage cannot be read afterwards. */
  release(): void {
    this.#changes();
    this.#drop();
    this.#host = null;
  }

  #changes(): void {
    this.writes++;
    if (this.#derived !== null) for (const derived of this.#derived) derived.deref()?.drop();
  }

  #upload(engine: Engine): Slot {
    const slot = this.#place(engine);
    engine.write(slot.buffer, this.#host!);
    if (++this.#uploads >= UPLOADS_BEFORE_RESIDENT) this.#resident = true;
    if (this.#resident) this.guard();
    // A kernel may be about to write: only what came from JavaScript, and is read from then on, keeps its copy.
    if (!this.#hostFirst || this.#resident) this.#host = null;
    return slot;
  }

  #place(engine: Engine): Slot {
    this.#slot = { engine, buffer: engine.alloc(this.dtype, this.length) };
    this.age = 0;
    if (!this.noted) noteStorage(this);
    return this.#slot;
  }

  #toHost(): void {
    if (this.#slot === null) return;
    const { engine, buffer } = this.#slot;
    this.#host ??= engine.readSync(buffer, 0, this.length, hostArray(this.dtype, this.length));
    this.#drop();
  }

  #drop(): void {
    if (this.#slot === null) return;
    const { engine, buffer } = this.#slot;
    this.#slot = null;
    if (this.#guarded) finalizer.unregister(this);
    this.#guarded = false;
    engine.free(buffer);
  }
}
