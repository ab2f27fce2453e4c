import { sizeOf } from "../../../base/shape.js";
import { embedding } from "../../../nn/functional/embedding.js";
import { gather, indexSelect } from "../../../tensor/ops/gather.js";
import { concat, split } from "../../../tensor/ops/join.js";
import { flip, reshape } from "../../../tensor/ops/shape.js";
import { narrow, slice } from "../../../tensor/ops/slice.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { Call, Operator } from "../call.js";
import {
  exactTensor,
  Floats,
  type Host,
  hostFrom,
  hostOf,
  indexTensor,
  moved,
  numbersOf,
  type Value,
} from "../value.js";

export const SELECT: Readonly<Record<string, Operator>> = {
  Concat: (call) => {
    const parts = call.inputs.map((_, place) => call.value(place));
    return together(call, parts, (tensors) => concat(tensors, call.axis(call.int("axis"), tensors[0].rank)));
  },
  Split: cut,
  Slice: slices,
  Gather: pick,
  GatherElements: pickElements,
  GatherND: pickRows,
  Compress: (call) => {
    const condition = call.host(1);
    const kept = Array.from(condition.data).flatMap((value, i) => (value === 0 ? [] : [i]));
    const flat = !call.hasAttribute("axis");
    return moved(call.value(0), (x) => {
      const whole = flat ? reshape(x, [x.size]) : x;
      const axis = flat ? 0 : call.axis(call.int("axis"), x.rank);
      if (condition.data.length > whole.shape[axis])
        call.misshapen("input 1", `have at most ${whole.shape[axis]} elements`, condition.shape);
      return indexSelect(whole, axis, indexTensor([kept.length], kept));
    });
  },
  NonZero: (call) => {
    const x = call.value(0);
    const numbers = numbersOf(x);
    const found: number[] = [];
    for (let i = 0; i < numbers.length; i++) if (numbers[i] !== 0) found.push(i);
    const rank = x.shape.length;
    const out = Array.from({ length: rank }, (_, axis) => {
      const step = sizeOf(x.shape.slice(axis + 1));
      return found.map((at) => Math.floor(at / step) % x.shape[axis]);
    });
    return hostOf("int64", [rank, found.length], out.flat());
  },
  ReverseSequence: reversed,
};

/** One value of several of a kind. */
export function together(call: Call, parts: readonly Value[], join: (tensors: Tensor[]) => Tensor): Value {
  const [first] = parts;
  if (first === undefined) return call.fail("the inputs", "be one at least", "none");
  if (parts.some(({ type }) => type !== first.type)) {
    call.fail("the inputs", "be of one type", parts.map(({ type }) => type).join(", "));
  }
  if (first instanceof Floats) return new Floats(first.type, join((parts as Floats[]).map(({ tensor }) => tensor)));
  return hostFrom(first.type, join((parts as Host[]).map(exactTensor)));
}

function cut(call: Call): Value[] {
  const x = call.value(0);
  const axis = call.axis(call.int("axis", 0), x.shape.length);
  const size = x.shape[axis];
  const count = call.hasAttribute("num_outputs") ? call.int("num_outputs") : call.wanted;
  const each = Math.ceil(size / count);
  const equal = Array.from({ length: count }, (_, i) => Math.max(0, Math.min(each, size - i * each)));
  const given = call.intList("split") ?? call.optionalInts(1) ?? equal;
  const sum = given.reduce((a, b) => a + b, 0);
  if (sum !== size || given.some((part) => part < 0)) {
    call.misshapen("input 0", `have size ${sum} in dimension ${axis}, that of parts [${given}]`, x.shape);
  }
  if (x instanceof Floats) return split(x.tensor, given, axis).map((part) => new Floats(x.type, part));
  return split(exactTensor(x), given, axis).map((part) => hostFrom(x.type, part));
}

/** Starts, ends, axes and steps are attributes up to opset 9, inputs from 10 on. */
function slices(call: Call): Value {
  const x = call.value(0);
  const list = (place: number, name: string) => call.intList(name) ?? call.optionalInts(place);
  const starts = list(1, "starts") ?? call.fail("starts", "be given", "none");
  const ends = list(2, "ends") ?? call.fail("ends", "be given", "none");
  const axes = list(3, "axes") ?? starts.map((_, i) => i);
  const steps = list(4, "steps") ?? starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    call.fail(
      "starts, ends, axes and steps",
      "be equally many",
      `${[starts, ends, axes, steps].map(({ length }) => length)}`,
    );
  }
  return moved(x, (tensor) =>
    axes.reduce((at, axis, i) => oneSlice(call, at, call.axis(axis, at.rank), starts[i], ends[i], steps[i]), tensor),
  );
}

function oneSlice(call: Call, x: Tensor, axis: number, start: number, end: number, by: number): Tensor {
  const size = x.shape[axis];
  if (by === 0) return call.fail("steps", "not be 0", "0");
  const within = (place: number, least: number, most: number) =>
    Math.min(Math.max(place < 0 ? place + size : place, least), most);
  if (by > 0) return slice(x, axis, within(start, 0, size), within(end, 0, size), Math.min(by, Math.max(size, 1)));
  const first = within(start, -1, size - 1);
  const last = within(end, -1, size - 1);
  // Read from the back, place p is size - 1 - p.
  return slice(
    flip(x, axis),
    axis,
    size - 1 - first,
    Math.max(size - 1 - last, size - 1 - first),
    Math.min(-by, Math.max(size, 1)),
  );
}

