// Files damaged blindly, and safetensors files damaged by someone who knows the format.
import { mutateJson, mutateText } from "./mutate-json.mjs";

const utf8 = new TextEncoder();
const INTERESTING = [0x00, 0xff, 0x7f, 0x80, 0xc0, 0xed, 0xf4, 0x22, 0x5c, 0x7b, 0x7d, 0x0a, 0x20, 0x30];
const DTYPES = [
  "F32",
  "F64",
  "I32",
  "F16",
  "BF16",
  "I64",
  "U64",
  "U32",
  "I16",
  "U16",
  "I8",
  "U8",
  "BOOL",
  "F8_E4M3",
  "",
  "toString",
];
const SIZES = [0, 1, 2, 3, 7, 8, 255, 65536, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 53 - 1, 2 ** 53, -1, 0.5, 1e300];
const NAMES = [
  "__metadata__",
  "__proto__",
  "constructor",
  "",
  "embed.weight",
  "training.x",
  "\u0000",
  "\ud800",
  "이름",
  "x".repeat(300),
];

/** Any bytes; `others` are files to splice with. */
export function mutateBytes(bytes, random, others = []) {
  let out = bytes;
  for (let times = 1 + random.below(3); times > 0; times--) out = damage(out, random, others);
  return out;
}

function damage(bytes, random, others) {
  const at = random.below(bytes.length + 1);
  const length = random.below(random.chance(0.2) ? 64 : 5);
  switch (random.below(8)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 2:
      return joined(bytes.subarray(0, at), bytes.subarray(Math.max(0, at - length), at), bytes.subarray(at));
    case 3:
      return joined(
        bytes.subarray(0, at),
        Uint8Array.from({ length }, () => random.below(256)),
        bytes.subarray(at),
      );
    case 4: {
      const other = others.length > 0 ? random.pick(others) : bytes;
      return joined(bytes.subarray(0, at), other.subarray(random.below(other.length + 1)));
    }
    default: {
      const out = bytes.slice();
      if (out.length === 0) return out;
      const where = Math.min(at, out.length - 1);
      out[where] = random.chance(0.5) ? out[where] ^ (1 << random.below(8)) : random.pick(INTERESTING);
      return out;
    }
  }
}

/** A safetensors file whose header says something else: lengths, names, dtypes, shapes, offsets, metadata. */
export function mutateSafetensors(bytes, random, others = []) {
  if (random.chance(0.25)) return mutateBytes(bytes, random, others);
  const length = bytes.length < 8 ? -1 : Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (!(length >= 0 && length <= bytes.length - 8)) return mutateBytes(bytes, random, others);
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  let data = bytes.subarray(8 + length);
  if (random.chance(0.1)) data = mutateBytes(data, random);
  const changed = random.chance(0.2) ? mutateJson(text, random) : mutateHeader(text, random);
  return assemble(changed, data, random.chance(0.05) ? random.pick(SIZES) : undefined);
}

/** A file of this header and data; `length` stands in its first 8 bytes, the right one when left out. */
export function assemble(header, data, length) {
  const head = utf8.encode(header);
  const lead = new Uint8Array(8);
  const value = Number.isInteger(length) && length >= 0 && length < 2 ** 64 ? length : head.length;
  new DataView(lead.buffer).setBigUint64(0, BigInt(value), true);
  return joined(lead, head, data);
}

function mutateHeader(text, random) {
  let header;
  try {
    header = JSON.parse(text);
  } catch {
    return mutateText(text, random);
  }
  const { __metadata__: metadata = {}, ...tensors } = header;
  if (random.chance(0.5) && Object.keys(metadata).length > 0) {
    const key = random.pick(Object.keys(metadata));
    return JSON.stringify({ ...header, __metadata__: { ...metadata, ...mutateEntry(key, metadata[key], random) } });
  }
  const names = Object.keys(tensors);
  if (names.length === 0) return mutateJson(text, random);
  const name = random.pick(names);
  return random.chance(0.2)
    ? rename(header, name, random)
    : JSON.stringify({ ...header, [name]: described(tensors, name, random) });
}

/** A metadata string that is JSON is damaged as JSON; another one, or its key, as text. */
function mutateEntry(key, value, random) {
  if (random.chance(0.1)) return { [`${key}${random.pick(NAMES)}`]: value };
  if (random.chance(0.05)) return { [key]: random.pick([null, 1, [], {}]) };
  const json = /^[[{]/.test(value);
  return { [key]: json ? mutateJson(value, random) : mutateText(value, random) };
}

function rename(header, name, random) {
  const to = random.chance(0.5) ? random.pick(NAMES) : random.pick(Object.keys(header));
  const pairs = Object.entries(header).map(
    ([key, value]) => `${JSON.stringify(key === name ? to : key)}:${JSON.stringify(value)}`,
  );
  if (random.chance(0.3)) pairs.push(pairs[random.below(pairs.length)]);
  return `{${pairs.join(",")}}`;
}

function described(tensors, name, random) {
  const { dtype, shape, data_offsets } = tensors[name];
  const sizes = (list) => list.map((size) => (random.chance(0.5) ? random.pick(SIZES) : size + random.below(3) - 1));
  switch (random.below(6)) {
    case 0:
      return { dtype: random.pick(DTYPES), shape, data_offsets };
    case 1:
      return { dtype, shape: sizes(shape), data_offsets };
    case 2:
      return { dtype, shape, data_offsets: sizes(data_offsets) };
    case 3:
      return { dtype, shape: [...shape, random.pick(SIZES)], data_offsets };
    case 4:
      return { dtype, shape: shape.toReversed(), data_offsets };
    default:
      return { ...tensors[random.pick(Object.keys(tensors))], [random.pick(NAMES)]: 1 };
  }
}

function joined(...parts) {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
