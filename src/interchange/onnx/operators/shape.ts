import { broadcastShapes, sizeOf } from "../../../base/shape.js";
import { expand, permute, repeat } from "../../../tensor/ops/shape.js";
import { dropout } from "../../../tensor/ops/unary.js";
import type { Call, Operator } from "../call.js";
import { Floats, hostOf, moved, reshaped, type Value } from "../value.js";

export const SHAPE: Readonly<Record<string, Operator>> = {
  Identity: (call) => call.value(0),
  Shape: (call) => {
    const { shape } = call.value(0);
    const part = shape.slice(call.int("start", 0), call.int("end", shape.length));
    return hostOf("int64", [part.length], part);
  },
  Size: (call) => hostOf("int64", [], [sizeOf(call.value(0).shape)]),
  Reshape: reshape,
  Flatten: (call) => {
    const { shape } = call.value(0);
    const given = call.int("axis", 1);
    // Here alone an axis may be the rank itself.
    const axis = given === shape.length ? given : call.axis(given, shape.length);
    return reshaped(call.value(0), [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))]);
  },
  Squeeze: (call) => {
    const { shape } = call.value(0);
    const axes = call.axes(1)?.map((axis) => call.axis(axis, shape.length));
    for (const axis of axes ?? []) {
      if (shape[axis] !== 1) call.misshapen("input 0", `have size 1 in dimension ${axis}`, shape);
    }
    return reshaped(
      call.value(0),
      shape.filter((size, i) => (axes === undefined ? size !== 1 : !axes.includes(i))),
    );
  },
  Unsqueeze: (call) => {
    const { shape } = call.value(0);
    const given = call.axes(1) ?? call.fail("axes", "be given", "none");
    const rank = shape.length + given.length;
    const axes = given.map((axis) => call.axis(axis, rank));
    if (new Set(axes).size !== axes.length) call.fail("axes", "name each dimension once", `[${given}]`);
    const rest = shape.values();
    const out = Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : rest.next().value!));
    return reshaped(call.value(0), out);
  },
  Transpose: (call) => {
    const x = call.value(0);
    const order = call.intList("perm") ?? x.shape.map((_, i) => x.shape.length - 1 - i);
    return moved(x, (tensor) => (tensor.rank === 0 ? tensor : permute(tensor, order)));
  },
  Expand: (call) => {
    const x = call.value(0);
    const shape = broadcastShapes("Expand", x.shape, sizes(call, 1));
    return moved(x, (tensor) => expand(tensor, shape));
  },
  Tile: (call) => moved(call.value(0), (tensor) => (tensor.rank === 0 ? tensor : repeat(tensor, sizes(call, 1)))),
  Dropout: drop,
};

/** Sizes in an input: no negative ones. */
export function sizes(call: Call, place: number): number[] {
  const found = call.ints(place);
  for (const size of found) {
    if (!Number.isSafeInteger(size) || size < 0) call.fail(`input ${place}`, "hold sizes of at least 0", `[${found}]`);
  }
  return found;
}

function reshape(call: Call): Value {
  const x = call.value(0);
  const given = call.ints(1);
  const keepsZero = call.flag("allowzero");
  const shape = given.map((size, i) => (size === 0 && !keepsZero ? (x.shape[i] ?? 0) : size));
  const open = shape.indexOf(-1);
  const known = sizeOf(shape.filter((size) => size !== -1));
  if (open >= 0) shape[open] = known === 0 ? 0 : sizeOf(x.shape) / known;
  const fits = shape.every((size) => Number.isSafeInteger(size) && size >= 0) && sizeOf(shape) === sizeOf(x.shape);
  if (!fits) call.misshapen("input 0", `have as many elements as shape [${given}]`, x.shape);
  return reshaped(x, shape);
}

/** The ratio is an attribute up to opset 11. It acts where the module trains, or where the node says that it does. */
function drop(call: Call): Value | (Value | null)[] {
  const x = call.value(0);
  const acts = call.around.training || (call.has(2) && call.number(2) !== 0);
  const ratio = call.hasAttribute("ratio") ? call.float("ratio") : call.has(1) ? call.number(1) : 0.5;
  const mask = () => hostOf("bool", x.shape, new Int32Array(sizeOf(x.shape)).fill(1));
  if (!acts || ratio === 0 || !(x instanceof Floats)) return call.wanted > 1 ? [x, mask()] : x;
  if (call.wanted > 1) call.fail("output 1", "not be asked for where dropout acts", "a mask");
  return new Floats(x.type, dropout(x.tensor, ratio));
}
