import type { LinearCrossEntropyArgs } from "../engine.js";
import { chunksBytes, packChunks, UNPACKED } from "./blas-products.js";
import type { Core } from "./core.js";
import type { Matrix } from "./matrix.js";
import { HEAD_BLOCKS, HEAD_ELSEWHERE, HEAD_WHOLE, OP_HEAD_COLUMNS, OP_HEAD_ROWS } from "./ops.js";
import { gemm, MC, packB, packedBytes, product, sumRows, ZEROS } from "./products.js";

/** As in assembly/gemm.ts. */
const KC = 256;
/** As in assembly/linear-cross-entropy.ts: what a row needs meanwhile. */
const STATE = 16;
/** As in assembly/head-columns.ts. */
const WORDS = 192;
const WORDS_BYTES = 832;
const SLICE = 512;
/** As `Core.headChunk`, for logits in whole rows. */
const CHUNK_OF_WHOLE_ROWS = 2_400_000;
/** Rows whose logits stay in the second-level cache between the product, the loss and dx, and how many floats those may be. */
const GROUP = 30;
const GROUP_FLOATS = 300_000;
/** Rows of a part for which the whole head is read once. */
const PART_ROWS = 120;
/** With BLAS, rows of a part whatever the number of threads: most of them, and fewest for which a call is worth it. */
const BLAS_ROWS = { most: 48, fewest: 40 };
/** Words and rows from which on BLAS is faster by blocks of words, and there are parts enough for some threads. */
const BLAS_FROM = { words: 2048, rows: 256 };

/** A call's shapes and addresses, and rows `first` to `first + count` of it. */
interface Call {
  args: LinearCrossEntropyArgs;
  way: typeof HEAD_WHOLE | typeof HEAD_ELSEWHERE | typeof HEAD_BLOCKS;
  h: number;
  v: number;
  /** Rows of a chunk. */
  rows: number;
  bias: number;
  headT: number;
  head: number;
  /** All rows' logits, or each thread's own `bytes` for `room` rows. */
  logits: number;
  bytes: number;
  room: number;
  /** Bytes of a row of logits. */
  stride: number;
  /** The rest is for blocks of the vocabulary alone: what the kernels keep. */
  state: number;
  gradients: number;
  factors: number;
  scaledX: number;
  /** Of scaledX: H, or one more for the factors, whose products are dBias. */
  columns: number;
}

/**
 * Chunk by chunk: rows among threads for logits, loss and dx; then dHead among threads, each sum over rows in order. A head that fits the
 * second-level cache serves a few whole rows at a time; of a larger one a block of the vocabulary serves all rows of a part.
 */
export function linearCrossEntropy(core: Core, args: LinearCrossEntropyArgs): boolean {
  const [r, h] = args.x.shape as [number, number];
  const v = args.head.shape[0]!;
  if (args.x.buffer.dtype !== "float32" || r * h * v === 0) return false;
  const call = prepared(core, args, wayOf(core, args));
  for (let first = 0; first < r; first += call.rows) {
    const count = Math.min(call.rows, r - first);
    if (call.way === HEAD_ELSEWHERE) logitsElsewhere(core, call, first, count);
    headRows(core, call, first, count);
    if (!args.grads) continue;
    if (call.way === HEAD_BLOCKS) headColumns(core, call, first, count);
    else productsOfWholeRows(core, call, first, count);
  }
  return true;
}

/** By sizes alone, so that bits do not depend on threads. */
function wayOf(core: Core, args: LinearCrossEntropyArgs): Call["way"] {
  const [v, h] = args.head.shape as [number, number];
  const isLarge = h * v > core.blocksFrom && args.labelSmoothing === 0;
  if (!core.blas) return isLarge ? HEAD_BLOCKS : HEAD_WHOLE;
  const isLong = v >= BLAS_FROM.words && args.x.shape[0]! >= BLAS_FROM.rows;
  return isLarge && isLong && blasRows(h) >= BLAS_ROWS.fewest ? HEAD_BLOCKS : HEAD_ELSEWHERE;
}

/** Rows of which BLAS multiplies a block of words without packing. */
function blasRows(h: number): number {
  return Math.min(BLAS_ROWS.most, Math.floor(UNPACKED / (WORDS * h)));
}

