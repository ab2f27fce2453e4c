// Archives and pickles put together by hand: honest ones, and ones that lie where it hurts.

const utf8 = new TextEncoder();

export const joined = (...parts) => joinedAll(parts);

/** As many as there are: a call takes some hundred thousand arguments at most. */
function joinedAll(parts) {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

function crc32(bytes) {
  let c = -1;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}

/** Little-endian numbers in a row: each [bytes, value]. */
function fields(...pairs) {
  const out = new Uint8Array(pairs.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [width, value] of pairs) {
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return out;
}

/**
 * A zip archive.
 * @param entries  each { name, data, method, size, packed, crc, flags, localName, localSize, localPacked, offset }: what is left out is the truth
 * @param end      { count, begin, length, comment }: what the directory's end says instead of the truth; `wide` adds its 64-bit twin
 */
export function zipOf(entries, end = {}) {
  const locals = [];
  const central = [];
  let at = 0;
  for (const { name, data, ...lies } of entries) {
    const { method = 0, flags = 0, packed = data.length, size = data.length, crc = crc32(data) } = lies;
    const { localName = name, localSize = size, localPacked = packed, offset = at } = lies;
    const [own, listed] = [utf8.encode(localName), utf8.encode(name)];
    const head = fields([4, 0x04034b50], [2, 20], [2, flags], [2, method], [4, 0], [4, crc], [4, localPacked], [4, localSize], [2, own.length], [2, 0]); // biome-ignore format: one line
    locals.push(head, own, data);
    central.push(fields([4, 0x02014b50], [2, 20], [2, 20], [2, flags], [2, method], [4, 0], [4, crc], [4, packed], [4, size], [2, listed.length], [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), listed); // biome-ignore format: one line
    at += head.length + own.length + data.length;
  }
  const directory = joinedAll(central);
  const { count = entries.length, begin = at, length = directory.length, comment = "", wide } = end;
  const twin = wide === undefined ? [] : wideEnd({ count, begin, length, ...wide }, at + directory.length);
  const last = fields([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, length], [4, begin], [2, comment.length]); // biome-ignore format: one line
  return joinedAll([...locals, directory, ...twin, last, utf8.encode(comment)]);
}

function wideEnd({ count, begin, length, at: record }, here) {
  const twin = fields([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, count], [8, count], [8, length], [8, begin]); // biome-ignore format: one line
  return [twin, fields([4, 0x07064b50], [4, 0], [8, record ?? here], [4, 1])];
}

/** The files of an archive of these tests: [{ name, data }], stored ones alone. */
export function filesIn(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files = [];
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) return files;
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0 && at + 46 <= bytes.length; left--) {
    const [packed, nameLength, extra, comment, local] = [view.getUint32(at + 20, true), ...[28, 30, 32].map((field) => view.getUint16(at + field, true)), view.getUint32(at + 42, true)]; // biome-ignore format: one line
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const begin = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    files.push({ name, data: bytes.slice(begin, begin + packed), method: view.getUint16(at + 10, true) });
    at += 46 + nameLength + extra + comment;
  }
  return files;
}

/** Bytes of a pickle: numbers are bytes, texts are what they spell. */
export function pickle(...parts) {
  return joined(
    ...parts.map((part) => (typeof part === "number" ? Uint8Array.of(part) : typeof part === "string" ? Uint8Array.from(part, (c) => c.charCodeAt(0)) : part)),
  ); // biome-ignore format: one line
}

/** The instruction that names something: `posix.system`. */
export const global = (name) => `c${name.slice(0, name.lastIndexOf("."))}\n${name.slice(name.lastIndexOf(".") + 1)}\n`;
/** A text in UTF-8, after its length. */
export const text = (value) => pickle("X", fields([4, utf8.encode(value).length]), utf8.encode(value));
export const u32 = (value) => fields([4, value]);
export const u64 = (value) => fields([8, value]);
