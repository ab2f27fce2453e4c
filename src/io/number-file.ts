import { openScratch, type ScratchFile } from "./scratch.js";

const NUMBER = 8;
/** Numbers that wait in memory at most. */
const WAITING = 2 ** 16;

/** Numbers on a scratch file: written one by one, read all at once. */
export class NumberFile {
  length = 0;
  readonly #file: ScratchFile = openScratch();
  #new: number[] = [];

  append(value: number): void {
    this.#new.push(value);
    this.length++;
    if (this.#new.length === WAITING) this.flush();
  }

  /** After it, all that was appended lies on the file. */
  flush(): void {
    const numbers = Float64Array.from(this.#new);
    this.#new = [];
    this.#file.append(new Uint8Array(numbers.buffer));
  }

  /** Into the first places of an array that has some more. */
  read(into: Float64Array): Float64Array {
    this.#file.read(0, new Uint8Array(into.buffer, into.byteOffset, NUMBER * this.length));
    return into;
  }

  close(): void {
    this.#file.close();
  }
}
