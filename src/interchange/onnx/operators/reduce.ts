import { refusal } from "../../../base/check.js";
import { sizeOf } from "../../../base/shape.js";
import { sub } from "../../../tensor/ops/arithmetic.js";
import { argExtreme, extreme, logSumExp, mean, prod, sum } from "../../../tensor/ops/reduce.js";
import { cumsum } from "../../../tensor/ops/scan.js";
import { flip, reshape } from "../../../tensor/ops/shape.js";
import { topk } from "../../../tensor/ops/sort.js";
import { tril, triu } from "../../../tensor/ops/triangle.js";
import { unary } from "../../../tensor/ops/unary.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { Call, Operator } from "../call.js";
import { exactTensor, Floats, Host, hostFrom, hostOf, moved, type Value, wrapped } from "../value.js";

type Reduce = (x: Tensor, axes: number[], options: { keepDim: boolean }) => Tensor;

/** Axes are an attribute up to opset 17 (12 for ReduceSum), an input from then on. */
const reduction =
  (reduce: Reduce): Operator =>
  (call) => {
    const x = call.value(0);
    const given = call.axes(1);
    if ((given === null || given.length === 0) && call.flag("noop_with_empty_axes")) return x;
    const rank = x.shape.length;
    const axes =
      given === null || given.length === 0 ? x.shape.map((_, i) => i) : given.map((axis) => call.axis(axis, rank));
    const keepDim = call.flag("keepdims", true);
    if (rank === 0) return x;
    if (x instanceof Floats) return new Floats(x.type, reduce(x.tensor, axes, { keepDim }));
    const out = reduce(exactTensor(x), axes, { keepDim });
    return hostOf(
      x.type,
      out.shape,
      out.data().map((value) => wrapped(x.type, Math.trunc(value))),
    );
  };

const arg =
  (op: "argmax" | "argmin"): Operator =>
  (call) => {
    const x = call.value(0);
    const axis = call.axis(call.int("axis", 0), x.shape.length);
    const last = call.flag("select_last_index");
    const tensor = x instanceof Floats ? x.tensor : exactTensor(x);
    const found = argExtreme(op, last ? flip(tensor, axis) : tensor, axis, { keepDim: call.flag("keepdims", true) });
    const places = hostFrom("int64", found);
    if (!last) return places;
    return hostOf(
      "int64",
      places.shape,
      places.data.map((place) => x.shape[axis] - 1 - place),
    );
  };

export const REDUCE: Readonly<Record<string, Operator>> = {
  ReduceSum: reduction(sum),
  ReduceMean: reduction(mean),
  ReduceMax: reduction((x, axes, options) => extreme("max", x, axes, options)),
  ReduceMin: reduction((x, axes, options) => extreme("min", x, axes, options)),
  ReduceProd: reduction((x, axes, options) => prod(x, axes, options)),
  ReduceL1: reduction((x, axes, options) => sum(unary("abs", x), axes, options)),
  ReduceL2: reduction((x, axes, options) => unary("sqrt", sum(unary("square", x), axes, options))),
  ReduceSumSquare: reduction((x, axes, options) => sum(unary("square", x), axes, options)),
  ReduceLogSum: reduction((x, axes, options) => unary("log", sum(x, axes, options))),
  ReduceLogSumExp: reduction(logSumExp),
  ArgMax: arg("argmax"),
  ArgMin: arg("argmin"),
  CumSum: (call) => {
    const x = call.value(0);
    const axis = call.axis(call.number(1), x.shape.length);
    const [backwards, exclusive] = [call.flag("reverse"), call.flag("exclusive")];
    return moved(x, (tensor) => {
      const turned = backwards ? flip(tensor, axis) : tensor;
      const added = cumsum(turned, axis);
      const out = exclusive ? sub(added, turned) : added;
      return backwards ? flip(out, axis) : out;
    });
  },
  TopK: largest,
  Trilu: (call) => {
    const k = call.has(1) ? call.number(1) : 0;
    const upper = call.flag("upper", true);
    return moved(call.value(0), (x) => {
      if (x.size === 0) return x;
      return upper ? triu(x, k) : tril(x, k);
    });
  },
};

/** K is an attribute up to opset 9. */
function largest(call: Call): Value[] {
  const x = call.value(0);
  const axis = call.axis(call.int("axis", -1), x.shape.length);
  const k = call.hasAttribute("k") ? call.int("k") : call.number(1);
  if (!Number.isInteger(k) || k < 0 || k > x.shape[axis]) {
    throw refusal("TopK", "k", `be an integer in [0, ${x.shape[axis]}]`, k);
  }
  const tensor = x instanceof Floats ? x.tensor : exactTensor(x);
  const shape = x.shape.with(axis, k);
  if (sizeOf(shape) === 0) return [moved(x, (t) => reshape(t.slice(axis, 0, 0), shape)), hostOf("int64", shape, [])];
  const { values, indices } = topk(tensor, k, { axis, largest: call.flag("largest", true) });
  const kept = x instanceof Host ? hostFrom(x.type, values) : new Floats(x.type, values);
  return [kept, hostFrom("int64", indices)];
}
