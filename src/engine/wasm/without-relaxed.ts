/**
 * The kernels for runtimes without relaxed SIMD, made of the relaxed ones: each multiply-add becomes a product and a sum, which round
 * twice. Nothing else sets the two apart, so only one of them travels.
 */
import { endOfInstruction, leb, opcodeAt } from "./instructions.js";

type Bytes = Uint8Array<ArrayBuffer>;

const TYPES = 1;
const FUNCTIONS = 3;
const CODE = 10;
const V128 = 0x7b;

/** `c` and `product` are spare locals, as bytes. */
type Unfused = (c: readonly number[], product: readonly number[]) => readonly number[];
const SET = 0x21;
const GET = 0x20;
const F32X4 = { add: [0xfd, 0xe4, 0x01], sub: [0xfd, 0xe5, 0x01], mul: [0xfd, 0xe6, 0x01] };
const F64X2 = { add: [0xfd, 0xf0, 0x01], mul: [0xfd, 0xf2, 0x01] };

/** What takes a, b and c from the stack instead, by opcode. */
const UNFUSED: ReadonlyMap<number, Unfused> = new Map<number, Unfused>([
  // f32x4.relaxed_madd: a·b + c
  [0xfd105, (c) => [SET, ...c, ...F32X4.mul, GET, ...c, ...F32X4.add]],
  // f32x4.relaxed_nmadd: c - a·b
  [0xfd106, (c, product) => [SET, ...c, ...F32X4.mul, SET, ...product, GET, ...c, GET, ...product, ...F32X4.sub]],
  // f64x2.relaxed_madd
  [0xfd107, (c) => [SET, ...c, ...F64X2.mul, GET, ...c, ...F64X2.add]],
]);

/**
 * The module of these bytes without relaxed instructions. Functions have two more locals, which no optimising compiler keeps.
 * @throws Error for an instruction that the kernels do not have
 */
export function withoutRelaxed(bytes: Bytes): Bytes {
  const parameters = parametersOfTypes(bytes);
  const functions = section(bytes, FUNCTIONS);
  const code = section(bytes, CODE);
  const out = new Writer(MOST_TIMES * bytes.length);
  out.put(bytes.subarray(0, code.at));
  out.sized(() => {
    out.put(toLeb(code.count));
    for (let f = 0, at = code.first, type = functions.first; f < code.count; f++) {
      const [which, nextType] = leb(bytes, type);
      const [size, begin] = leb(bytes, at);
      at = begin + size;
      out.sized(() => unfused(bytes, begin, at, parameters[which], out));
      type = nextType;
    }
  });
  out.put(bytes.subarray(code.end));
  return out.bytes.slice(0, out.at);
}

/** Three bytes become 22 at most, where the index of a local takes three; and sizes take five. */
const MOST_TIMES = 10;

class Writer {
  readonly bytes: Bytes;
  at = 0;

  constructor(most: number) {
    this.bytes = new Uint8Array(most);
  }

  put(bytes: ArrayLike<number>): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** What `body` puts, after its size in five bytes: it is known only then. */
  sized(body: () => void): void {
    const before = this.at;
    this.at += 5;
    body();
    const size = this.at - before - 5;
    for (let i = 0; i < 5; i++) this.bytes[before + i] = ((size >>> (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0);
  }
}

/** Writes the body of a function of so many parameters, its locals included. */
function unfused(bytes: Bytes, begin: number, end: number, parameters: number, out: Writer): void {
  const [groups, first] = leb(bytes, begin);
  let locals = parameters;
  let at = first;
  for (let group = 0; group < groups && at < end; group++) {
    const [count, type] = leb(bytes, at);
    locals += count;
    at = type + 1;
  }
  out.put(toLeb(groups + 1));
  out.put(bytes.subarray(first, at));
  out.put([2, V128]);
  const [c, product] = [toLeb(locals), toLeb(locals + 1)];
  let copied = at;
  while (at < end) {
    const next = endOfInstruction(bytes, at);
    const instead = UNFUSED.get(opcodeAt(bytes, at));
    if (instead !== undefined) {
      out.put(bytes.subarray(copied, at));
      out.put(instead(c, product));
      copied = next;
    }
    at = next;
  }
  if (at !== end) throw new Error(`without-relaxed: an instruction ends at byte ${at}, its function at ${end}`);
  out.put(bytes.subarray(copied, end));
}

/** Of each type of function, the number of parameters. */
function parametersOfTypes(bytes: Bytes): number[] {
  const { count, first } = section(bytes, TYPES);
  let at = first;
  return Array.from({ length: count }, () => {
    // A marker, the number of parameters, theirs, the number of results, theirs; a byte each.
    const parameters = bytes[at + 1];
    at += 2 + parameters;
    at += 1 + bytes[at];
    return parameters;
  });
}

/** Where the section's size stands, its first entry, how many there are, and where it ends. */
function section(bytes: Bytes, id: number): { at: number; first: number; count: number; end: number } {
  for (let at = 8; at < bytes.length; ) {
    const [size, body] = leb(bytes, at + 1);
    const [count, first] = leb(bytes, body);
    const end = body + size;
    // An entry takes at least a byte.
    if (bytes[at] === id && count <= end - first && end <= bytes.length) return { at: at + 1, first, count, end };
    at = end;
  }
  throw new Error(`without-relaxed: there is no whole section ${id}`);
}

function toLeb(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}
