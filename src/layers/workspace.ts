import type { DType } from "../base/dtype.js";
import { contiguousStrides, isContiguous, type Shape, sizeOf } from "../base/shape.js";
import type { Engine, EngineBuffer, Operand } from "../engine/engine.js";
import { currentEngine } from "../engine/select.js";
import { NdArray } from "./nd-array.js";

/**
 * Computes on the engine that `nn` computes on. The engine's memory is borrowed for one call: arrays are uploaded, kernels
 * run, results are downloaded, and all of it is given back, so layers hold none between calls.
 */
export function onEngine<T>(compute: (w: Workspace) => T): T {
  const workspace = new Workspace(currentEngine());
  try {
    return compute(workspace);
  } finally {
    workspace.free();
  }
}

export class Workspace {
  /** The kernels. */
  readonly engine: Engine;
  readonly #borrowed: EngineBuffer[] = [];

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** An array on the engine, read under `shape` if given. */
  upload(x: NdArray, shape: Shape = x.shape): Operand {
    const out = this.empty(shape, x.dtype);
    this.engine.write(out.buffer, x.data);
    return out;
  }

  uploadOrNull(x: NdArray | null): Operand | null {
    return x && this.upload(x);
  }

  /** Room for a result. */
  empty(shape: Shape, dtype: DType): Operand {
    const buffer = this.engine.alloc(dtype, sizeOf(shape));
    this.#borrowed.push(buffer);
    return { buffer, offset: 0, shape, strides: contiguousStrides(shape) };
  }

  filled(shape: Shape, dtype: DType, value: number): Operand {
    const out = this.empty(shape, dtype);
    this.engine.fill(out, value);
    return out;
  }

  /** The elements in row-major order, a copy of them if they lie otherwise. */
  dense(x: Operand): Operand {
    if (isContiguous(x.shape, x.strides)) return x;
    const out = this.empty(x.shape, x.buffer.dtype);
    this.engine.copy(out, x);
    return out;
  }

  download(x: Operand): NdArray {
    const { buffer, offset, shape } = this.dense(x);
    return new NdArray(this.engine.readSync(buffer, offset, sizeOf(shape)), shape);
  }

  free(): void {
    for (const buffer of this.#borrowed.splice(0)) this.engine.free(buffer);
  }
}

/** x with its last two dimensions exchanged, without moving anything. */
export function transposed(x: Operand): Operand {
  const swap = (sizes: readonly number[]) => [...sizes.slice(0, -2), sizes[sizes.length - 1], sizes[sizes.length - 2]];
  return { ...x, shape: swap(x.shape), strides: swap(x.strides) };
}
