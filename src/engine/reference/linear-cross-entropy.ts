import type { LinearCrossEntropyArgs } from "../engine.js";
import { readTargets, rowGradient, rowLoss } from "./cross-entropy.js";
import { columns, multiplyAdd, rows, transposed } from "./matmul.js";
import { normalizerOf } from "./softmax.js";
import { commit, input, optionalInput, output, type Resolved } from "./strided.js";

/** Rows whose logits are in memory at once. */
const CHUNK = 32;

/** logits = x·headᵀ + bias, their loss, and (with `grads`) the gradients of scale · Σ losses, chunk by chunk. */
export function linearCrossEntropy(args: Resolved<LinearCrossEntropyArgs>): void {
  const [r, h] = args.x.shape;
  const v = args.head.shape[0];
  const x = input(args.x);
  const head = input(args.head);
  const headT = transposed(head, v, h);
  const bias = optionalInput(args.bias);
  const t = readTargets(args);
  const losses = output(args.losses).fill(0);
  const { scale = 0, dx = null, dHead = null, dBias = null } = args.grads ?? {};
  const gx = dx && output(dx).fill(0);
  const gHead = dHead && output(dHead).fill(0);
  const gBias = dBias && output(dBias).fill(0);
  const logits = new Float64Array(Math.min(CHUNK, r) * v);

  for (let start = 0; start < r; start += CHUNK) {
    const count = Math.min(CHUNK, r - start);
    logits.fill(0);
    if (bias) for (let i = 0; i < count; i++) logits.set(bias, i * v);
    multiplyAdd(rows(logits, v), rows(x, h, start * h), rows(headT, v), count, v, h);
    for (let i = 0; i < count; i++) {
      if (t.ids[start + i] === t.ignoreIndex) {
        logits.fill(0, i * v, (i + 1) * v);
        continue;
      }
      const by = normalizerOf(logits, i * v, (i + 1) * v);
      losses[start + i] = rowLoss(logits, i * v, v, by, start + i, t);
      if (args.grads) rowGradient(logits, logits, i * v, v, by, start + i, scale, t);
    }
    if (gx) multiplyAdd(rows(gx, h, start * h), rows(logits, v), rows(head, h), count, h, v);
    if (gHead) multiplyAdd(rows(gHead, h), columns(logits, v), rows(x, h, start * h), v, h, count);
    if (gBias) for (let i = 0; i < count * v; i++) gBias[i % v] += logits[i];
  }
  commit(args.losses, losses);
  if (dx && gx) commit(dx, gx);
  if (dHead && gHead) commit(dHead, gHead);
  if (dBias && gBias) commit(dBias, gBias);
}
