import { BYTES_PER_ELEMENT } from "../../base/dtype.js";
import { isContiguous, sizeOf } from "../../base/shape.js";
import type { Operand } from "../engine.js";
import type { Core } from "./core.js";
import { OP_COPY } from "./ops.js";

/** Dimensions that the copy kernel takes. */
const COPY_RANK = 4;

export function isDense(x: Operand): boolean {
  return isContiguous(x.shape, x.strides);
}

export function areDense(xs: readonly (Operand | null | undefined)[]): boolean {
  return xs.every((x) => x === null || x === undefined || isDense(x));
}

export function isFloat32(x: Operand): boolean {
  return x.buffer.dtype === "float32";
}

/** One dimension of several operands that are walked together: its size and each one's stride in elements. */
export interface Dimension {
  size: number;
  strides: number[];
}

/** The fewest dimensions that walk all operands alike: those of size 1 go, and neighbours join where every operand allows it. */
export function joinDimensions(shape: readonly number[], strides: readonly (readonly number[])[]): Dimension[] {
  const joined: Dimension[] = [];
  for (let d = 0; d < shape.length; d++) {
    const size = shape[d];
    if (size === 1) continue;
    const steps = strides.map((s) => s[d]);
    const last = joined.at(-1);
    if (last?.strides.every((stride, k) => stride === steps[k] * size)) {
      last.size *= size;
      last.strides = steps;
    } else {
      joined.push({ size, strides: steps });
    }
  }
  return joined;
}

/**
 * Copies x, of 4-byte elements, to the byte address `to`, laid out by `strides`.
 * @returns whether the kernel could: at most four dimensions after joining
 */
export function copyTo(core: Core, to: number, strides: readonly number[], x: Operand): boolean {
  const plain = isDense(x) && isContiguous(x.shape, strides);
  const dims = plain ? [{ size: sizeOf(x.shape), strides: [1, 1] }] : joinDimensions(x.shape, [strides, x.strides]);
  if (dims.length > COPY_RANK) return false;
  order(dims);
  const { args } = core;
  const i32 = core.i32;
  i32[args] = to;
  i32[args + 1] = core.address(x);
  const lead = COPY_RANK - dims.length;
  for (let d = 0; d < COPY_RANK; d++) {
    const dim = dims[d - lead];
    i32[args + 2 + d] = dim ? dim.size : 1;
    i32[args + 6 + d] = dim ? dim.strides[0] * 4 : 4;
    i32[args + 10 + d] = dim ? dim.strides[1] * 4 : 4;
  }
  core.launch(OP_COPY, core.parts(sizeOf(x.shape)));
  return true;
}

/** In any order the copy is the same: put the dimension where `out` is contiguous last, and the one where x is before it. */
function order(dims: Dimension[]): void {
  if (dims.length < 2) return;
  const inner = dims.findIndex((d) => d.strides[0] === 1);
  if (inner < 0) return;
  dims.push(...dims.splice(inner, 1));
  const across = dims.findIndex((d) => d.strides[1] === 1);
  if (across >= 0 && across < dims.length - 2) dims.splice(dims.length - 2, 0, ...dims.splice(across, 1));
}

/** Contiguous copies of operands that are not, for the length of one kernel. */
export class Temporaries {
  readonly #core: Core;
  readonly #blocks: number[] = [];

  constructor(core: Core) {
    this.#core = core;
  }

  /** The byte address of x's elements in row-major order, in a copy if need be; -1 when the copy kernel cannot. May move `core.i32`. */
  dense(x: Operand): number {
    if (isDense(x)) return this.#core.address(x);
    let step = 1;
    const strides = new Array<number>(x.shape.length);
    for (let d = strides.length - 1; d >= 0; d--) {
      strides[d] = step;
      step *= x.shape[d];
    }
    const at = this.#core.allocator.alloc(step * BYTES_PER_ELEMENT[x.buffer.dtype]);
    this.#blocks.push(at);
    return copyTo(this.#core, at, strides, x) ? at : -1;
  }

  free(): void {
    for (const at of this.#blocks) this.#core.allocator.free(at);
  }
}
