/** Reading and adding rows, or elements of rows, by index. Indices are int32 and already checked. */
import { argI32, argPtr, partBegin } from "./args";
import { copyRow } from "./copy";
import { loadFirst, storeFirst } from "./lanes";

/** Words: out, table, ids, rows, n. */
export function gatherRows(args: usize, part: i32, parts: i32): void {
  const rows = argI32(args, 3);
  const n = argI32(args, 4);
  const bytes = (<usize>n) << 2;
  const begin = partBegin(rows, part, parts, 1);
  const end = partBegin(rows, part + 1, parts, 1);
  let out = argPtr(args, 0) + (<usize>begin) * bytes;
  for (let r = begin; r < end; r++) {
    copyRow(out, argPtr(args, 1) + (<usize>load<i32>(argPtr(args, 2) + ((<usize>r) << 2))) * bytes, n);
    out += bytes;
  }
}

/**
 * Words: dTable, ids, dOut, rows, n, vocabulary, skip, skips (whether `skip` counts).
 * Parts split the vocabulary, so every row of the table is added to by one part, in the order of r.
 */
export function scatterAddRows(args: usize, part: i32, parts: i32): void {
  const rows = argI32(args, 3);
  const n = argI32(args, 4);
  const vocabulary = argI32(args, 5);
  const begin = partBegin(vocabulary, part, parts, 1);
  const end = partBegin(vocabulary, part + 1, parts, 1);
  const skip = argI32(args, 6);
  const skips = argI32(args, 7) != 0;
  const bytes = (<usize>n) << 2;
  for (let r = 0; r < rows; r++) {
    const id = load<i32>(argPtr(args, 1) + ((<usize>r) << 2));
    if (id < begin || id >= end || (skips && id == skip)) continue;
    addRow(argPtr(args, 0) + (<usize>id) * bytes, argPtr(args, 2) + (<usize>r) * bytes, n);
  }
}

function addRow(to: usize, x: usize, n: i32): void {
  for (; n >= 8; n -= 8) {
    const u = f32x4.add(v128.load(to), v128.load(x));
    const v = f32x4.add(v128.load(to, 16), v128.load(x, 16));
    v128.store(to, u);
    v128.store(to, v, 16);
    to += 32;
    x += 32;
  }
  for (; n > 0; n -= 4) {
    storeFirst(to, f32x4.add(loadFirst(to, n), loadFirst(x, n)), n);
    to += 16;
    x += 16;
  }
}

/** out[r][k] = x[r][index[r][k]]. Words: out, x, index, rows, width, count. */
export function gatherLast(args: usize, part: i32, parts: i32): void {
  const rows = argI32(args, 3);
  const width = (<usize>argI32(args, 4)) << 2;
  const count = argI32(args, 5);
  const end = partBegin(rows, part + 1, parts, 1);
  for (let r = partBegin(rows, part, parts, 1); r < end; r++) {
    const x = argPtr(args, 1) + (<usize>r) * width;
    let at = ((<usize>r) * count) << 2;
    for (let k = 0; k < count; k++) {
      const i = (<usize>load<i32>(argPtr(args, 2) + at)) << 2;
      store<u32>(argPtr(args, 0) + at, load<u32>(x + i));
      at += 4;
    }
  }
}

/** dx[r][index[r][k]] += dOut[r][k]. Words: dx, index, dOut, rows, width, count. */
export function scatterAddLast(args: usize, part: i32, parts: i32): void {
  const rows = argI32(args, 3);
  const width = (<usize>argI32(args, 4)) << 2;
  const count = argI32(args, 5);
  const end = partBegin(rows, part + 1, parts, 1);
  for (let r = partBegin(rows, part, parts, 1); r < end; r++) {
    const dx = argPtr(args, 0) + (<usize>r) * width;
    let at = ((<usize>r) * count) << 2;
    for (let k = 0; k < count; k++) {
      const to = dx + ((<usize>load<i32>(argPtr(args, 1) + at)) << 2);
      store<f32>(to, load<f32>(to) + load<f32>(argPtr(args, 2) + at));
      at += 4;
    }
  }
}

/** Words: x, n (at least 1); the smallest and the largest are written to words 2 and 3. */
export function range(args: usize): void {
  let x = argPtr(args, 0);
  let n = argI32(args, 1);
  let low = v128.load32_splat(x);
  let high = low;
  for (; n >= 4; n -= 4) {
    const v = v128.load(x);
    low = i32x4.min_s(low, v);
    high = i32x4.max_s(high, v);
    x += 16;
  }
  let least = min(min(i32x4.extract_lane(low, 0), i32x4.extract_lane(low, 1)), min(i32x4.extract_lane(low, 2), i32x4.extract_lane(low, 3)));
  let most = max(max(i32x4.extract_lane(high, 0), i32x4.extract_lane(high, 1)), max(i32x4.extract_lane(high, 2), i32x4.extract_lane(high, 3)));
  for (; n > 0; n--) {
    least = min(least, load<i32>(x));
    most = max(most, load<i32>(x));
    x += 4;
  }
  store<i32>(args, least, 8);
  store<i32>(args, most, 12);
}
