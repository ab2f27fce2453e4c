import { expect } from "vitest";
import type { DType } from "../../src/base/dtype.js";
import { Generator } from "../../src/base/random.js";
import { contiguousStrides, type Shape, sizeOf } from "../../src/base/shape.js";
import type { Engine, Operand } from "../../src/engine/engine.js";
import { Operands } from "./operands.js";

/**
 * How an operand lies in its buffer. `offset` starts inside it; `transposed` swaps the last two dimensions; `stepped`
 * takes every second element of padded rows; the last two repeat the first or the last dimension by a stride of 0.
 */
export const LAYOUTS = ["contiguous", "offset", "transposed", "stepped", "repeatFirst", "repeatLast"] as const;
export type Layout = (typeof LAYOUTS)[number];

const GUARD = 8;
const GUARD_VALUE = 77;

export interface RandomOptions {
  layout?: Layout;
  low?: number;
  high?: number;
  dtype?: DType;
}

/** Strides and offset of `shape` in a layout. */
export function layOut(shape: Shape, layout: Layout): { offset: number; strides: number[] } {
  const rank = shape.length;
  const strides = contiguousStrides(shape);
  if (rank === 0 || layout === "contiguous") return { offset: 0, strides };
  if (layout === "transposed" && rank >= 2) {
    const swapped = [...shape.slice(0, -2), shape[rank - 1]!, shape[rank - 2]!];
    const found = contiguousStrides(swapped);
    return { offset: 0, strides: [...found.slice(0, -2), found[rank - 1]!, found[rank - 2]!] };
  }
  if (layout === "stepped" || layout === "transposed") {
    const padded = contiguousStrides([...shape.slice(0, -1), 2 * shape[rank - 1]! + 1]);
    return { offset: 1, strides: [...padded.slice(0, -1), 2] };
  }
  if (layout === "repeatFirst") return { offset: 0, strides: [0, ...strides.slice(1)] };
  if (layout === "repeatLast") return { offset: 0, strides: [...strides.slice(0, -1), 0] };
  return { offset: 3, strides };
}

/**
 * Random operands of one engine, the same numbers for the same seed whatever engine and dtype (all are exact in float32), and
 * outputs between guards, so that a write outside them shows.
 */
export class Arena extends Operands {
  readonly #random: Generator;
  readonly #own: Operand[] = [];
  readonly #guarded: Operand[] = [];

  constructor(engine: Engine, dtype: DType, seed: number) {
    super(engine, dtype);
    this.#random = new Generator(seed);
  }

  /** Uniform in [low, high); int32 takes whole numbers of that range. */
  random(shape: Shape, { layout = "contiguous", low = -1, high = 1, dtype = this.dtype }: RandomOptions = {}): Operand {
    const { offset, strides } = layOut(shape, layout);
    const span = shape.some((size) => size === 0)
      ? 0
      : shape.reduce((sum, size, d) => sum + (size - 1) * strides[d]!, 1);
    // Most of the conformance suites' time goes here: Array.from takes ten times as long as a loop.
    const data = new Float64Array(offset + span);
    for (let i = 0; i < data.length; i++) data[i] = low + (high - low) * this.#random.uniform();
    if (dtype === "int32") for (let i = 0; i < data.length; i++) data[i] = Math.floor(data[i]!);
    else data.set(new Float32Array(data));
    const buffer = this.engine.alloc(dtype, data.length);
    this.engine.write(buffer, data);
    const operand = { buffer, offset, shape, strides };
    this.#own.push(operand);
    return operand;
  }

  /** Whole numbers in [low, high). */
  integers(shape: Shape, low: number, high: number, layout: Layout = "contiguous"): Operand {
    return this.random(shape, { layout, low, high, dtype: "int32" });
  }

  /** An output full of NaN (int32: -1), `aligned` to its buffer or not, between guards. */
  out(shape: Shape, { dtype = this.dtype, aligned = true }: { dtype?: DType; aligned?: boolean } = {}): Operand {
    const size = sizeOf(shape);
    const offset = aligned ? 0 : GUARD - 1;
    const buffer = this.engine.alloc(dtype, offset + size + GUARD);
    const filler = dtype === "int32" ? -1 : Number.NaN;
    const data = new Float64Array(offset + size + GUARD).fill(GUARD_VALUE).fill(filler, offset, offset + size);
    this.engine.write(buffer, data);
    const operand = { buffer, offset, shape, strides: contiguousStrides(shape) };
    this.#own.push(operand);
    this.#guarded.push(operand);
    return operand;
  }

  /** Fails when an element next to an output was written. */
  expectGuards(): void {
    for (const { buffer, offset, shape } of this.#guarded) {
      const all = this.engine.readSync(buffer);
      const outside = [all.subarray(0, offset), all.subarray(offset + sizeOf(shape))];
      expect(
        outside.every((part) => part.every((value) => value === GUARD_VALUE)),
        `elements around an output of [${shape}] are untouched`,
      ).toBe(true);
    }
  }

  override free(): void {
    super.free();
    for (const { buffer } of this.#own.splice(0)) this.engine.free(buffer);
    this.#guarded.length = 0;
  }
}
