import { BYTES_PER_ELEMENT, bytesOf, type DType, type TypedArray, typedView } from "../../base/dtype.js";
import type { EngineBuffer, Operand } from "../engine.js";
import { hasSharedMemory, type Loaded, type LoadOptions, load, mayWait } from "./loader.js";
import { isForThreads } from "./marks.js";
import { Allocator } from "./memory.js";
import { Pool } from "./pool.js";
import type { Blas } from "./sgemm.js";
import type { WasmModule } from "./webassembly.js";

/**
 * Where arguments are written, and the first byte of the allocator's. Below lie the control block, zeros that stay zero (512),
 * the constants of vector math (640, see assembly/constants.ts), partial sums (4096, see reductions.ts), 64 bytes a thread for
 * broadcasting (32768, see elementwise.ts) and a small tile for each thread (from 65536 on, see assembly/gemm.ts).
 */
const ARGS = 1024;
const HEAP = 131072;
/** Work, in floats touched or multiply-adds, below which sharing costs more than it saves. */
const WORTH_SHARING = 60_000;

export interface CoreOptions extends LoadOptions {
  threads?: number | undefined;
  /** Work (see `Core.parts`) from which threads help. Tests set 0. */
  worthSharing?: number | undefined;
  /** Makes the products, where there is one. */
  blas?: Blas | undefined;
}

/** A block in WASM memory. */
export class WasmBuffer implements EngineBuffer {
  readonly dtype: DType;
  readonly length: number;
  /** In bytes. */
  readonly address: number;
  /** Whose it is. */
  readonly allocator: Allocator;
  freed = false;
  #view: TypedArray | null = null;

  constructor(dtype: DType, length: number, allocator: Allocator) {
    this.dtype = dtype;
    this.length = length;
    this.allocator = allocator;
    this.address = allocator.alloc(bytesOf(dtype, length));
  }

  /** The block as a typed array, made again when growth has moved memory. */
  view(memory: ArrayBufferLike): TypedArray {
    if (this.#view === null || this.#view.buffer !== memory) {
      this.#view = typedView(this.dtype, memory, this.address, this.length);
    }
    return this.#view;
  }
}

/**
 * What every kernel's caller needs: memory, an argument block, scratch, and a way to run an op on one thread or many.
 *
 *   core.i32[core.args + 0] = core.address(x);      // word 0
 *   core.f32[core.args + 1] = alpha;                // word 1
 *   core.launch(OP_SOMETHING, core.parts(length));
 *
 * `alloc` and `scratch` may replace the views, so call them before `core.i32` is read into a variable.
 */
export class Core {
  readonly loaded: Loaded;
  readonly allocator: Allocator;
  readonly threads: number;
  /** Weights of a head from which on it is taken by blocks of the vocabulary: the second-level cache holds them twice. The check sets 0. */
  blocksFrom = 65536;
  /** Gradients of its logits in memory at once, in floats: a chunk of rows which then meet x again in dHead. Tests set less. */
  headChunk = 8_000_000;
  readonly pool: Pool | null;
  readonly blas: Blas | null;
  /** Why there is one thread although more were asked for. */
  readonly #alone: string | undefined;
  readonly #worthSharing: number;
  /** The first argument, as an index into `i32` and `f32`. */
  readonly args = ARGS >> 2;
  i32!: Int32Array;
  f32!: Float32Array;
  f64!: Float64Array;
  readonly #scratch = new Map<string, { at: number; bytes: number }>();

  constructor(options: CoreOptions = {}) {
    const asked = options.threads ?? 1;
    this.#alone = asked > 1 ? whyAlone(options.module) : undefined;
    const wanted = this.#alone === undefined ? asked : 1;
    this.blas = options.blas ?? null;
    const shared = options.shared ?? (wanted > 1 || (this.blas !== null && mayMoveMemory()));
    this.loaded = load({ ...options, shared });
    this.threads = this.loaded.shared ? wanted : 1;
    this.pool = this.threads > 1 ? new Pool(this.loaded, this.threads - 1) : null;
    this.#worthSharing = options.worthSharing ?? WORTH_SHARING;
    this.allocator = new Allocator(this.loaded.memory, HEAP);
    this.allocator.onGrow = () => this.#refresh();
    this.#refresh();
  }

  /** Why there is one thread although more were asked for; undefined while that is not so. */
  get oneThreadBecause(): string | undefined {
    return this.#alone ?? this.pool?.trouble;
  }

  get memory(): ArrayBufferLike {
    return this.i32.buffer;
  }

  /** The byte address of an operand's first element. */
  address(x: Operand): number {
    const { address, dtype } = x.buffer as WasmBuffer;
    return address + x.offset * BYTES_PER_ELEMENT[dtype];
  }

  /** Pieces to cut `work` (floats touched, multiply-adds) into: one when it is small, else one a thread. */
  parts(work: number): number {
    return work < this.#worthSharing || this.pool === null || this.pool.broken ? 1 : this.threads;
  }

  /** Runs parts 0 to parts-1 of `op` with the arguments written so far. At most 65,535 parts. */
  launch(op: number, parts = 1): void {
    if (parts === 1) this.loaded.kernels.run(op, ARGS, 0, 1);
    else if (this.pool === null || this.pool.broken) this.#runAlone(op, parts);
    else this.pool.launch(op, ARGS, parts);
  }

  /** The address of at least `bytes` of memory that lives as long as the engine; one block a name, grown as needed. */
  scratch(name: string, bytes: number): number {
    const block = this.#scratch.get(name);
    if (block !== undefined && block.bytes >= bytes) return block.at;
    if (block !== undefined) this.allocator.free(block.at);
    this.#scratch.delete(name);
    const at = this.allocator.alloc(bytes);
    this.#scratch.set(name, { at, bytes });
    return at;
  }

  close(): void {
    this.pool?.close();
  }

  #runAlone(op: number, parts: number): void {
    for (let part = 0; part < parts; part++) this.loaded.kernels.run(op, ARGS, part, parts);
  }

  #refresh(): void {
    const { buffer } = this.loaded.memory;
    this.i32 = new Int32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }
}

/** Whether growth may move a memory that is not shared, and so leave a BLAS with an old address: in Bun it does, in V8 it does not. */
function mayMoveMemory(): boolean {
  return globalThis.process?.versions?.["bun"] !== undefined;
}

function whyAlone(given: WasmModule | undefined): string | undefined {
  if (!hasSharedMemory()) {
    return "memory cannot be shared here: a page must be cross-origin isolated, by its headers Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy";
  }
  if (!mayWait()) return "the main thread of a page may not wait: train in a Worker";
  return given === undefined || isForThreads(given) ? undefined : "the kernels that were given are for one thread";
}
