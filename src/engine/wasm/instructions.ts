/** Where each instruction of WebAssembly ends: as much of the format as the kernels are made of. */

type Bytes = Uint8Array<ArrayBuffer>;

/** What follows an opcode, by ranges of opcodes: so many numbers, then so many bytes. Of 0xfd 5 the opcode is called 0xfd005. */
const IMMEDIATES: readonly (readonly [first: number, last: number, numbers: number, bytes: number])[] = [
  [0x00, 0x01, 0, 0], // unreachable, nop
  [0x02, 0x04, 1, 0], // block, loop, if
  [0x05, 0x05, 0, 0], // else
  [0x0b, 0x0b, 0, 0], // end
  [0x0c, 0x0d, 1, 0], // br, br_if
  [0x0e, 0x0e, 1, 0], // br_table: as many numbers more as the one before it says
  [0x0f, 0x0f, 0, 0], // return
  [0x10, 0x10, 1, 0], // call
  [0x1a, 0x1b, 0, 0], // drop, select
  [0x20, 0x24, 1, 0], // locals, globals
  [0x28, 0x3e, 2, 0], // loads, stores
  [0x41, 0x42, 1, 0], // i32.const, i64.const
  [0x43, 0x43, 0, 4], // f32.const
  [0x44, 0x44, 0, 8], // f64.const
  [0x45, 0xc4, 0, 0], // arithmetic
  [0xfc000, 0xfc007, 0, 0], // conversions that saturate
  [0xfc00a, 0xfc00a, 2, 0], // memory.copy
  [0xfc00b, 0xfc00b, 1, 0], // memory.fill
  [0xfd000, 0xfd00b, 2, 0], // loads, stores
  [0xfd00c, 0xfd00d, 0, 16], // v128.const, shuffle
  [0xfd00e, 0xfd014, 0, 0], // swizzle, splats
  [0xfd015, 0xfd022, 0, 1], // lanes
  [0xfd023, 0xfd053, 0, 0], // comparisons, bits
  [0xfd054, 0xfd05b, 2, 1], // loads and stores of a lane
  [0xfd05c, 0xfd05d, 2, 0], // loads of a lane, the others zero
  [0xfd05e, 0xfd0ff, 0, 0], // arithmetic
  [0xfd105, 0xfd107, 0, 0], // relaxed multiply-adds
  [0xfe000, 0xfe002, 2, 0], // notify, wait
  [0xfe003, 0xfe003, 0, 1], // fence
  [0xfe010, 0xfe04e, 2, 0], // atomics
];
const PREFIXES = 0xfc;
const BR_TABLE = 0x0e;
/** Opcodes without a prefix, then 512 of each prefix. */
const place = (opcode: number): number => (opcode < 0x100 ? opcode : ((opcode >> 12) - 0xfb) * 512 + (opcode & 0xfff));

/** By `place`, 1 + numbers + 4·bytes; 0 of what is not known: there are 60,000 instructions to look up. */
function table(): Uint8Array {
  const all = new Uint8Array(5 * 512);
  for (const [first, last, numbers, bytes] of IMMEDIATES) {
    for (let opcode = first; opcode <= last; opcode++) all[place(opcode)] = 1 + numbers + 4 * bytes;
  }
  return all;
}
let known: Uint8Array | undefined;

/** The opcode at `at`; numbers after a prefix end at 511, which none has. */
export function opcodeAt(bytes: Bytes, at: number): number {
  const first = bytes[at];
  if (!(first >= PREFIXES)) return first;
  const low = bytes[at + 1];
  const number = low < 0x80 ? low : (low & 0x7f) | (bytes[at + 2] << 7);
  return first * 0x1000 + Math.min(number, 511);
}

/**
 * Where the instruction at `at` ends.
 * @throws Error for one that the kernels do not have
 */
export function endOfInstruction(bytes: Bytes, at: number): number {
  known ??= table();
  const opcode = opcodeAt(bytes, at);
  const found = known[place(opcode)];
  if (!(found > 0)) throw new Error(`instructions: the one at byte ${at} is not known: ${opcode?.toString(16)}`);
  let end = at + (opcode < 0x100 ? 1 : bytes[at + 1] < 0x80 ? 2 : 3);
  let numbers = (found - 1) & 3;
  if (opcode === BR_TABLE) {
    const [labels, after] = leb(bytes, end);
    numbers += labels;
    end = after;
  }
  for (; numbers > 0; numbers--) while (bytes[end++] >= 0x80);
  return end + ((found - 1) >> 2);
}

/** An unsigned LEB128 number, and where the next byte lies. */
export function leb(bytes: Bytes, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    // Past the end there is no byte.
    if (!(byte >= 0x80)) return [value, at];
  }
}
