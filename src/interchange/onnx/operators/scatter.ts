import { sizeOf } from "../../../base/shape.js";
import { add, maximum, minimum, mul } from "../../../tensor/ops/arithmetic.js";
import { indexSelect } from "../../../tensor/ops/gather.js";
import { concat } from "../../../tensor/ops/join.js";
import { filled } from "../../../tensor/ops/raw.js";
import { reshape } from "../../../tensor/ops/shape.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { Call, Operator } from "../call.js";
import { indexTensor, type Value } from "../value.js";
import { checkElementIndices, rowsMeant, together } from "./select.js";

export const SCATTER: Readonly<Record<string, Operator>> = {
  ScatterND: (call) => {
    const { shape } = call.value(0);
    const indices = call.host(1);
    const rows = rowsMeant(call, indices, shape);
    return scattered(call, rows, sizeOf(shape.slice(indices.shape[indices.shape.length - 1])));
  },
  ScatterElements: scatterElements,
  Scatter: scatterElements,
};

const REDUCTIONS: Readonly<Record<string, [join: (a: Tensor, b: Tensor) => Tensor, neutral: number]>> = {
  add: [add, 0],
  mul: [mul, 1],
  max: [maximum, -Infinity],
  min: [minimum, Infinity],
};

/**
 * Input 0 as [rows, width], with the rows of input 2 in their places: each place reads the row that was written last. Where rows add up
 * (or multiply, ..), those for one place go in one after another.
 */
function scattered(call: Call, rows: readonly number[], width: number): Value {
  const reduction = call.string("reduction", "none");
  const { shape } = call.value(0);
  const updates = call.value(2);
  if (sizeOf(updates.shape) !== rows.length * width)
    call.misshapen("input 2", `hold ${rows.length * width} numbers`, updates.shape);
  return together(call, [call.value(0), updates], ([data, news]) => {
    const count = width === 0 ? 0 : data.size / width;
    const flat = reshape(data, [count, width]);
    const list = reshape(news, [rows.length, width]);
    if (reduction === "none") {
      const from = Array.from({ length: count }, (_, row) => row);
      for (const [i, row] of rows.entries()) from[row] = count + i;
      return reshape(indexSelect(concat([flat, list]), 0, indexTensor([count], from)), shape);
    }
    const [join, neutral] =
      REDUCTIONS[reduction] ?? call.fail("attribute reduction", "be none, add, mul, max or min", reduction);
    const padded = concat([list, filled(list.dtype, [1, width], neutral)]);
    const out = rounds(rows, count).reduce(
      (at, round) => join(at, indexSelect(padded, 0, indexTensor([count], round))),
      flat,
    );
    return reshape(out, shape);
  });
}

/** Which update each place takes in each round, the number of updates for none: in a round a place takes one. */
function rounds(rows: readonly number[], count: number): Int32Array[] {
  const out: Int32Array[] = [];
  const taken = new Int32Array(count);
  for (const [i, row] of rows.entries()) {
    const round = taken[row]++;
    out[round] ??= new Int32Array(count).fill(rows.length);
    out[round][row] = i;
  }
  return out;
}

function scatterElements(call: Call): Value {
  const { shape } = call.value(0);
  const indices = call.host(1);
  const axis = call.axis(call.int("axis", 0), shape.length);
  checkElementIndices(call, axis);
  const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
  const steps = indices.shape.map((_, i) => sizeOf(indices.shape.slice(i + 1)));
  const size = shape[axis];
  const places = Array.from(indices.data, (index, at) => {
    if (index < -size || index >= size) call.fail("input 1", `hold indices in [${-size}, ${size - 1}]`, `${index}`);
    return strides.reduce((sum, stride, i) => {
      const place = i === axis ? (index < 0 ? index + size : index) : Math.floor(at / steps[i]) % indices.shape[i];
      return sum + place * stride;
    }, 0);
  });
  return scattered(call, places, 1);
}
