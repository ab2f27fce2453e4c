/**
 * The kernels are compiled for shared memory. Here are the modules that differ from those bytes by a few: for unshared memory,
 * and for the 256-bit variant.
 */
import { leb } from "./instructions.js";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Characters that stand in any JavaScript string as they are, whatever quotes a minifier takes. The frequent bytes are one of them, the
 * others two, of which the first is one of the last two: text that gzip makes as small as the bytes themselves, since the same code is
 * the same text.
 */
export const ALPHABET: string = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
  .filter((char) => !"\"'`\\$".includes(char))
  .join("");
/** Of `ALPHABET`, those that stand for a byte alone. */
export const ALONE = ALPHABET.length - 2;

/**
 * The bytes of such a text. It begins with all 256 in their order, two hexadecimal digits each: byte k of that order is character k of the
 * alphabet, or from `ALONE` on one of the two last characters and then any.
 */
export function decodeText(text: string): Bytes {
  const order = Uint8Array.from({ length: 256 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
  const places = new Uint8Array(128);
  for (let i = 0; i < ALPHABET.length; i++) places[ALPHABET.charCodeAt(i)] = i;
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 512; i < text.length; i++) {
    const place = places[text.charCodeAt(i)];
    const more = place - ALONE;
    bytes[length++] = order[more < 0 ? place : ALONE + more * ALPHABET.length + places[text.charCodeAt(++i)]];
  }
  return bytes.slice(0, length);
}

const IMPORT_SECTION = 2;
const MEMORY = 2;

/**
 * The module of these bytes, importing a memory that is not shared and has no maximum: of its limits (flags, initial pages, most pages) the last is
 * left out. Atomic loads and stores are valid on any memory.
 */
export function forUnsharedMemory(bytes: Bytes): Bytes {
  let at = 8;
  while (bytes[at] !== IMPORT_SECTION) {
    const [size, body] = leb(bytes, at + 1);
    at = body + size;
  }
  const [size, body] = leb(bytes, at + 1);
  const end = body + size;
  const limits = memoryLimits(bytes, body);
  const [, afterInitial] = leb(bytes, limits + 1);
  const [, afterMost] = leb(bytes, afterInitial);
  const kept = size - (afterMost - afterInitial);
  if (kept > 0x7f) throw new Error("module-bytes: the imports must fit 127 bytes");
  const out = new Uint8Array(at + 2 + kept + bytes.length - end);
  out.set(bytes.subarray(0, at + 1));
  out[at + 1] = kept;
  out.set(bytes.subarray(body, afterInitial), at + 2);
  out[at + 2 + (limits - body)] = 0;
  out.set(bytes.subarray(afterMost, end), at + 2 + (afterInitial - body));
  out.set(bytes.subarray(end), at + 2 + kept);
  return out;
}

/** Where the limits of the imported memory lie, among imports that are memories and functions. */
function memoryLimits(bytes: Bytes, body: number): number {
  let at = body + 1;
  for (let imports = bytes[body]; imports > 0; imports--) {
    // its module's and its own name
    for (let name = 0; name < 2; name++) at += 1 + bytes[at];
    const kind = bytes[at++];
    if (kind === MEMORY) return at;
    [, at] = leb(bytes, at);
  }
  throw new Error("module-bytes: no memory is imported");
}

/** The module of these bytes with an empty section of this name: other bytes, so that no cache takes one compilation for the other. */
export function marked(bytes: Bytes, name: string): Bytes {
  const section = [0, name.length + 1, name.length, ...Array.from(name, (letter) => letter.charCodeAt(0))];
  const out = new Uint8Array(bytes.length + section.length);
  out.set(bytes);
  out.set(section, bytes.length);
  return out;
}
