import { checkNonNegativeInteger } from "../../base/check.js";
import { NO_GRAD, OptionError, show, UnsupportedError } from "../../base/errors.js";
import type { WasmMemory } from "./webassembly.js";

const PAGE = 65536;
/** Blocks start on a cache line; this is also the smallest block. */
const ALIGN = 64;
/** Blocks given out between two joins, at least, while memory may grow instead: some steps of training. */
const JOIN_INTERVAL = 1024;
/** Wasm memory ends here. */
const MOST_PAGES = 65536;

/**
 * Which blocks of one `WebAssembly.Memory` are in use. All bookkeeping is in JavaScript, so a stray kernel cannot hurt it.
 *
 * Freed blocks go to a stack for their exact size, which makes the same sizes step after step cost two map look-ups. Only when
 * nothing fits are the stacks emptied into an address-ordered list, neighbours joined and the best fit cut; only then does memory grow,
 * or instead when joining has become a habit.
 */
export class Allocator {
  readonly memory: WasmMemory;
  /** Called after the memory has grown, when old views may be detached. */
  onGrow: () => void = () => {};
  /** Bytes in use, after rounding up to whole blocks. */
  bytes = 0;
  /** Blocks in use. */
  blocks = 0;
  /** How often free blocks were joined. */
  joins = 0;
  readonly #quick = new Map<number, number[]>();
  /** By address; negative for blocks in the stacks, which keep their entries: a map that loses some is made anew again and again. */
  readonly #sizes = new Map<number, number>();
  /** Joined free blocks in order of address. */
  #free: { at: number; size: number }[] = [];
  #top: number;
  /** Blocks given out, ever; and how many when free ones were joined last. */
  #blocksGiven = 0;
  #lastJoin = Number.NEGATIVE_INFINITY;
  /** Most bytes in use at once so far. */
  #peak = 0;
  /** A line short of memory's own end: vector loads may reach past a block. */
  #end: number;

  /** @param from the first byte that may be given out */
  constructor(memory: WasmMemory, from: number) {
    this.memory = memory;
    this.#top = roundUp(from);
    this.#end = memory.buffer.byteLength - ALIGN;
  }

  /** Bytes taken from the system. */
  get reserved(): number {
    return this.memory.buffer.byteLength;
  }

  /**
   * The address of a block of at least `bytes`, on a multiple of 64.
   * @throws OptionError for what is no count, UnsupportedError where memory ends; nothing has changed then
   */
  alloc(bytes: number): number {
    checkNonNegativeInteger("alloc", "bytes", bytes);
    const size = roundUp(Math.max(bytes, 1));
    const at = this.#quick.get(size)?.pop() ?? this.#slow(size);
    this.#sizes.set(at, size);
    this.bytes += size;
    this.blocks++;
    this.#blocksGiven++;
    if (this.bytes > this.#peak) this.#peak = this.bytes;
    return at;
  }

  /** @throws OptionError unless a block that is in use begins there */
  free(at: number): void {
    const size = this.#sizes.get(at);
    if (size === undefined || size < 0) {
      const must = "be the address of a block in use";
      throw new OptionError({ op: "free", argument: "address", must, value: show(at) });
    }
    this.#sizes.set(at, -size);
    this.bytes -= size;
    this.blocks--;
    const stack = this.#quick.get(size);
    if (stack) stack.push(at);
    else this.#quick.set(size, [at]);
  }

  #slow(size: number): number {
    const room = this.#take(size) ?? this.#bestFit(size);
    if (room !== undefined) return room;
    // Joining breaks up what the next step will ask for again: where memory is just enough, it would come back at every step.
    const soon = this.#blocksGiven - this.#lastJoin < JOIN_INTERVAL;
    if (!(soon && this.#mayWiden(size))) {
      this.#join();
      const fit = this.#bestFit(size);
      if (fit !== undefined) return fit;
      this.#grow(size);
    }
    return this.#take(size)!;
  }

  /** Grows although joining might do, up to half as much again as was ever in use. */
  #mayWiden(size: number): boolean {
    const pages = this.#pagesFor(size, 1);
    if (pages < this.#pagesNeeded(size)) return false;
    if ((pages * PAGE + this.reserved) / 1.5 > this.#peak || !this.#tryGrow(pages)) return false;
    this.#grown();
    return true;
  }

  /** From the untouched end of memory. */
  #take(size: number): number | undefined {
    if (this.#top + size > this.#end) return undefined;
    const at = this.#top;
    this.#top += size;
    return at;
  }

  /** Empties the stacks into the ordered list, joins neighbours, and gives the last block back to the end. */
  #join(): void {
    this.#lastJoin = this.#blocksGiven;
    this.joins++;
    const all = this.#free;
    for (const [size, stack] of this.#quick) {
      for (const at of stack) {
        this.#sizes.delete(at);
        all.push({ at, size });
      }
    }
    this.#quick.clear();
    all.sort((a, b) => a.at - b.at);
    const joined: { at: number; size: number }[] = [];
    for (const block of all) {
      const last = joined.at(-1);
      if (last !== undefined && last.at + last.size === block.at) last.size += block.size;
      else joined.push({ ...block });
    }
    const last = joined.at(-1);
    if (last !== undefined && last.at + last.size === this.#top) {
      this.#top = last.at;
      joined.pop();
    }
    this.#free = joined;
  }

  #bestFit(size: number): number | undefined {
    let best = -1;
    for (let i = 0; i < this.#free.length; i++) {
      const room = this.#free[i].size;
      if (room >= size && (best < 0 || room < this.#free[best].size)) best = i;
    }
    if (best < 0) return this.#take(size);
    const block = this.#free[best];
    const at = block.at;
    block.at += size;
    block.size -= size;
    if (block.size === 0) this.#free.splice(best, 1);
    return at;
  }

  /** By an eighth of what there is at least, so that growth is rare. */
  #grow(size: number): void {
    const need = this.#pagesNeeded(size);
    const pages = this.memory.buffer.byteLength / PAGE;
    const wanted = this.#pagesFor(size, 16);
    if (need > MOST_PAGES - pages || !(this.#tryGrow(wanted) || this.#tryGrow(need))) {
      throw new UnsupportedError({
        op: "alloc",
        argument: "memory",
        must: "have room for the block (WebAssembly memory ends at 4 GiB)",
        value: `a request for ${size} bytes with ${this.bytes} bytes in use`,
        fix: NO_GRAD,
      });
    }
    this.#grown();
  }

  #pagesNeeded(size: number): number {
    return Math.ceil((this.#top + size - this.#end) / PAGE);
  }

  /** As many as are needed and more, up to memory's end: there, perhaps too few. */
  #pagesFor(size: number, least: number): number {
    const need = this.#pagesNeeded(size);
    const pages = this.memory.buffer.byteLength / PAGE;
    return Math.min(Math.max(need, pages >> 3, least), MOST_PAGES - pages);
  }

  #grown(): void {
    this.#end = this.memory.buffer.byteLength - ALIGN;
    this.onGrow();
  }

  #tryGrow(pages: number): boolean {
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGN) * ALIGN;
}
