import type { LinearCrossEntropyArgs } from "../engine.js";
import type { Core } from "./core.js";
import { OP_HEAD_ROWS } from "./ops.js";
import { gemm, packB, packedBytes, product, sumRows, ZEROS } from "./products.js";

/** As in assembly/gemm.ts. */
const KC = 256;
/** Logits in memory at once, in floats: a chunk of rows whose gradients meet x again in dHead. */
const CHUNK = 1_200_000;
/** Rows that one part takes at a time in assembly/linear-cross-entropy.ts. */
const GROUP = 30;

/**
 * Chunk by chunk: rows among threads for logits, loss and dx; then dHead's tiles among threads, each sum over rows in order.
 */
export function linearCrossEntropy(core: Core, args: LinearCrossEntropyArgs): boolean {
  const [r, h] = args.x.shape as [number, number];
  const v = args.head.shape[0]!;
  if (args.x.buffer.dtype !== "float32" || r * h * v === 0) return false;
  const padded = Math.ceil(v / 8) * 8;
  const chunks = Math.ceil((r * padded) / CHUNK);
  const rows = Math.ceil(r / Math.min(chunks, r));
  const { dx = null, dHead = null, dBias = null } = args.grads ?? {};
  const blas = core.blas !== null;
  const w = core.address(args.head);
  const headT = blas ? 0 : core.scratch("headT", packedBytes(h, v));
  if (!blas) packB(core, { at: w, rs: 4, cs: h * 4 }, h, v, headT, KC);
  const head = dx && !blas ? core.scratch("head", packedBytes(v, h)) : 0;
  if (dx && !blas) packB(core, { at: w, rs: h * 4, cs: 4 }, v, h, head, KC);
  const bias = args.bias ? paddedCopy(core, core.address(args.bias), v, padded) : ZEROS;
  const logits = { at: core.scratch("logits", rows * padded * 4), rs: padded * 4 };
  const xRows = dHead && !blas ? core.scratch("xRows", packedBytes(rows, h)) : 0;
  for (let first = 0; first < r; first += rows) {
    const count = Math.min(rows, r - first);
    const x = core.address(args.x) + first * h * 4;
    const rowsOf = (at: number) => ({ at, rs: h * 4, cs: 4 });
    if (blas) product(core, { ...logits, cs: 4 }, rowsOf(x), { at: w, rs: 4, cs: h * 4 }, count, v, h, ZEROS, 0);
    headRows(core, args, { first, count, x, headT, head, bias, logits });
    if (blas && dx) {
      const to = rowsOf(core.address(dx) + first * h * 4);
      product(core, to, { ...logits, cs: 4 }, rowsOf(w), count, h, v, ZEROS, 0);
    }
    if (dHead && blas) {
      const to = rowsOf(core.address(dHead));
      const a = { at: logits.at, rs: 4, cs: logits.rs };
      product(core, to, a, rowsOf(x), v, h, count, first === 0 ? ZEROS : to.at, first === 0 ? 0 : to.rs);
    } else if (dHead) {
      packB(core, { at: x, rs: h * 4, cs: 4 }, count, h, xRows, KC);
      const to = { at: core.address(dHead), rs: h * 4, cs: 4 };
      const start = first === 0 ? ZEROS : to.at;
      gemm(core, to, { at: logits.at, rs: 4, cs: logits.rs }, xRows, v, h, count, start, first === 0 ? 0 : to.rs);
    }
    if (dBias) sumRows(core, logits, count, v, core.address(dBias), first > 0);
  }
  return true;
}

interface Chunk {
  first: number;
  count: number;
  x: number;
  headT: number;
  head: number;
  bias: number;
  logits: { at: number; rs: number };
}

function headRows(core: Core, args: LinearCrossEntropyArgs, c: Chunk): void {
  const h = args.x.shape[1]!;
  const v = args.head.shape[0]!;
  const { i32, f32, args: a } = core;
  i32[a] = c.count;
  i32[a + 1] = h;
  i32[a + 2] = v;
  i32[a + 3] = c.x;
  i32[a + 4] = c.headT;
  i32[a + 5] = c.bias;
  i32[a + 6] = c.logits.at;
  i32[a + 7] = c.logits.rs;
  i32[a + 8] = core.address(args.targets) + c.first * 4;
  i32[a + 9] = args.ignoreIndex;
  f32[a + 10] = args.labelSmoothing;
  i32[a + 11] = args.weight ? core.address(args.weight) : 0;
  i32[a + 12] = core.address(args.losses) + c.first * 4;
  i32[a + 13] = args.grads ? 1 : 0;
  f32[a + 14] = args.grads?.scale ?? 0;
  i32[a + 15] = args.grads?.dx ? core.address(args.grads.dx) + c.first * h * 4 : 0;
  i32[a + 16] = c.head;
  i32[a + 17] = core.blas !== null ? 1 : 0;
  const threads = core.productParts(c.count * h * v);
  const parts = threads === 1 ? 1 : Math.min(c.count, Math.ceil(c.count / GROUP / threads) * threads);
  core.launch(OP_HEAD_ROWS, parts);
}

/** The bias up to whole panels of 8, so that no sum begins outside it. */
function paddedCopy(core: Core, bias: number, v: number, padded: number): number {
  const to = core.scratch("headBias", padded * 4);
  const data = core.f32;
  data.copyWithin(to >>> 2, bias >>> 2, (bias >>> 2) + v);
  data.fill(0, (to >>> 2) + v, (to >>> 2) + padded);
  return to;
}
