// HDF5 files damaged by someone who knows the format: fields of its structures, whose checksums are right again afterwards.
// Source: HDF5 File Format Specification, version 3.
import { mutateBytes } from "./mutate-bytes.mjs";

const SIGNATURES = ["OHDR", "OCHK", "TREE", "SNOD", "HEAP", "GCOL", "FRHP", "FHDB", "BTHD", "BTLF", "FAHD", "FADB"];
const NUMBERS = [0, 1, 2, 7, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0xffffffff];
const WIDE = [0n, 1n, 2n, 0x7fffffffn, 2n ** 32n, 2n ** 40n, 2n ** 63n, 2n ** 64n - 1n];
const REACH = 160;

/** Some fields set to other numbers, or to where another structure stands. */
export function mutateHdf5(bytes, random, others) {
  if (random.chance(0.1)) return mutateBytes(bytes, random, others);
  const out = bytes.slice();
  const view = new DataView(out.buffer);
  const places = placesIn(out);
  for (let times = 1 + random.below(3); times > 0; times--) overwrite(view, places, random);
  repair(out, places);
  return out;
}

function placesIn(bytes) {
  const places = [0];
  for (let at = 8; at + 4 <= bytes.length; at++) {
    // Most bytes are no capitals, and a text a byte took most of the time.
    if (bytes[at] < 0x41 || bytes[at] > 0x5a || bytes[at + 3] < 0x41 || bytes[at + 3] > 0x5a) continue;
    if (SIGNATURES.includes(String.fromCharCode(...bytes.subarray(at, at + 4)))) places.push(at);
  }
  return places;
}

function overwrite(view, places, random) {
  const from = random.chance(0.8) ? random.pick(places) + 4 : random.below(view.byteLength);
  const at = Math.min(view.byteLength - 8, from + random.below(REACH));
  switch (random.below(4)) {
    case 0:
      return view.setUint8(at, random.pick(NUMBERS) & 255);
    case 1:
      return view.setUint16(at, random.pick(NUMBERS) & 0xffff, true);
    case 2:
      return view.setUint32(at, random.pick(NUMBERS), true);
    default: {
      const value = random.chance(0.5) ? BigInt(random.pick(places)) : random.pick(WIDE);
      return view.setBigUint64(at, value, true);
    }
  }
}

/** The superblocks and object headers of the newer formats are refused by their checksums, if nothing else is looked at. */
function repair(bytes, places) {
  const view = new DataView(bytes.buffer);
  const seal = (from, end) => {
    if (end + 4 <= bytes.length) view.setUint32(end, lookup3(bytes.subarray(from, end)), true);
  };
  if (bytes[8] >= 2) seal(0, 44);
  for (const at of places) {
    if (String.fromCharCode(...bytes.subarray(at, at + 4)) !== "OHDR" || bytes[at + 4] !== 2) continue;
    const flags = bytes[at + 5];
    const sized = at + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
    const width = 1 << (flags & 3);
    let length = 0;
    for (let i = width - 1; i >= 0; i--) length = 256 * length + (bytes[sized + i] ?? 0);
    if (length < bytes.length) seal(at, sized + width + length);
  }
}

/** Source: Bob Jenkins, lookup3.c, hashlittle. */
function lookup3(bytes) {
  let [a, b, c] = new Uint32Array(3).fill(0xdeadbeef + bytes.length);
  const rot = (x, k) => (x << k) | (x >>> (32 - k));
  const word = (at) =>
    (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  let at = 0;
  for (; bytes.length - at > 12; at += 12) {
    [a, b, c] = [(a + word(at)) | 0, (b + word(at + 4)) | 0, (c + word(at + 8)) | 0];
    a = (a - c) ^ rot(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rot(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rot(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rot(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rot(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rot(b, 4);
    b = (b + a) | 0;
  }
  if (at === bytes.length) return c >>> 0;
  [a, b, c] = [(a + word(at)) | 0, (b + word(at + 4)) | 0, (c + word(at + 8)) | 0];
  c = ((c ^ b) - rot(b, 14)) | 0;
  a = ((a ^ c) - rot(c, 11)) | 0;
  b = ((b ^ a) - rot(a, 25)) | 0;
  c = ((c ^ b) - rot(b, 16)) | 0;
  a = ((a ^ c) - rot(c, 4)) | 0;
  b = ((b ^ a) - rot(a, 14)) | 0;
  return ((c ^ b) - rot(b, 24)) >>> 0;
}

export { lookup3 };
