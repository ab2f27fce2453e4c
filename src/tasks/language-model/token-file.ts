import type { TokenSource } from "../../data/index.js";
import { openScratch, type ScratchFile } from "../../io/scratch.js";

/** Token ids on the disk, each in as many bytes as the largest of them needs. */
export class TokenFile {
  length = 0;
  readonly #file: ScratchFile = openScratch();
  readonly #Ids: typeof Uint8Array | typeof Uint16Array | typeof Int32Array;

  /** @param size  of the vocabulary: ids are below it */
  constructor(size: number) {
    this.#Ids = size <= 2 ** 8 ? Uint8Array : size <= 2 ** 16 ? Uint16Array : Int32Array;
  }

  append(ids: Int32Array): void {
    const { buffer, byteOffset, byteLength } = new this.#Ids(ids);
    this.#file.append(new Uint8Array(buffer, byteOffset, byteLength));
    this.length += ids.length;
  }

  /** What lies between the places of each pair, one behind the other. */
  part(spans: readonly (readonly [from: number, to: number])[]): TokenSource {
    const length = spans.reduce((sum, [from, to]) => sum + to - from, 0);
    return {
      length,
      read: (from, into) => {
        let [before, done] = [0, 0];
        for (const [start, end] of spans) {
          const at = from + done - before;
          const count = Math.min(end - start - at, into.length - done);
          if (count > 0) {
            this.#read(start + at, into.subarray(done, done + count));
            done += count;
          }
          before += end - start;
        }
      },
    };
  }

  close(): void {
    this.#file.close();
  }

  #read(at: number, into: Int32Array): void {
    const ids = new this.#Ids(into.length);
    this.#file.read(at * ids.BYTES_PER_ELEMENT, new Uint8Array(ids.buffer));
    into.set(ids);
  }
}
