import type { TypedArray } from "../base/dtype.js";
import { formatShape, type Shape } from "../base/shape.js";

/** Longer dimensions show their ends. */
const EDGE = 3;
const MOST = 2 * EDGE + 2;

/** What `format.ts` needs of a tensor. */
interface Printable {
  readonly shape: Shape;
  readonly dtype: string;
  readonly requiresGrad: boolean;
  readonly disposed: boolean;
  readonly node: { name: string } | null;
  data(): TypedArray;
}

/**
 * `tensor([[0.1000, -2.0000], ...], shape=[2, 2], float32, requiresGrad)`: numbers in columns, four decimals for floats,
 * exponents when their range asks for it, long dimensions cut.
 */
export function formatTensor(tensor: Printable): string {
  const parts = [`shape=${formatShape(tensor.shape)}`, tensor.dtype];
  if (tensor.node) parts.push(`from ${tensor.node.name}`);
  else if (tensor.requiresGrad) parts.push("requiresGrad");
  if (tensor.disposed) return `tensor(released, ${parts.join(", ")})`;
  return `tensor(${formatValues(tensor.data(), tensor.shape, tensor.dtype)}, ${parts.join(", ")})`;
}

function formatValues(data: TypedArray, shape: Shape, dtype: string): string {
  const number = numberFormat(data, dtype);
  const width = shape.length === 0 ? 0 : Math.max(0, ...shown(data, shape).map((value) => number(value).length));
  const build = (axis: number, at: number, step: number, indent: string): string => {
    if (axis === shape.length) return number(data[at]).padStart(width);
    const size = shape[axis];
    const inner = step / Math.max(size, 1);
    const rows = visible(size).map((i) => (i < 0 ? "..." : build(axis + 1, at + i * inner, inner, `${indent} `)));
    const last = axis === shape.length - 1;
    return `[${rows.join(last ? ", " : `,${"\n".repeat(Math.min(2, shape.length - 1 - axis))}${indent} `)}]`;
  };
  return build(0, 0, data.length, "       ");
}

/** The indices of a dimension that are shown, with -1 for the gap. */
function visible(size: number): number[] {
  const all = Array.from({ length: size }, (_, i) => i);
  return size <= MOST ? all : [...all.slice(0, EDGE), -1, ...all.slice(-EDGE)];
}

function shown(data: TypedArray, shape: Shape): number[] {
  let offsets = [0];
  let step = data.length;
  for (const size of shape) {
    step /= Math.max(size, 1);
    const inner = step;
    offsets = offsets.flatMap((at) =>
      visible(size)
        .filter((i) => i >= 0)
        .map((i) => at + i * inner),
    );
  }
  return offsets.filter((at) => at < data.length).map((at) => data[at]);
}

function numberFormat(data: TypedArray, dtype: string): (value: number) => string {
  if (dtype === "int32") return String;
  let low = Infinity;
  let high = 0;
  for (const value of data) {
    const size = Math.abs(value);
    if (size === 0 || !Number.isFinite(size)) continue;
    low = Math.min(low, size);
    high = Math.max(high, size);
  }
  const wide = high >= 1e6 || (high > 0 && high < 1e-3) || high / low > 1e7;
  return (value) => {
    if (!Number.isFinite(value)) return String(value).replace("Infinity", "inf").replace("NaN", "nan");
    return wide ? value.toExponential(4) : value.toFixed(4);
  };
}
