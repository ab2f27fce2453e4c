import { NumberFile } from "./number-file.js";
import { opening, openScratch, type ScratchFile } from "./scratch.js";

/** Numbers, and bytes whose meaning their writer knows. */
export interface StoredRecord {
  numbers: Float64Array;
  bytes: Uint8Array;
}

const BUFFER = 2 ** 20;
/** How many numbers, and how many bytes. */
const HEAD = 8;
const NUMBER = 8;

/** Records on a scratch file, one behind the other: written once, then read in their order or at their places. */
export class RecordFile implements Iterable<StoredRecord> {
  /** Records. */
  length = 0;
  readonly #file: ScratchFile;
  /** Where each record begins. */
  readonly #places: NumberFile;
  readonly #buffer = new Uint8Array(BUFFER);
  readonly #view = new DataView(this.#buffer.buffer);
  #used = 0;

  /** @throws FileError where no file can be had */
  constructor() {
    [this.#file, this.#places] = opening((keep) => [keep(openScratch()), keep(new NumberFile())] as const);
  }

  append(numbers: ArrayLike<number>, bytes: Uint8Array): void {
    const head = HEAD + NUMBER * numbers.length;
    if (this.#used + head + bytes.length > BUFFER) this.flush();
    this.#places.append(this.#file.size + this.#used);
    this.length++;
    const at = this.#used;
    const isLarge = head + bytes.length > BUFFER;
    const [view, whole] = isLarge ? viewOf(new Uint8Array(head)) : [this.#view, this.#buffer];
    const start = isLarge ? 0 : at;
    view.setUint32(start, numbers.length);
    view.setUint32(start + 4, bytes.length);
    for (let i = 0; i < numbers.length; i++) view.setFloat64(start + HEAD + NUMBER * i, numbers[i]);
    if (isLarge) {
      this.#file.append(whole);
      this.#file.append(bytes);
      return;
    }
    whole.set(bytes, start + head);
    this.#used += head + bytes.length;
  }

  /** After it, all that was appended can be read. */
  flush(): void {
    this.#file.append(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
    this.#places.flush();
  }

  /** Where each record begins, and the end of the last. */
  places(): Float64Array {
    const places = this.#places.read(new Float64Array(this.length + 1));
    places[this.length] = this.#file.size;
    return places;
  }

  /** The record between two places. */
  read(from: number, to: number): StoredRecord {
    const bytes = new Uint8Array(to - from);
    this.#file.read(from, bytes);
    return recordIn(bytes, 0).record;
  }

  *[Symbol.iterator](): Generator<StoredRecord, void, undefined> {
    let block = new Uint8Array(0);
    // Of the file: where the block begins, and within it the next record.
    let [start, at] = [0, 0];
    const fill = (needed: number): void => {
      if (block.length - at >= needed) return;
      start += at;
      at = 0;
      block = new Uint8Array(Math.min(Math.max(needed, BUFFER), this.#file.size - start));
      this.#file.read(start, block);
    };
    for (let i = 0; i < this.length; i++) {
      fill(HEAD);
      fill(sizeIn(block, at));
      const { record, end } = recordIn(block, at);
      at = end;
      yield record;
    }
  }

  close(): void {
    this.#file.close();
    this.#places.close();
  }
}

function viewOf(bytes: Uint8Array): [DataView, Uint8Array] {
  return [new DataView(bytes.buffer, bytes.byteOffset, bytes.length), bytes];
}

function sizeIn(bytes: Uint8Array, at: number): number {
  const [view] = viewOf(bytes);
  return HEAD + NUMBER * view.getUint32(at) + view.getUint32(at + 4);
}

/** The bytes are a part of those given. */
function recordIn(bytes: Uint8Array, at: number): { record: StoredRecord; end: number } {
  const [view] = viewOf(bytes);
  const numbers = new Float64Array(view.getUint32(at));
  for (let i = 0; i < numbers.length; i++) numbers[i] = view.getFloat64(at + HEAD + NUMBER * i);
  const start = at + HEAD + NUMBER * numbers.length;
  const end = start + view.getUint32(at + 4);
  return { record: { numbers, bytes: bytes.subarray(start, end) }, end };
}
