import type { DType, TypedArray } from "../../src/base/dtype.js";
import { contiguousStrides, type Shape, sizeOf } from "../../src/base/shape.js";
import type { Engine, Operand } from "../../src/engine/engine.js";

/** Puts arrays into an engine as contiguous operands, and reads them back. `free()` returns all of them. */
export class Operands {
  readonly engine: Engine;
  readonly dtype: DType;
  readonly #made: Operand[] = [];

  constructor(engine: Engine, dtype: DType) {
    this.engine = engine;
    this.dtype = dtype;
  }

  /** A new operand with these values. */
  from(data: ArrayLike<number>, shape: Shape, dtype: DType = this.dtype): Operand {
    const operand = this.empty(shape, dtype);
    this.engine.write(operand.buffer, data);
    return operand;
  }

  /** A new operand full of NaN (int32: -1), so that an element that a kernel forgot shows. */
  empty(shape: Shape, dtype: DType = this.dtype): Operand {
    const size = sizeOf(shape);
    const buffer = this.engine.alloc(dtype, size);
    const filler = dtype === "int32" ? -1 : Number.NaN;
    this.engine.write(buffer, new Array<number>(size).fill(filler));
    const operand = { buffer, offset: 0, shape, strides: contiguousStrides(shape) };
    this.#made.push(operand);
    return operand;
  }

  read(operand: Operand): TypedArray {
    return this.engine.readSync(operand.buffer, operand.offset, sizeOf(operand.shape));
  }

  free(): void {
    for (const { buffer } of this.#made.splice(0)) this.engine.free(buffer);
  }
}
