import { broadcastShapes } from "../../../base/shape.js";
import type { CompareOp } from "../../../engine/engine.js";
import { compare, where } from "../../../tensor/ops/arithmetic.js";
import type { Call, Operator } from "../call.js";
import { broadcastIndex, Floats, Host, hostFrom, hostOf, indexTensor, numbersOf, type Value } from "../value.js";
import { mapped, paired } from "./elementwise.js";

const comparison =
  (op: CompareOp, int: (a: number, b: number) => boolean): Operator =>
  (call) => {
    const [a, b] = [call.value(0), call.value(1)];
    if (a instanceof Floats && b instanceof Floats) return hostFrom("bool", compare(op, a.tensor, b.tensor));
    if (a instanceof Host && b instanceof Host) return paired(call, a, b, "bool", (x, y) => (int(x, y) ? 1 : 0));
    return call.fail("the inputs", "be of one type", `${a.type} and ${b.type}`);
  };

const logical =
  (f: (a: number, b: number) => number): Operator =>
  (call) =>
    paired(call, call.host(0), call.host(1), "bool", f);

/** What holds of a float or not. */
const predicate =
  (holds: (x: number, call: Call) => boolean): Operator =>
  (call) => {
    const x = call.value(0);
    return hostOf(
      "bool",
      x.shape,
      Array.from(numbersOf(x), (value) => (holds(value, call) ? 1 : 0)),
    );
  };

export const LOGIC: Readonly<Record<string, Operator>> = {
  Equal: comparison("eq", (a, b) => a === b),
  Greater: comparison("gt", (a, b) => a > b),
  GreaterOrEqual: comparison("ge", (a, b) => a >= b),
  Less: comparison("lt", (a, b) => a < b),
  LessOrEqual: comparison("le", (a, b) => a <= b),
  And: logical((a, b) => a && b),
  Or: logical((a, b) => a || b),
  Xor: logical((a, b) => (a === b ? 0 : 1)),
  Not: (call) => mapped(call.host(0), (x) => (x === 0 ? 1 : 0)),
  IsNaN: predicate(Number.isNaN),
  IsInf: predicate(
    (x, call) =>
      (x === Infinity && call.flag("detect_positive", true)) || (x === -Infinity && call.flag("detect_negative", true)),
  ),
  Where: choose,
};

function choose(call: Call): Value {
  const mask = call.host(0);
  const [a, b] = [call.value(1), call.value(2)];
  if (a instanceof Floats && b instanceof Floats) {
    return new Floats(a.type, where(indexTensor(mask.shape, mask.data), a.tensor, b.tensor));
  }
  if (!(a instanceof Host && b instanceof Host))
    return call.fail("inputs 1 and 2", "be of one type", `${a.type} and ${b.type}`);
  const shape = broadcastShapes("Where", mask.shape, broadcastShapes("Where", a.shape, b.shape));
  const [from, left, right] = [mask, a, b].map((x) => broadcastIndex(x.shape, shape));
  return hostOf(
    a.type,
    shape,
    Array.from(from, (at, i) => (mask.data[at] === 0 ? b.data[right[i]] : a.data[left[i]])),
  );
}
