import { FormatError, show } from "../../../base/errors.js";

const [LOCAL, CENTRAL, END, END64, LOCATOR64] = [0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50];
const [MANY16, MANY32] = [0xffff, 0xffffffff];
/** More than any model has; each costs 4 KB in memory until its arrays are known, and may take a hundred bytes in the file. */
const MOST_ENTRIES = 10_000;
const MOST_NAME = 512;

const utf8 = new TextDecoder();

/** What an archive says of a file in it. */
export interface Listed {
  name: string;
  deflated: boolean;
  crc: number;
  /** Where its bytes begin in the archive, how many they are, and how many when unpacked. */
  begin: number;
  packed: number;
  size: number;
}

interface Central extends Omit<Listed, "begin"> {
  /** Of its own header. */
  at: number;
  /** Where the directory has its name, and how long it is. */
  listed: readonly [number, number];
  /** Its sizes stand after its data, and not in its own header. */
  described: boolean;
}

/** Every file of the archive, checked: where it lies, and that no two share a byte. @throws FormatError */
export function listEntries(op: string, bytes: Uint8Array, source: string): Listed[] {
  const reader = new Reader(op, bytes, source);
  const { count, begin, end } = findDirectory(reader);
  const entries = readDirectory(reader, count, begin, end);
  const places = entries.map((entry) => ({ entry, ...locate(reader, entry, begin) }));
  places.sort((a, b) => a.entry.at - b.entry.at);
  for (let i = 1; i < places.length; i++) {
    const [before, { entry }] = [places[i - 1], places[i]];
    const ends = before.data + before.entry.packed;
    if (entry.at < ends) {
      reader.fail(
        show(entry.name),
        `not overlap ${show(before.entry.name)}, which ends at byte ${ends}`,
        `${entry.at}`,
      );
    }
  }
  const begins = new Map(places.map(({ entry, data }) => [entry, data]));
  return entries.map((entry) => ({ ...entry, begin: begins.get(entry)! }));
}

