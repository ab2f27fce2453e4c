/**
 * out = f(a, b) over rows. An operand that repeats along a row (a scalar, a column) is spread over a block of its thread's scratch, from which
 * the loop then reads again and again, so one loop a function serves every way to broadcast.
 */
import {
  BINARY_ADD,
  BINARY_DIV,
  BINARY_EQ,
  BINARY_INT,
  BINARY_LE,
  BINARY_LT,
  BINARY_MAXIMUM,
  BINARY_MINIMUM,
  BINARY_MUL,
  BINARY_NE,
  BINARY_SUB,
} from "../ops";
import { argI32, argPtr, partBegin } from "./args";
import { loadFirst, storeFirst } from "./lanes";

// @ts-ignore: decorator
@inline
function one(mask: v128): v128 {
  return i32x4.shr_u(mask, 31);
}

/** `f` is a constant where it is inlined, so one line of these is left. */
// @ts-ignore: decorator
@inline
function apply(f: i32, a: v128, b: v128): v128 {
  if (f == BINARY_ADD) return f32x4.add(a, b);
  if (f == BINARY_SUB) return f32x4.sub(a, b);
  if (f == BINARY_MUL) return f32x4.mul(a, b);
  if (f == BINARY_DIV) return f32x4.div(a, b);
  if (f == BINARY_MAXIMUM) return f32x4.max(a, b);
  if (f == BINARY_MINIMUM) return f32x4.min(a, b);
  if (f == BINARY_EQ) return one(f32x4.eq(a, b));
  if (f == BINARY_NE) return one(f32x4.ne(a, b));
  if (f == BINARY_LT) return one(f32x4.lt(a, b));
  if (f == BINARY_LE) return one(f32x4.le(a, b));
  if (f == BINARY_INT + BINARY_ADD) return i32x4.add(a, b);
  if (f == BINARY_INT + BINARY_SUB) return i32x4.sub(a, b);
  if (f == BINARY_INT + BINARY_MUL) return i32x4.mul(a, b);
  if (f == BINARY_INT + BINARY_MAXIMUM) return i32x4.max_s(a, b);
  if (f == BINARY_INT + BINARY_MINIMUM) return i32x4.min_s(a, b);
  if (f == BINARY_INT + BINARY_EQ) return one(i32x4.eq(a, b));
  if (f == BINARY_INT + BINARY_NE) return one(i32x4.ne(a, b));
  if (f == BINARY_INT + BINARY_LT) return one(i32x4.lt_s(a, b));
  return one(i32x4.le_s(a, b));
}

// @ts-ignore: decorator
@inline
function row(f: i32, out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  for (; n >= 8; n -= 8) {
    const u = apply(f, v128.load(a), v128.load(b));
    const v = apply(f, v128.load(a, 16), v128.load(b, 16));
    v128.store(out, u);
    v128.store(out, v, 16);
    a += aStep;
    b += bStep;
    out += 32;
  }
  for (; n > 0; n -= 4) {
    storeFirst(out, apply(f, loadFirst(a, n), loadFirst(b, n)), n);
    a += aStep >> 1;
    b += bStep >> 1;
    out += 16;
  }
}

/** `rows` rows of `n` columns. */
// @ts-ignore: decorator
@inline
function loop(f: i32, out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  const aRow = argPtr(args, 6);
  const bRow = argPtr(args, 7);
  const aStep = argPtr(args, 8);
  const bStep = argPtr(args, 9);
  for (; rows > 0; rows--) {
    const left = aStep == 0 ? spread(slot, a) : a;
    const right = bStep == 0 ? spread(slot + 32, b) : b;
    row(f, out, left, right, aStep, bStep, n);
    out += outRow;
    a += aRow;
    b += bRow;
  }
}

function addRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_ADD, out, a, b, rows, n, outRow, args, slot);
}
function subRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_SUB, out, a, b, rows, n, outRow, args, slot);
}
function mulRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_MUL, out, a, b, rows, n, outRow, args, slot);
}
function divRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_DIV, out, a, b, rows, n, outRow, args, slot);
}
function maximumRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_MAXIMUM, out, a, b, rows, n, outRow, args, slot);
}
function minimumRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_MINIMUM, out, a, b, rows, n, outRow, args, slot);
}
function eqRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_EQ, out, a, b, rows, n, outRow, args, slot);
}
function neRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_NE, out, a, b, rows, n, outRow, args, slot);
}
function ltRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_LT, out, a, b, rows, n, outRow, args, slot);
}
function leRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_LE, out, a, b, rows, n, outRow, args, slot);
}
function addIntRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_INT + BINARY_ADD, out, a, b, rows, n, outRow, args, slot);
}
function subIntRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_INT + BINARY_SUB, out, a, b, rows, n, outRow, args, slot);
}
function mulIntRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_INT + BINARY_MUL, out, a, b, rows, n, outRow, args, slot);
}
function maximumIntRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_INT + BINARY_MAXIMUM, out, a, b, rows, n, outRow, args, slot);
}
function minimumIntRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_INT + BINARY_MINIMUM, out, a, b, rows, n, outRow, args, slot);
}
function eqIntRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_INT + BINARY_EQ, out, a, b, rows, n, outRow, args, slot);
}
function neIntRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_INT + BINARY_NE, out, a, b, rows, n, outRow, args, slot);
}
function ltIntRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_INT + BINARY_LT, out, a, b, rows, n, outRow, args, slot);
}
function leIntRows(out: usize, a: usize, b: usize, rows: i32, n: i32, outRow: usize, args: usize, slot: usize): void {
  loop(BINARY_INT + BINARY_LE, out, a, b, rows, n, outRow, args, slot);
}

/** Eight copies of the word at `p`, at `slot`. */
// @ts-ignore: decorator
@inline
function spread(slot: usize, p: usize): usize {
  const v = v128.load32_splat(p);
  v128.store(slot, v);
  v128.store(slot, v, 16);
  return slot;
}

/**
 * Words: f, out, a, b, rows, columns, aRow, bRow (bytes from row to row), aStep, bStep (bytes for eight columns: 32 or 0),
 * scratch of 64 bytes a thread where a step is 0.
 */
export function binary(args: usize, part: i32, parts: i32, thread: i32): void {
  const rows = argI32(args, 4);
  const columns = argI32(args, 5);
  let row0 = 0;
  let row1 = rows;
  let column0 = 0;
  let column1 = columns;
  if (rows == 1) {
    column0 = partBegin(columns, part, parts, 8);
    column1 = partBegin(columns, part + 1, parts, 8);
  } else {
    row0 = partBegin(rows, part, parts, 1);
    row1 = partBegin(rows, part + 1, parts, 1);
  }
  const slot = argPtr(args, 10) + ((<usize>thread) << 6);
  const outRow = (<usize>columns) << 2;
  const first = (<usize>column0) << 2;
  const out = argPtr(args, 1) + (<usize>row0) * outRow + first;
  const a = argPtr(args, 2) + (<usize>row0) * argPtr(args, 6) + (argPtr(args, 8) == 0 ? 0 : first);
  const b = argPtr(args, 3) + (<usize>row0) * argPtr(args, 7) + (argPtr(args, 9) == 0 ? 0 : first);
  applyRows(argI32(args, 0), out, a, b, row1 - row0, column1 - column0, outRow, args, slot);
}

function applyRows(
  f: i32,
  out: usize,
  a: usize,
  b: usize,
  rows: i32,
  n: i32,
  outRow: usize,
  args: usize,
  slot: usize,
): void {
  switch (f) {
    case BINARY_ADD:
      addRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_SUB:
      subRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_MUL:
      mulRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_DIV:
      divRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_MAXIMUM:
      maximumRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_MINIMUM:
      minimumRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_EQ:
      eqRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_NE:
      neRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_LT:
      ltRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_LE:
      leRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_INT + BINARY_ADD:
      addIntRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_INT + BINARY_SUB:
      subIntRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_INT + BINARY_MUL:
      mulIntRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_INT + BINARY_MAXIMUM:
      maximumIntRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_INT + BINARY_MINIMUM:
      minimumIntRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_INT + BINARY_EQ:
      eqIntRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_INT + BINARY_NE:
      neIntRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_INT + BINARY_LT:
      ltIntRows(out, a, b, rows, n, outRow, args, slot);
      break;
    case BINARY_INT + BINARY_LE:
      leIntRows(out, a, b, rows, n, outRow, args, slot);
      break;
  }
}