function prepared(core: Core, args: LinearCrossEntropyArgs, way: Call["way"]): Call {
  const [r, h] = args.x.shape as [number, number];
  const v = args.head.shape[0]!;
  const blocks = Math.ceil(v / WORDS);
  const stride = Math.ceil(v / 8) * 32;
  const isBlocked = way === HEAD_BLOCKS;
  const chunks = Math.ceil((r * blocks * WORDS) / (isBlocked ? core.headChunk : CHUNK_OF_WHOLE_ROWS));
  const rows = Math.ceil(r / Math.min(r, chunks));
  const dHead = args.grads?.dHead ?? null;
  // A whole panel for one column would cost more than it saves.
  const columns = dHead && args.grads?.dBias && !core.blas && h % 8 !== 0 ? h + 1 : h;
  const room = isBlocked ? Math.min(rows, GROUP, Math.max(6, Math.floor((GROUP_FLOATS * 4) / stride))) : GROUP;
  const bytes = roundUp(Math.max(room * stride, MC * WORDS_BYTES));
  return {
    args,
    way,
    h,
    v,
    rows,
    bias: args.bias ? paddedCopy(core, core.address(args.bias), v, stride / 4) : ZEROS,
    ...packedHead(core, args, way),
    logits: core.scratch("logits", isBlocked ? core.threads * bytes : rows * stride),
    bytes,
    room,
    stride,
    state: isBlocked ? core.scratch("headRows", rows * STATE) : 0,
    gradients: isBlocked && args.grads ? core.scratch("dLogits", rows * blocks * WORDS_BYTES) : 0,
    factors: isBlocked ? core.scratch("headFactors", rows * 4) : 0,
    scaledX: isBlocked && dHead ? core.scratch("scaledX", rows * columns * 4) : 0,
    columns,
  };
}

/** The head as its products read it, and transposed. */
function packedHead(core: Core, args: LinearCrossEntropyArgs, way: Call["way"]): { headT: number; head: number } {
  if (way === HEAD_ELSEWHERE) return { headT: 0, head: 0 };
  const [v, h] = args.head.shape as [number, number];
  const w = rowsOf(core.address(args.head), h);
  const columns = { at: w.at, rs: w.cs, cs: w.rs };
  if (core.blas) {
    const headT = core.scratch("headT", chunksBytes(h, v, WORDS));
    packChunks(core, columns, h, v, headT, WORDS);
    return { headT, head: 0 };
  }
  const headT = core.scratch("headT", packedBytes(h, v));
  packB(core, columns, h, v, headT, KC);
  const head = args.grads?.dx ? core.scratch("head", packedBytes(v, h)) : 0;
  if (head !== 0) packB(core, w, v, h, head, WORDS);
  return { headT, head };
}

const roundUp = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** Rows of a [.., H] matrix. */
const rowsOf = (at: number, h: number): Matrix => ({ at, rs: h * 4, cs: 4 });

function logitsElsewhere(core: Core, { args, h, v, logits, stride }: Call, first: number, count: number): void {
  const x = rowsOf(core.address(args.x) + first * h * 4, h);
  const headT = { at: core.address(args.head), rs: 4, cs: h * 4 };
  product(core, { at: logits, rs: stride, cs: 4 }, x, headT, count, v, h, ZEROS, 0);
}

function headRows(core: Core, call: Call, first: number, count: number): void {
  const { args, h, v } = call;
  const { i32, f32, args: a } = core;
  i32[a] = count;
  i32[a + 1] = h;
  i32[a + 2] = v;
  i32[a + 3] = core.address(args.x) + first * h * 4;
  i32[a + 4] = call.headT;
  i32[a + 5] = call.bias;
  i32[a + 6] = call.logits;
  i32[a + 7] = call.stride;
  i32[a + 8] = core.address(args.targets) + first * 4;
  i32[a + 9] = args.ignoreIndex;
  f32[a + 10] = args.labelSmoothing;
  i32[a + 11] = args.weight ? core.address(args.weight) : 0;
  i32[a + 12] = core.address(args.losses) + first * 4;
  i32[a + 13] = args.grads ? 1 : 0;
  f32[a + 14] = args.grads?.scale ?? 0;
  i32[a + 15] = args.grads?.dx ? core.address(args.grads.dx) + first * h * 4 : 0;
  i32[a + 16] = call.head;
  i32[a + 17] = call.way;
  i32[a + 18] = call.bytes;
  i32[a + 19] = call.room;
  i32[a + 20] = core.address(args.head);
  i32[a + 21] = call.state;
  i32[a + 22] = call.gradients;
  i32[a + 23] = call.factors;
  i32[a + 24] = call.scaledX;
  i32[a + 25] = core.blas && call.way === HEAD_BLOCKS ? 1 : 0;
  i32[a + 26] = call.columns * 4;
  core.launch(OP_HEAD_ROWS, rowParts(core, call, count));
}

