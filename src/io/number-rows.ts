import { openScratch, type ScratchFile } from "./scratch.js";

const NUMBER = 8;
/** Numbers that wait to be written, and that are read at once where rows come in their order. */
const BLOCK = 2 ** 15;

/** Rows of as many numbers each, on a scratch file: written one behind the other, then read from any of them on. */
export class NumberRows {
  /** Rows. */
  length = 0;
  readonly width: number;
  readonly #file: ScratchFile = openScratch();
  readonly #buffer: Float64Array;
  #used = 0;

  constructor(width: number) {
    this.width = width;
    this.#buffer = new Float64Array(Math.max(width, BLOCK - (BLOCK % width)));
  }

  /** @param from  where the row begins in `numbers` */
  append(numbers: ArrayLike<number>, from = 0): void {
    if (this.#used === this.#buffer.length) this.flush();
    for (let i = 0; i < this.width; i++) this.#buffer[this.#used + i] = numbers[from + i]!;
    this.#used += this.width;
    this.length++;
  }

  /** After it, all that was appended can be read. */
  flush(): void {
    this.#file.append(new Uint8Array(this.#buffer.buffer, 0, NUMBER * this.#used));
    this.#used = 0;
  }

  /** Rows from one on, one behind the other. */
  read(from: number, count: number): Float64Array {
    const rows = new Float64Array(this.width * count);
    this.#file.read(NUMBER * this.width * from, new Uint8Array(rows.buffer));
    return rows;
  }

  /** Rows in their order, as many at once as are few in memory. */
  *blocks(from = 0, to = this.length): Generator<Float64Array, void, undefined> {
    const most = this.#buffer.length / this.width;
    for (let at = from; at < to; at += most) yield this.read(at, Math.min(most, to - at));
  }

  close(): void {
    this.#file.close();
  }
}
