import { power } from "../../base/power.js";
import { sizeOf } from "../../base/shape.js";
import type { AdagradStep, AdamStep, Operand, RmspropStep, SgdStep } from "../engine.js";
import type { Core } from "./core.js";
import { areDense, isFloat32 } from "./operands.js";
import { OP_ADAGRAD, OP_ADAM, OP_RMSPROP, OP_SGD } from "./ops.js";

/**
 * Writes the addresses (0 for an operand that is not there), the length and the numbers, each one word, and runs the
 * update; false when an operand has no fast path.
 */
function step(core: Core, op: number, operands: readonly (Operand | null)[], numbers: readonly number[]): boolean {
  const p = operands[0]!;
  if (!isFloat32(p) || !areDense(operands)) return false;
  const n = sizeOf(p.shape);
  if (n === 0) return true;
  const { i32, f32 } = core;
  let word = core.args;
  for (const operand of operands) i32[word++] = operand === null ? 0 : core.address(operand);
  i32[word++] = n;
  for (const value of numbers) f32[word++] = value;
  core.launch(op, core.parts(n * operands.length));
  return true;
}

export function sgdStep(core: Core, p: Operand, grad: Operand, momentumBuffer: Operand | null, o: SgdStep): boolean {
  const buffer = o.momentum === 0 ? null : momentumBuffer;
  const numbers = [o.lr, o.weightDecay, o.momentum, 1 - o.dampening, o.nesterov ? 1 : 0, o.first ? 1 : 0];
  return step(core, OP_SGD, [p, grad, buffer], numbers);
}

export function adamStep(
  core: Core,
  p: Operand,
  grad: Operand,
  m: Operand,
  v: Operand,
  vMax: Operand | null,
  o: AdamStep,
): boolean {
  return step(
    core,
    OP_ADAM,
    [p, grad, m, v, vMax],
    [
      o.decoupled ? 0 : o.weightDecay,
      o.decoupled ? 1 - o.lr * o.weightDecay : 1,
      o.beta1,
      1 - o.beta1,
      o.beta2,
      1 - o.beta2,
      1 / Math.sqrt(1 - power(o.beta2, o.step)),
      o.eps,
      o.lr / (1 - power(o.beta1, o.step)),
    ],
  );
}

export function rmspropStep(
  core: Core,
  p: Operand,
  grad: Operand,
  squareAvg: Operand,
  momentumBuffer: Operand | null,
  gradAvg: Operand | null,
  o: RmspropStep,
): boolean {
  const buffer = o.momentum > 0 ? momentumBuffer : null;
  const mean = o.centered ? gradAvg : null;
  const numbers = [o.lr, o.weightDecay, o.alpha, 1 - o.alpha, o.eps, o.momentum];
  return step(core, OP_RMSPROP, [p, grad, squareAvg, buffer, mean], numbers);
}

export function adagradStep(core: Core, p: Operand, grad: Operand, sum: Operand, o: AdagradStep): boolean {
  return step(core, OP_ADAGRAD, [p, grad, sum], [o.lr, o.weightDecay, o.eps]);
}