/** Indices of a dimension, those that count from the end included. */
function indicesOf(call: Call, place: number, size: number): number[] {
  return Array.from(call.host(place).data, (index) => {
    if (index < -size || index >= size)
      call.fail(`input ${place}`, `hold indices in [${-size}, ${size - 1}]`, `${index}`);
    return index < 0 ? index + size : index;
  });
}

function pick(call: Call): Value {
  const x = call.value(0);
  const axis = call.axis(call.int("axis", 0), x.shape.length);
  const { shape } = call.host(1);
  const indices = indicesOf(call, 1, x.shape[axis]);
  const ids = (as: readonly number[]) => indexTensor(as, indices);
  // A recurrent layer knows the rows of a table again.
  if (x instanceof Floats && x.shape.length === 2 && axis === 0 && shape.length > 0) {
    return new Floats(x.type, embedding(x.tensor, ids(shape)));
  }
  const out = [...x.shape.slice(0, axis), ...shape, ...x.shape.slice(axis + 1)];
  return moved(x, (tensor) => reshape(indexSelect(tensor, axis, ids([indices.length])), out));
}

/** Input 1 has the dimensions of input 0, and is no longer than that but along the axis. */
export function checkElementIndices(call: Call, axis: number): void {
  const [whole, { shape }] = [call.value(0).shape, call.host(1)];
  const fits = shape.length === whole.length && shape.every((size, i) => i === axis || size <= whole[i]);
  if (!fits) call.misshapen("input 1", `have at most the sizes of [${whole}]`, shape);
}

function pickElements(call: Call): Value {
  const x = call.value(0);
  const axis = call.axis(call.int("axis", 0), x.shape.length);
  const { shape } = call.host(1);
  checkElementIndices(call, axis);
  const index = indexTensor(shape, indicesOf(call, 1, x.shape[axis]));
  return moved(x, (tensor) => {
    const part = shape.reduce((at, size, i) => (i === axis ? at : narrow(at, i, 0, size)), tensor);
    return gather(part, axis, index);
  });
}

/** For each of the tuples of indices in the last dimension, which row of [rows, width] it means. */
export function rowsMeant(call: Call, indices: Host, shape: readonly number[], batch = 0): number[] {
  const depth = indices.shape[indices.shape.length - 1] ?? 0;
  const used = shape.slice(batch, batch + depth);
  if (indices.shape.length === 0 || used.length < depth) {
    call.misshapen("the indices", `end in at most ${shape.length - batch} indices`, indices.shape);
  }
  const perBatch = sizeOf(indices.shape.slice(batch, -1));
  const rowsOfBatch = sizeOf(used);
  const count = sizeOf(indices.shape.slice(0, -1));
  return Array.from({ length: count }, (_, tuple) => {
    let row = 0;
    for (const [d, size] of used.entries()) {
      const index = indices.data[tuple * depth + d];
      if (index < -size || index >= size) call.fail("the indices", `lie in [${-size}, ${size - 1}]`, `${index}`);
      row = row * size + (index < 0 ? index + size : index);
    }
    return (batch === 0 ? 0 : Math.floor(tuple / perBatch) * rowsOfBatch) + row;
  });
}

function pickRows(call: Call): Value {
  const x = call.value(0);
  const indices = call.host(1);
  const batch = call.int("batch_dims", 0);
  const leads = `${indices.shape.slice(0, batch)}` === `${x.shape.slice(0, batch)}`;
  if (batch < 0 || batch >= Math.min(indices.shape.length, x.shape.length) || !leads) {
    call.fail(
      "attribute batch_dims",
      `count first dimensions that [${x.shape}] and [${indices.shape}] share`,
      `${batch}`,
    );
  }
  const rows = rowsMeant(call, indices, x.shape, batch);
  const inner = x.shape.slice(batch + indices.shape[indices.shape.length - 1]);
  const width = sizeOf(inner);
  return moved(x, (tensor) => {
    const flat = reshape(tensor, [width === 0 ? 0 : tensor.size / width, width]);
    return reshape(indexSelect(flat, 0, indexTensor([rows.length], rows)), [...indices.shape.slice(0, -1), ...inner]);
  });
}

/** The first steps of each sequence, turned about. */
function reversed(call: Call): Value {
  const x = call.value(0);
  const [time, batch] = [call.int("time_axis", 0), call.int("batch_axis", 1)];
  const lengths = call.ints(1);
  if (x.shape.length < 2 || time < 0 || batch < 0 || time + batch !== 1)
    call.misshapen("input 0", "have time and batch in its first two dimensions", x.shape);
  const [rows, columns] = x.shape as [number, number];
  if (lengths.length !== x.shape[batch] || lengths.some((length) => length < 0 || length > x.shape[time]))
    call.fail("input 1", `be ${x.shape[batch]} lengths in [0, ${x.shape[time]}]`, `[${lengths}]`);
  const index = Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    const [t, n] = time === 0 ? [i, j] : [j, i];
    const from = t < lengths[n] ? lengths[n] - 1 - t : t;
    return time === 0 ? from * columns + n : n * columns + from;
  });
  return moved(x, (tensor) => {
    const flat = reshape(tensor, [rows * columns, sizeOf(tensor.shape.slice(2))]);
    return reshape(indexSelect(flat, 0, indexTensor([index.length], index)), tensor.shape);
  });
}
