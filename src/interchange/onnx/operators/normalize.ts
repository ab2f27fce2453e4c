import { sizeOf } from "../../../base/shape.js";
import { arange } from "../../../tensor/create.js";
import { add, compare, div, mul, sub } from "../../../tensor/ops/arithmetic.js";
import { cast } from "../../../tensor/ops/cast.js";
import { argExtreme, mean, sum } from "../../../tensor/ops/reduce.js";
import { reshape } from "../../../tensor/ops/shape.js";
import { logSoftmax, softmax } from "../../../tensor/ops/softmax.js";
import { unary } from "../../../tensor/ops/unary.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { Call, Operator } from "../call.js";
import { Floats, type Value } from "../value.js";

const KEEP = { keepDim: true };

/** Up to opset 12 all dimensions from the axis on are one, and the axis is 1 where it is left out. */
const overAxis =
  (f: (x: Tensor, axis: number) => Tensor): Operator =>
  (call) => {
    const x = call.tensor(0);
    if (call.opset >= 13) return call.like(0, f(x, call.axis(call.int("axis", -1), x.rank)));
    const given = call.int("axis", 1);
    const axis = given === x.rank ? given : call.axis(given, x.rank);
    const flat = reshape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]);
    return call.like(0, reshape(f(flat, 1), x.shape));
  };

export const NORMALIZE: Readonly<Record<string, Operator>> = {
  Softmax: overAxis(softmax),
  LogSoftmax: overAxis(logSoftmax),
  Hardmax: overAxis((x, axis) => {
    const places = argExtreme("argmax", x, axis, KEEP);
    const index = arange(0, x.shape[axis], 1, { dtype: "int32" });
    const along = reshape(index, [x.shape[axis], ...x.shape.slice(axis + 1).map(() => 1)]);
    return cast(compare("eq", along, places), x.dtype);
  }),
  BatchNormalization: batchNormalization,
  InstanceNormalization: (call) => {
    const x = call.tensor(0);
    const axes = x.shape.map((_, i) => i).slice(2);
    const [centred, scale] = standard(x, axes, call.float("epsilon", 1e-5));
    return call.like(0, add(mul(mul(centred, scale), along(call.tensor(1), x)), along(call.tensor(2), x)));
  },
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  RMSNormalization: (call) => {
    const x = call.tensor(0);
    const axis = call.axis(call.int("axis", -1), x.rank);
    const axes = x.shape.map((_, i) => i).slice(axis);
    const size = unary("rsqrt", add(mean(unary("square", x), axes, KEEP), call.float("epsilon", 1e-5)));
    return call.like(0, mul(mul(x, size), call.tensor(1)));
  },
  MeanVarianceNormalization: (call) => {
    const x = call.tensor(0);
    const axes = call.intList("axes") ?? [0, 2, 3];
    const [centred] = standard(x, axes, 0);
    const deviation = unary("sqrt", mean(unary("square", centred), axes, KEEP));
    return call.like(0, div(centred, add(deviation, 1e-9)));
  },
  LpNormalization: (call) => {
    const x = call.tensor(0);
    const axis = call.axis(call.int("axis", -1), x.rank);
    const p = call.int("p", 2);
    if (p !== 1 && p !== 2) call.fail("attribute p", "be 1 or 2", `${p}`);
    const size = p === 1 ? sum(unary("abs", x), axis, KEEP) : unary("sqrt", sum(unary("square", x), axis, KEEP));
    return call.like(0, div(x, size));
  },
};

/** [C] along dimension 1. */
function along(of: Tensor, x: Tensor): Tensor {
  return reshape(of, [of.size, ...x.shape.slice(2).map(() => 1)]);
}

/** x less its mean, and what to multiply that by for a variance of 1. */
function standard(x: Tensor, axes: number[], eps: number): [centred: Tensor, scale: Tensor, average: Tensor] {
  const average = mean(x, axes, KEEP);
  const centred = sub(x, average);
  return [centred, unary("rsqrt", add(mean(unary("square", centred), axes, KEEP), eps)), average];
}

/**
 * By the running statistics, also where the module trains: a network that is tuned keeps them. With training_mode by the batch, and they
 * come out moved towards it.
 */
function batchNormalization(call: Call): Value | Value[] {
  const [x, weight, bias, runningMean, runningVar] = [0, 1, 2, 3, 4].map((place) => call.tensor(place)) as Tensor[];
  if (x.rank < 2 || [weight, bias, runningMean, runningVar].some(({ size }) => size !== x.shape[1])) {
    call.misshapen("input 0", `have shape [N, ${weight.size}, ..]`, x.shape);
  }
  const eps = call.float("epsilon", 1e-5);
  const put = (centred: Tensor, scale: Tensor) => add(mul(centred, mul(scale, along(weight, x))), along(bias, x));
  if (!call.flag("training_mode")) {
    return call.like(0, put(sub(x, along(runningMean, x)), along(unary("rsqrt", add(runningVar, eps)), x)));
  }
  const axes = x.shape.map((_, i) => i).filter((i) => i !== 1);
  const [centred, scale, average] = standard(x, axes, eps);
  const momentum = call.float("momentum", 0.9);
  const towards = (running: Tensor, batch: Tensor) =>
    call.like(0, add(mul(running, momentum), mul(reshape(batch, running.shape), 1 - momentum)));
  const variance = mean(unary("square", centred), axes, KEEP);
  return [call.like(0, put(centred, scale)), towards(runningMean, average), towards(runningVar, variance)];
}

function layerNormalization(call: Call): Value[] {
  const x = call.tensor(0);
  const axis = call.axis(call.int("axis", -1), x.rank);
  const axes = x.shape.map((_, i) => i).slice(axis);
  const [centred, scale, average] = standard(x, axes, call.float("epsilon", 1e-5));
  const scaled = mul(mul(centred, scale), call.tensor(1));
  const y = call.has(2) ? add(scaled, call.tensor(2)) : scaled;
  return [call.like(0, y), new Floats("float", average), new Floats("float", scale)];
}

/** Weights are one a group up to opset 20, one a channel from 21 on. */
function groupNormalization(call: Call): Value {
  const x = call.tensor(0);
  const groups = call.positiveInt("num_groups");
  const [n, c] = x.shape as [number, number];
  if (x.rank < 3 || c % groups !== 0) call.misshapen("input 0", `have a multiple of ${groups} channels`, x.shape);
  const apart = reshape(x, [n, groups, (c / groups) * sizeOf(x.shape.slice(2))]);
  const [centred, scale] = standard(apart, [2], call.float("epsilon", 1e-5));
  const even = mul(centred, scale);
  const [weight, bias] = [call.tensor(1), call.tensor(2)];
  if (weight.size === groups && call.opset < 21) {
    return call.like(0, reshape(add(mul(even, reshape(weight, [groups, 1])), reshape(bias, [groups, 1])), x.shape));
  }
  return call.like(0, add(mul(reshape(even, x.shape), along(weight, x)), along(bias, x)));
}