/** Bytes that are only read where they are. */
class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #op: string;
  readonly #source: string;

  constructor(op: string, bytes: Uint8Array, source: string) {
    this.#op = op;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#source = source;
  }

  /** @throws FormatError where a structure of this length does not lie before `end` */
  need(what: string, at: number, length: number, end: number): void {
    if (Number.isSafeInteger(at) && at >= 0 && at + length <= end) return;
    this.fail(what, `lie before byte ${end}`, `${at} and ${length} bytes on`);
  }

  u64(at: number): number {
    const value = this.view.getBigUint64(at, true);
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Number.NaN;
  }

  text(at: number, length: number): string {
    return utf8.decode(this.bytes.subarray(at, at + length));
  }

  fail(what: string, must: string, value: string, fix = "The file is truncated, or damaged."): never {
    const argument = what === "" ? this.#source : `${what} in ${this.#source}`;
    throw new FormatError({ op: this.#op, argument, must, value, fix });
  }
}

/** Of the record at the end, behind which only a comment may stand. */
function findEnd({ bytes, view }: Reader): number {
  const first = Math.max(0, bytes.length - 22 - MANY16);
  for (let at = bytes.length - 22; at >= first; at--) {
    if (view.getUint32(at, true) === END && at + 22 + view.getUint16(at + 20, true) === bytes.length) return at;
  }
  return -1;
}

function findDirectory(reader: Reader): { count: number; begin: number; end: number } {
  const { view, bytes } = reader;
  const at = findEnd(reader);
  if (at < 0) reader.fail("", "end with the directory of a zip archive", `${bytes.length} bytes without one`);
  let [count, length, begin] = [
    view.getUint16(at + 10, true),
    view.getUint32(at + 12, true),
    view.getUint32(at + 16, true),
  ];
  let end = at;
  const has64 = at >= 20 && view.getUint32(at - 20, true) === LOCATOR64;
  if (has64) {
    const record = reader.u64(at - 12);
    reader.need("the directory's end", record, 56, at - 20);
    if (view.getUint32(record, true) !== END64) reader.fail("the directory's end", "have its signature", "another");
    [count, length, begin] = [reader.u64(record + 32), reader.u64(record + 40), reader.u64(record + 48)];
    end = record;
  } else if (count === MANY16 || length === MANY32 || begin === MANY32) {
    reader.fail("the directory's end", "be followed by its 64-bit twin", "none");
  }
  if (!(count <= MOST_ENTRIES)) reader.fail("", `hold at most ${MOST_ENTRIES} files`, `${count}`);
  reader.need("the directory", begin, Number.isNaN(length) ? Infinity : length, end);
  return { count, begin, end: begin + length };
}

function readDirectory(reader: Reader, count: number, begin: number, end: number): Central[] {
  const { view } = reader;
  const entries: Central[] = [];
  let at = begin;
  for (let i = 0; i < count; i++) {
    reader.need(`file ${i} of the directory`, at, 46, end);
    if (view.getUint32(at, true) !== CENTRAL)
      reader.fail(`file ${i} of the directory`, "have its signature", "another");
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const length = 46 + nameLength + extraLength + commentLength;
    reader.need(`file ${i} of the directory`, at, length, end);
    if (nameLength > MOST_NAME)
      reader.fail(`file ${i} of the directory`, `have a name of at most ${MOST_NAME} bytes`, `${nameLength}`);
    entries.push(readCentral(reader, at, nameLength, extraLength));
    at += length;
  }
  return entries;
}

function readCentral(reader: Reader, at: number, nameLength: number, extraLength: number): Central {
  const { view } = reader;
  const name = reader.text(at + 46, nameLength);
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  const what = show(name);
  if (flags & 1) reader.fail(what, "not be encrypted", "an encrypted file", "Save it without a password.");
  if (method !== 0 && method !== 8) {
    reader.fail(what, "be stored or deflated", `method ${method}`, "Pack it anew with zip -0.");
  }
  const sizes = {
    size: view.getUint32(at + 24, true),
    packed: view.getUint32(at + 20, true),
    at: view.getUint32(at + 42, true),
  };
  widen(reader, sizes, what, at + 46 + nameLength, extraLength);
  const { size, packed } = sizes;
  if (method === 0 && size !== packed) {
    reader.fail(what, "be as long as it is stored, without compression", `${size} bytes in ${packed}`);
  }
  return {
    name,
    deflated: method === 8,
    crc: view.getUint32(at + 16, true),
    described: (flags & 8) !== 0,
    listed: [at + 46, nameLength],
    ...sizes,
  };
}

/** Fields of 32 bits that are full stand in an extra field, in 64. */
function widen(
  reader: Reader,
  sizes: { size: number; packed: number; at: number },
  what: string,
  from: number,
  length: number,
): void {
  const wide = (["size", "packed", "at"] as const).filter((key) => sizes[key] === MANY32);
  if (wide.length === 0) return;
  const end = from + length;
  for (let at = from; at + 4 <= end; ) {
    const [id, size] = [reader.view.getUint16(at, true), reader.view.getUint16(at + 2, true)];
    if (id === 1 && size >= 8 * wide.length && at + 4 + size <= end) {
      for (const [i, key] of wide.entries()) sizes[key] = reader.u64(at + 4 + 8 * i);
      const broken = wide.find((key) => Number.isNaN(sizes[key]));
      if (broken !== undefined) reader.fail(what, "have sizes below 2^53", "more");
      return;
    }
    at += 4 + size;
  }
  reader.fail(what, "have its sizes in 64 bits, as it says", "none");
}

function sameBytes(bytes: Uint8Array, at: number, length: number, listed: readonly [number, number]): boolean {
  if (length !== listed[1]) return false;
  for (let i = 0; i < length; i++) if (bytes[at + i] !== bytes[listed[0] + i]) return false;
  return true;
}

/** Where its data begins, by its own header, which must say what the directory says. */
function locate(reader: Reader, entry: Central, end: number): { data: number } {
  const { view } = reader;
  const what = show(entry.name);
  reader.need(what, entry.at, 30, end);
  if (view.getUint32(entry.at, true) !== LOCAL) reader.fail(what, "have its signature", "another");
  const [nameLength, extraLength] = [view.getUint16(entry.at + 26, true), view.getUint16(entry.at + 28, true)];
  const data = entry.at + 30 + nameLength + extraLength;
  reader.need(what, entry.at, 30 + nameLength + extraLength, end);
  if (!sameBytes(reader.bytes, entry.at + 30, nameLength, entry.listed)) {
    const own = nameLength > MOST_NAME ? "a longer one" : reader.text(entry.at + 30, nameLength);
    reader.fail(what, "have one name, here and in the directory", show(own));
  }
  const [packed, size] = [view.getUint32(entry.at + 18, true), view.getUint32(entry.at + 22, true)];
  const agrees = (one: number, listed: number): boolean =>
    one === listed || one === MANY32 || (entry.described && one === 0);
  if (!agrees(packed, entry.packed) || !agrees(size, entry.size)) {
    reader.fail(
      what,
      `be of ${entry.packed} bytes (${entry.size} unpacked), as the directory says`,
      `${packed} (${size})`,
    );
  }
  reader.need(what, data, entry.packed, end);
  return { data };
}
