import type { Refuse } from "./fault.js";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const latin1 = new TextDecoder("latin1");

/** The bytes of a pickle, from the first to the last. Nothing is read beyond the end, whatever a length says. */
export class PickleBytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #refuse: Refuse;
  /** Of the next byte. */
  at: number;

  constructor(bytes: Uint8Array, at: number, refuse: Refuse) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#refuse = refuse;
    this.at = at;
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  #take(length: number): number {
    if (length > this.left) {
      const value = `${length} more bytes from byte ${this.at} on, of ${this.#bytes.length} in all`;
      this.#refuse("be whole", value, { fix: "The file is truncated, or damaged." });
    }
    const from = this.at;
    this.at += length;
    return from;
  }

  u8(): number {
    return this.#bytes[this.#take(1)];
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }
  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  /** Of a length: what no file can have is as good as infinite. */
  u64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }
  f64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  slice(length: number): Uint8Array {
    const from = this.#take(length);
    return this.#bytes.subarray(from, from + length);
  }

  utf8(length: number): string {
    const bytes = this.slice(length);
    try {
      return utf8.decode(bytes);
    } catch {
      // What Python writes for lone surrogates; no name of a tensor has them.
      return this.#refuse("hold texts in UTF-8", `${length} bytes that are none, before byte ${this.at}`);
    }
  }

  latin1(length: number): string {
    return latin1.decode(this.slice(length));
  }

  /** To the end of the line, which is read too. */
  line(most: number): string {
    const end = this.#bytes.subarray(this.at, this.at + most + 1).indexOf(10);
    if (end < 0) this.#refuse(`end a line within ${most} bytes`, `none at byte ${this.at}`);
    const text = this.latin1(end);
    this.at++;
    return text;
  }

  /** In two's complement, the lowest byte first. */
  long(length: number): number | bigint {
    if (length > MOST_LONG) this.#refuse(`hold integers of at most ${MOST_LONG} bytes`, `one of ${length}`);
    const bytes = this.slice(length);
    let digits = "0x0";
    for (let i = length - 1; i >= 0; i--) digits += HEX[bytes[i]];
    let value = BigInt(digits);
    if (length > 0 && bytes[length - 1] >= 128) value -= 1n << BigInt(8 * length);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Longer ones take longer than they are worth: nothing about a tensor is counted in them. */
const MOST_LONG = 256;
