/**
 * out = f(a, b) over rows. An operand that repeats along a row (a scalar, a column) is spread over a block of its thread's scratch, from which
 * the loop then reads again and again, so one loop a function serves every way to broadcast.
 */
import {
  BINARY_ADD,
  BINARY_DIV,
  BINARY_EQ,
  BINARY_GE,
  BINARY_GT,
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
  return v128.and(mask, i32x4.splat(1));
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
  if (f == BINARY_GT) return one(f32x4.gt(a, b));
  if (f == BINARY_GE) return one(f32x4.ge(a, b));
  if (f == BINARY_INT + BINARY_ADD) return i32x4.add(a, b);
  if (f == BINARY_INT + BINARY_SUB) return i32x4.sub(a, b);
  if (f == BINARY_INT + BINARY_MUL) return i32x4.mul(a, b);
  if (f == BINARY_INT + BINARY_MAXIMUM) return i32x4.max_s(a, b);
  if (f == BINARY_INT + BINARY_MINIMUM) return i32x4.min_s(a, b);
  if (f == BINARY_INT + BINARY_EQ) return one(i32x4.eq(a, b));
  if (f == BINARY_INT + BINARY_NE) return one(i32x4.ne(a, b));
  if (f == BINARY_INT + BINARY_LT) return one(i32x4.lt_s(a, b));
  if (f == BINARY_INT + BINARY_LE) return one(i32x4.le_s(a, b));
  if (f == BINARY_INT + BINARY_GT) return one(i32x4.gt_s(a, b));
  return one(i32x4.ge_s(a, b));
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

function addRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_ADD, out, a, b, aStep, bStep, n);
}
function subRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_SUB, out, a, b, aStep, bStep, n);
}
function mulRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_MUL, out, a, b, aStep, bStep, n);
}
function divRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_DIV, out, a, b, aStep, bStep, n);
}
function maximumRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_MAXIMUM, out, a, b, aStep, bStep, n);
}
function minimumRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_MINIMUM, out, a, b, aStep, bStep, n);
}
function eqRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_EQ, out, a, b, aStep, bStep, n);
}
function neRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_NE, out, a, b, aStep, bStep, n);
}
function ltRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_LT, out, a, b, aStep, bStep, n);
}
function leRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_LE, out, a, b, aStep, bStep, n);
}
function gtRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_GT, out, a, b, aStep, bStep, n);
}
function geRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_GE, out, a, b, aStep, bStep, n);
}
function addIntRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_INT + BINARY_ADD, out, a, b, aStep, bStep, n);
}
function subIntRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_INT + BINARY_SUB, out, a, b, aStep, bStep, n);
}
function mulIntRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_INT + BINARY_MUL, out, a, b, aStep, bStep, n);
}
function maximumIntRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_INT + BINARY_MAXIMUM, out, a, b, aStep, bStep, n);
}
function minimumIntRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_INT + BINARY_MINIMUM, out, a, b, aStep, bStep, n);
}
function eqIntRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_INT + BINARY_EQ, out, a, b, aStep, bStep, n);
}
function neIntRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_INT + BINARY_NE, out, a, b, aStep, bStep, n);
}
function ltIntRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_INT + BINARY_LT, out, a, b, aStep, bStep, n);
}
function leIntRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_INT + BINARY_LE, out, a, b, aStep, bStep, n);
}
function gtIntRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_INT + BINARY_GT, out, a, b, aStep, bStep, n);
}
function geIntRow(out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  row(BINARY_INT + BINARY_GE, out, a, b, aStep, bStep, n);
}

/** Eight copies of the word at `p`, at `slot`. */
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
  const n = column1 - column0;
  const aStep = argPtr(args, 8);
  const bStep = argPtr(args, 9);
  const slot = argPtr(args, 10) + ((<usize>thread) << 6);
  const f = argI32(args, 0);
  for (let r = row0; r < row1; r++) {
    const out = argPtr(args, 1) + (((<usize>r) * columns + column0) << 2);
    let a = argPtr(args, 2) + (<usize>r) * argPtr(args, 6);
    let b = argPtr(args, 3) + (<usize>r) * argPtr(args, 7);
    if (aStep == 0) a = spread(slot, a);
    else a += (<usize>column0) << 2;
    if (bStep == 0) b = spread(slot + 32, b);
    else b += (<usize>column0) << 2;
    applyRow(f, out, a, b, aStep, bStep, n);
  }
}

function applyRow(f: i32, out: usize, a: usize, b: usize, aStep: usize, bStep: usize, n: i32): void {
  switch (f) {
    case BINARY_ADD:
      addRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_SUB:
      subRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_MUL:
      mulRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_DIV:
      divRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_MAXIMUM:
      maximumRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_MINIMUM:
      minimumRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_EQ:
      eqRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_NE:
      neRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_LT:
      ltRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_LE:
      leRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_GT:
      gtRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_GE:
      geRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_INT + BINARY_ADD:
      addIntRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_INT + BINARY_SUB:
      subIntRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_INT + BINARY_MUL:
      mulIntRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_INT + BINARY_MAXIMUM:
      maximumIntRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_INT + BINARY_MINIMUM:
      minimumIntRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_INT + BINARY_EQ:
      eqIntRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_INT + BINARY_NE:
      neIntRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_INT + BINARY_LT:
      ltIntRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_INT + BINARY_LE:
      leIntRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_INT + BINARY_GT:
      gtIntRow(out, a, b, aStep, bStep, n);
      break;
    case BINARY_INT + BINARY_GE:
      geIntRow(out, a, b, aStep, bStep, n);
      break;
  }
}
