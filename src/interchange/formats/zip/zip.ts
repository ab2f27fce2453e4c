import { FormatError, show } from "../../../base/errors.js";
import { crc32 } from "../crc.js";
import { type Listed, listEntries } from "./directory.js";
import { inflate } from "./inflate.js";

/** What deflate can make of a byte: 258 bytes for two bits. */
const MOST_GROWTH = 1032;
/** What may be unpacked of a file, in its own size, and besides. Weights do not shrink to a quarter. */
const MOST_TIMES = 4;
const MOST_BESIDES = 2 ** 26;

/** A file in an archive. */
export class ZipEntry {
  readonly name: string;
  readonly size: number;
  readonly #op: string;
  readonly #listed: Listed;
  readonly #archive: Uint8Array;
  readonly #source: string;

  constructor(op: string, archive: Uint8Array, listed: Listed, source: string) {
    this.#op = op;
    this.name = listed.name;
    this.size = listed.size;
    this.#listed = listed;
    this.#archive = archive;
    this.#source = source;
  }

  get isPacked(): boolean {
    return this.#listed.deflated;
  }

  /** A view of the archive where the file is stored as it is; else unpacked, anew each time. @throws FormatError */
  bytes(): Uint8Array {
    if (!this.#listed.deflated) return this.#packed();
    const out = new Uint8Array(this.size);
    let at = 0;
    this.#inflate((piece) => {
      out.set(piece, at);
      at += piece.length;
    });
    return out;
  }

  /** The first bytes, without unpacking more than it takes. */
  head(most: number): Uint8Array {
    if (!this.#listed.deflated) return this.#packed().subarray(0, most);
    const out = new Uint8Array(Math.min(most, this.size));
    let at = 0;
    const enough = Symbol("enough");
    try {
      this.#inflate((piece) => {
        const part = piece.subarray(0, out.length - at);
        out.set(part, at);
        at += part.length;
        if (at === out.length) throw enough;
      });
    } catch (error) {
      if (error !== enough) throw error;
    }
    return out;
  }

  /** Whether it unpacks to what the archive says, in the memory of a piece. @throws FormatError */
  check(): void {
    const { deflated, crc } = this.#listed;
    let found = 0;
    if (deflated) {
      this.#inflate((piece) => {
        found = crc32(piece, found);
      });
    } else found = crc32(this.#packed());
    const hex = (sum: number): string => `0x${sum.toString(16).padStart(8, "0")}`;
    if (found !== crc) this.#fail(`have the checksum ${hex(crc)}, as the archive says`, hex(found), DAMAGED);
  }

  #packed(): Uint8Array {
    const { begin, packed } = this.#listed;
    return this.#archive.subarray(begin, begin + packed);
  }

  #inflate(take: (piece: Uint8Array) => void): void {
    let thrown: unknown;
    const found = inflate(this.#packed(), this.size, (piece) => {
      try {
        take(piece);
      } catch (error) {
        thrown = error;
        throw error;
      }
    });
    if (thrown !== undefined) throw thrown;
    if (typeof found === "string") this.#fail("be deflated data", found, DAMAGED);
    if (found !== this.size) {
      const value = found > this.size ? "more" : `${found}`;
      this.#fail(`unpack to ${this.size} bytes, as the archive says`, value, DAMAGED);
    }
  }

  #fail(must: string, value: string, fix: string): never {
    throw new FormatError({ op: this.#op, argument: `${show(this.name)} in ${this.#source}`, must, value, fix });
  }
}

const DAMAGED = "The file is damaged.";

/** Whether it begins as an archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

/**
 * The files of an archive by their names, in the archive's order. Nothing is unpacked.
 * @throws FormatError for what is no archive, for one that is damaged, encrypted or packed otherwise than by deflate, for a name twice,
 *   for files that overlap, and for one that would unpack to much more than it takes
 * Source: PKWARE's APPNOTE.TXT, 6.3.10.
 */
export function readZip(op: string, bytes: Uint8Array, source: string): Map<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>();
  let unpacked = 0;
  for (const listed of listEntries(op, bytes, source)) {
    const { name, size, packed, deflated } = listed;
    const fail = (must: string, value: string, fix = DAMAGED): never => {
      throw new FormatError({ op, argument: `${show(name)} in ${source}`, must, value, fix });
    };
    if (entries.has(name)) fail("be the name of one file of the archive", "a second one");
    if (deflated) {
      unpacked += size;
      const most = MOST_GROWTH * (packed + 1);
      if (size > most) fail(`unpack to at most ${most} bytes, which is all that ${packed} can hold`, `${size}`);
      if (unpacked > MOST_TIMES * bytes.length + MOST_BESIDES) {
        const must = `unpack to at most ${MOST_TIMES} times the archive, which weights do not do`;
        fail(must, `${unpacked} bytes of ${bytes.length}`, "Pack it anew with zip -0.");
      }
    }
    entries.set(name, new ZipEntry(op, bytes, listed, source));
  }
  return entries;
}

/** The names of an archive's files; none where it cannot be read, which reading it says then. */
export function zipNames(bytes: Uint8Array): string[] {
  if (!isZip(bytes)) return [];
  try {
    return listEntries("read", bytes, "file").map(({ name }) => name);
  } catch {
    return [];
  }
}
