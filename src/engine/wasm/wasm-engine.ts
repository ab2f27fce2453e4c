import { bytesOf, type DType, type TypedArray } from "../../base/dtype.js";
import { DisposedError } from "../../base/errors.js";
import type {
  AdagradStep,
  AdamStep,
  BinaryOp,
  CrossEntropyArgs,
  EngineBuffer,
  EngineDescription,
  LinearCrossEntropyArgs,
  MatmulOptions,
  Operand,
  PhiloxKey,
  ReduceOp,
  RmspropStep,
  SequenceBackwardArgs,
  SequenceForwardArgs,
  SgdStep,
  UnaryGradOp,
  UnaryOp,
} from "../engine.js";
import { notOurs, ReferenceEngine } from "../reference/reference-engine.js";
import { Core, type CoreOptions, WasmBuffer } from "./core.js";
import * as elementwise from "./elementwise.js";
import * as indexing from "./indexing.js";
import * as head from "./linear-cross-entropy.js";
import type { Variant } from "./loader.js";
import * as losses from "./losses.js";
import * as optimizers from "./optimizers.js";
import * as products from "./products.js";
import * as reductions from "./reductions.js";
import * as sequence from "./sequence.js";

const VARIANT_NAMES: Readonly<Record<Variant, string>> = { wide: "wasm-256", relaxed: "relaxed-simd", simd: "simd" };

/** How often a kernel ran in WASM, and how often the reference had to. */
export interface PathCount {
  fast: number;
  fallback: number;
}

/**
 * The kernels in WebAssembly. Each method asks a function of the same name, which does the work and returns true, or
 * returns false where it has no fast path (float64, unusual strides); then the reference kernel runs on
 * views of the same memory.
 */
export class WasmEngine extends ReferenceEngine {
  override readonly name: string = "wasm";
  readonly core: Core;
  readonly paths: Record<string, PathCount> = {};
  #bytes = 0;
  #buffers = 0;

  constructor(options: CoreOptions = {}) {
    super();
    this.core = new Core(options);
  }

  override describe(): EngineDescription {
    const { loaded, threads, oneThreadBecause } = this.core;
    const which = { name: this.name, variant: VARIANT_NAMES[loaded.variant] };
    return oneThreadBecause === undefined ? { ...which, threads } : { ...which, threads: 1, oneThreadBecause };
  }

  /** Starts the worker threads before the first kernel that wants them, and waits until they run or cannot be had. */
  async startThreads(): Promise<void> {
    await this.core.pool?.ready();
  }

  /** Ends the workers; a process ends without it too. */
  close(): void {
    this.core.close();
  }