/** BLAS gets the same rows in a call whatever the number of threads. */
function rowParts(core: Core, { way, h, v }: Call, count: number): number {
  if (core.blas && way === HEAD_BLOCKS) return Math.ceil(count / blasRows(h));
  const threads = core.parts(count * h * v);
  const least = way === HEAD_BLOCKS ? PART_ROWS : GROUP;
  return threads === 1 ? 1 : Math.min(count, Math.ceil(count / least / threads) * threads);
}

/** dHead and dBias from the gradients of the logits in blocks of words. */
function headColumns(core: Core, { args, h, v, ...call }: Call, first: number, count: number): void {
  const { dHead = null, dBias = null } = args.grads!;
  if (!dHead && !dBias) return;
  let x = call.scaledX;
  if (dHead && !core.blas) {
    x = core.scratch("xRows", packedBytes(call.rows, call.columns));
    packB(core, rowsOf(call.scaledX, call.columns), count, call.columns, x, KC);
  }
  const { i32, args: a } = core;
  i32[a] = count;
  i32[a + 1] = h;
  i32[a + 2] = v;
  i32[a + 3] = call.gradients;
  i32[a + 4] = call.factors;
  i32[a + 5] = x;
  i32[a + 6] = dHead ? core.address(dHead) : 0;
  i32[a + 7] = dBias ? core.address(dBias) : 0;
  i32[a + 8] = first > 0 ? 1 : 0;
  i32[a + 9] = call.columns;
  i32[a + 10] = core.blas ? 1 : 0;
  const pieces = Math.ceil(v / WORDS) * (core.blas ? 1 : Math.ceil(h / SLICE));
  core.launch(OP_HEAD_COLUMNS, core.parts(count * h * v) === 1 ? 1 : pieces);
}

/** What is still to be made from whole rows of the logits' gradients; elsewhere, dx too. */
function productsOfWholeRows(core: Core, { args, way, h, v, ...call }: Call, first: number, count: number): void {
  const { dx, dHead, dBias } = args.grads!;
  const x = rowsOf(core.address(args.x) + first * h * 4, h);
  const g = { at: call.logits, rs: call.stride, cs: 4 };
  if (dx && way === HEAD_ELSEWHERE) {
    const to = rowsOf(core.address(dx) + first * h * 4, h);
    product(core, to, g, rowsOf(core.address(args.head), h), count, h, v, ZEROS, 0);
  }
  if (dHead) {
    const to = rowsOf(core.address(dHead), h);
    const gT = { at: g.at, rs: 4, cs: g.rs };
    const [from, fs] = first === 0 ? [ZEROS, 0] : [to.at, to.rs];
    if (way === HEAD_ELSEWHERE) {
      product(core, to, gT, x, v, h, count, from, fs);
    } else {
      const packed = core.scratch("xRows", packedBytes(call.rows, h));
      packB(core, x, count, h, packed, KC);
      gemm(core, to, gT, packed, v, h, count, from, fs);
    }
  }
  if (dBias) sumRows(core, g, count, v, core.address(dBias), first > 0);
}

/** The bias up to whole panels of 8, so that no sum begins outside it. */
function paddedCopy(core: Core, bias: number, v: number, padded: number): number {
  const to = core.scratch("headBias", padded * 4);
  const data = core.f32;
  data.copyWithin(to >>> 2, bias >>> 2, (bias >>> 2) + v);
  data.fill(0, (to >>> 2) + v, (to >>> 2) + padded);
  return to;
}
