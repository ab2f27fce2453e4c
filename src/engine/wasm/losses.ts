import type { CrossEntropyArgs, Operand } from "../engine.js";
import type { Core } from "./core.js";
import { areDense, isFloat32 } from "./operands.js";
import { OP_CROSS_ENTROPY, OP_CROSS_ENTROPY_BACKWARD } from "./ops.js";

/** Exponentials make a loss cost about this many times its logits. */
const COST = 4;

export function crossEntropyForward(core: Core, a: CrossEntropyArgs, losses: Operand, normalizers: Operand): boolean {
  if (!isFloat32(a.logits) || !areDense([a.logits, a.targets, a.weight, losses, normalizers])) return false;
  if (!writeWords(core, a)) return true;
  const { args, i32 } = core;
  i32[args + 7] = core.address(losses);
  i32[args + 8] = core.address(normalizers);
  launch(core, OP_CROSS_ENTROPY, a.logits);
  return true;
}

export function crossEntropyBackward(
  core: Core,
  a: CrossEntropyArgs,
  normalizers: Operand,
  dLosses: Operand,
  dLogits: Operand,
): boolean {
  if (!isFloat32(a.logits) || !areDense([a.logits, a.targets, a.weight, normalizers, dLosses, dLogits])) return false;
  if (!writeWords(core, a)) return true;
  const { args, i32 } = core;
  i32[args + 7] = core.address(normalizers);
  i32[args + 8] = core.address(dLosses);
  i32[args + 9] = core.address(dLogits);
  launch(core, OP_CROSS_ENTROPY_BACKWARD, a.logits);
  return true;
}

/** The words that both directions read; false when there is nothing to do. */
function writeWords(core: Core, a: CrossEntropyArgs): boolean {
  const [rows, classes] = a.logits.shape as [number, number];
  if (rows === 0) return false;
  const { args, i32 } = core;
  i32[args] = core.address(a.logits);
  i32[args + 1] = core.address(a.targets);
  i32[args + 2] = rows;
  i32[args + 3] = classes;
  i32[args + 4] = a.ignoreIndex;
  core.f32[args + 5] = a.labelSmoothing;
  i32[args + 6] = a.weight ? core.address(a.weight) : 0;
  return true;
}

function launch(core: Core, op: number, { shape }: Operand): void {
  core.launch(op, Math.min(core.parts(shape[0] * shape[1] * COST), shape[0]));
}