  #count(kernel: string, fast: boolean): boolean {
    this.paths[kernel] ??= { fast: 0, fallback: 0 };
    const count = this.paths[kernel];
    if (fast) count.fast++;
    else count.fallback++;
    return fast;
  }

  override alloc(dtype: DType, length: number): EngineBuffer {
    const buffer = new WasmBuffer(dtype, length, this.core.allocator);
    this.#bytes += bytesOf(dtype, length);
    this.#buffers++;
    return buffer;
  }

  override free(buffer: EngineBuffer): void {
    const block = buffer as WasmBuffer;
    if (block.allocator !== this.core.allocator) throw notOurs();
    if (block.freed) return;
    block.freed = true;
    this.core.allocator.free(block.address);
    this.#bytes -= bytesOf(block.dtype, block.length);
    this.#buffers--;
  }

  protected override view(buffer: EngineBuffer): TypedArray {
    const block = buffer as WasmBuffer;
    if (!block.freed) return block.view(this.core.memory);
    throw new DisposedError({
      op: "engine",
      argument: "buffer",
      must: "be in use",
      value: `a freed buffer of ${buffer.length} ${buffer.dtype} elements`,
    });
  }

  /** Tensors' bytes and blocks; scratch of the kernels counts as reserved only. */
  override memory(): { bytes: number; buffers: number; reserved: number } {
    return { bytes: this.#bytes, buffers: this.#buffers, reserved: this.core.allocator.reserved };
  }

  override fill(out: Operand, value: number): void {
    if (!this.#count("fill", elementwise.fill(this.core, out, value))) super.fill(out, value);
  }

  override copy(out: Operand, x: Operand): void {
    if (!this.#count("copy", elementwise.copy(this.core, out, x))) super.copy(out, x);
  }

  override unary(op: UnaryOp, out: Operand, x: Operand): void {
    if (!this.#count("unary", elementwise.unary(this.core, op, out, x))) super.unary(op, out, x);
  }

  override unaryBackward(op: UnaryGradOp, dx: Operand, x: Operand, y: Operand, dy: Operand): void {
    const fast = elementwise.unaryBackward(this.core, op, dx, x, y, dy);
    if (!this.#count("unaryBackward", fast)) super.unaryBackward(op, dx, x, y, dy);
  }

  override binary(op: BinaryOp, out: Operand, a: Operand, b: Operand): void {
    if (!this.#count("binary", elementwise.binary(this.core, op, out, a, b))) super.binary(op, out, a, b);
  }

  override axpy(out: Operand, a: Operand, alpha: number, b: Operand): void {
    if (!this.#count("axpy", elementwise.axpy(this.core, out, a, alpha, b))) super.axpy(out, a, alpha, b);
  }

  override affine(out: Operand, x: Operand, scale: number, shift: number): void {
    if (!this.#count("affine", elementwise.affine(this.core, out, x, scale, shift))) super.affine(out, x, scale, shift);
  }

  override where(out: Operand, cond: Operand, a: Operand, b: Operand): void {
    if (!this.#count("where", elementwise.where(this.core, out, cond, a, b))) super.where(out, cond, a, b);
  }

  override dropout(out: Operand, x: Operand, p: number, key: PhiloxKey): void {
    if (!this.#count("dropout", elementwise.dropout(this.core, out, x, p, key))) super.dropout(out, x, p, key);
  }

  override reduce(op: ReduceOp, out: Operand, x: Operand, axes: number): void {
    if (!this.#count("reduce", reductions.reduce(this.core, op, out, x, axes))) super.reduce(op, out, x, axes);
  }

  override sumOfSquares(xs: readonly Operand[]): number {
    const sum = reductions.sumOfSquares(this.core, xs);
    return this.#count("sumOfSquares", sum !== null) ? sum! : super.sumOfSquares(xs);
  }

  override softmax(out: Operand, x: Operand): void {
    if (!this.#count("softmax", reductions.softmax(this.core, out, x))) super.softmax(out, x);
  }

  override logSoftmax(out: Operand, x: Operand): void {
    if (!this.#count("logSoftmax", reductions.logSoftmax(this.core, out, x))) super.logSoftmax(out, x);
  }

  override softmaxBackward(dx: Operand, y: Operand, dy: Operand): void {
    if (!this.#count("softmaxBackward", reductions.softmaxBackward(this.core, dx, y, dy))) {
      super.softmaxBackward(dx, y, dy);
    }
  }

  override logSoftmaxBackward(dx: Operand, y: Operand, dy: Operand): void {
    if (!this.#count("logSoftmaxBackward", reductions.logSoftmaxBackward(this.core, dx, y, dy))) {
      super.logSoftmaxBackward(dx, y, dy);
    }
  }

  override matmul(out: Operand, a: Operand, b: Operand, options: MatmulOptions = {}): void {
    if (!this.#count("matmul", products.matmul(this.core, out, a, b, options))) super.matmul(out, a, b, options);
  }

  override gatherRows(out: Operand, table: Operand, ids: Operand): void {
    if (!this.#count("gatherRows", indexing.gatherRows(this.core, out, table, ids))) super.gatherRows(out, table, ids);
  }

  override scatterAddRows(dTable: Operand, ids: Operand, dOut: Operand, skip?: number): void {
    const fast = indexing.scatterAddRows(this.core, dTable, ids, dOut, skip);
    if (!this.#count("scatterAddRows", fast)) super.scatterAddRows(dTable, ids, dOut, skip);
  }

  override gatherLast(out: Operand, x: Operand, index: Operand): void {
    if (!this.#count("gatherLast", indexing.gatherLast(this.core, out, x, index))) super.gatherLast(out, x, index);
  }

  override scatterAddLast(dx: Operand, index: Operand, dOut: Operand): void {
    const fast = indexing.scatterAddLast(this.core, dx, index, dOut);
    if (!this.#count("scatterAddLast", fast)) super.scatterAddLast(dx, index, dOut);
  }

  override range(x: Operand): readonly [number, number] {
    const range = indexing.range(this.core, x);
    return this.#count("range", range !== null) ? range! : super.range(x);
  }

  override crossEntropyForward(args: CrossEntropyArgs, out: Operand, normalizers: Operand): void {
    const fast = losses.crossEntropyForward(this.core, args, out, normalizers);
    if (!this.#count("crossEntropyForward", fast)) super.crossEntropyForward(args, out, normalizers);
  }

  override crossEntropyBackward(
    args: CrossEntropyArgs,
    normalizers: Operand,
    dLosses: Operand,
    dLogits: Operand,
  ): void {
    const fast = losses.crossEntropyBackward(this.core, args, normalizers, dLosses, dLogits);
    if (!this.#count("crossEntropyBackward", fast)) super.crossEntropyBackward(args, normalizers, dLosses, dLogits);
  }

  override linearCrossEntropy(args: LinearCrossEntropyArgs): void {
    if (!this.#count("linearCrossEntropy", head.linearCrossEntropy(this.core, args))) {
      super.linearCrossEntropy(args);
    }
  }

  sharesRows(dtype: DType, v: number, count: number): boolean {
    return sequence.sharesRows(dtype, v, count);
  }

  keepsRows(dtype: DType, v: number, width: number, count: number): boolean {
    return sequence.keepsRows(dtype, v, width, count);
  }

  override sequenceForward(args: SequenceForwardArgs): void {
    if (!this.#count("sequenceForward", sequence.sequenceForward(this.core, args))) super.sequenceForward(args);
  }

  override sequenceBackward(args: SequenceBackwardArgs): void {
    if (!this.#count("sequenceBackward", sequence.sequenceBackward(this.core, args))) super.sequenceBackward(args);
  }

  override sgdStep(p: Operand, grad: Operand, momentumBuffer: Operand | null, o: SgdStep): void {
    const fast = optimizers.sgdStep(this.core, p, grad, momentumBuffer, o);
    if (!this.#count("sgdStep", fast)) super.sgdStep(p, grad, momentumBuffer, o);
  }

  override adamStep(p: Operand, grad: Operand, m: Operand, v: Operand, vMax: Operand | null, o: AdamStep): void {
    const fast = optimizers.adamStep(this.core, p, grad, m, v, vMax, o);
    if (!this.#count("adamStep", fast)) super.adamStep(p, grad, m, v, vMax, o);
  }

  override rmspropStep(
    p: Operand,
    grad: Operand,
    squareAvg: Operand,
    momentumBuffer: Operand | null,
    gradAvg: Operand | null,
    o: RmspropStep,
  ): void {
    const fast = optimizers.rmspropStep(this.core, p, grad, squareAvg, momentumBuffer, gradAvg, o);
    if (!this.#count("rmspropStep", fast)) super.rmspropStep(p, grad, squareAvg, momentumBuffer, gradAvg, o);
  }

  override adagradStep(p: Operand, grad: Operand, sum: Operand, o: AdagradStep): void {
    const fast = optimizers.adagradStep(this.core, p, grad, sum, o);
    if (!this.#count("adagradStep", fast)) super.adagradStep(p, grad, sum, o);
  }
}
