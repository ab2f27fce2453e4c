import { bytesOf, type DType, type TypedArray, typedArray } from "../../base/dtype.js";
import { DisposedError, NO_GRAD, OptionError, UnsupportedError } from "../../base/errors.js";
import { sizeOf } from "../../base/shape.js";
import type * as E from "../engine.js";
import { crossEntropyBackward, crossEntropyForward } from "./cross-entropy.js";
import { dropout } from "./dropout.js";
import { affine, axpy, binary, copy, fill, where } from "./elementwise.js";
import { gruBackward, gruForward } from "./gru.js";
import { gatherLast, gatherRows, range, scatterAddLast, scatterAddRows } from "./indexing.js";
import { linearCrossEntropy } from "./linear-cross-entropy.js";
import { lstmBackward, lstmForward } from "./lstm.js";
import { matmul } from "./matmul.js";
import { adagradStep, adamStep, rmspropStep, sgdStep } from "./optimizers.js";
import { reduce, sumOfSquares } from "./reduce.js";
import { rnnBackward, rnnForward } from "./rnn.js";
import { logSoftmax, logSoftmaxBackward, softmax, softmaxBackward } from "./softmax.js";
import { type Resolved, releaseScratch, type Strided } from "./strided.js";
import { unary, unaryBackward } from "./unary-functions.js";

type Operand = E.Operand;

/** Memory of the reference engine: an array of JavaScript's own; null once freed. */
interface HostBuffer extends E.EngineBuffer {
  readonly engine: ReferenceEngine;
  data: TypedArray | null;
}

/**
 * The complete engine in readable TypeScript: the oracle that every other engine is tested against, and the one they
 * fall back on. An engine whose memory JavaScript can see extends it: it overrides the storage methods and `view`,
 * replaces the kernels it is faster at, and calls `super` for the rest.
 */
export class ReferenceEngine implements E.Engine {
  readonly name: string = "reference";
  #bytes = 0;
  #buffers = 0;

  describe(): E.EngineDescription {
    return { name: this.name, variant: "typescript", threads: 1 };
  }

  alloc(dtype: DType, length: number): E.EngineBuffer {
    const bytes = bytesOf(dtype, length);
    const buffer: HostBuffer = { dtype, length, engine: this, data: arrayFor(dtype, length) };
    this.#bytes += bytes;
    this.#buffers += 1;
    return buffer;
  }

  free(buffer: E.EngineBuffer): void {
    const host = buffer as HostBuffer;
    if (host.engine !== this) throw notOurs();
    if (!host.data) return;
    host.data = null;
    this.#bytes -= bytesOf(host.dtype, host.length);
    this.#buffers -= 1;
  }

  /** The whole of a buffer's memory, good until the next `alloc`. The one method through which kernels reach it. */
  protected view(buffer: E.EngineBuffer): TypedArray {
    const { data } = buffer as HostBuffer;
    if (data) return data;
    throw new DisposedError({
      op: "engine",
      argument: "buffer",
      must: "be in use",
      value: `a freed buffer of ${buffer.length} ${buffer.dtype} elements`,
    });
  }

  write(buffer: E.EngineBuffer, data: ArrayLike<number>, offset = 0): void {
    this.view(buffer).set(data, offset);
  }

  async read(buffer: E.EngineBuffer, offset?: number, length?: number): Promise<TypedArray> {
    return this.readSync(buffer, offset, length);
  }

  readSync(buffer: E.EngineBuffer, offset = 0, length = buffer.length - offset, to?: TypedArray): TypedArray {
    const all = this.view(buffer);
    if (to === undefined) return all.slice(offset, offset + length);
    to.set(length === all.length ? all : all.subarray(offset, offset + length));
    return to;
  }

  memory(): { bytes: number; buffers: number; reserved: number } {
    return { bytes: this.#bytes, buffers: this.#buffers, reserved: this.#bytes };
  }

  /** The operand with the memory behind it, as the plain kernel functions take it. */
  protected strided(x: Operand): Strided {
    releaseScratch();
    return { data: this.view(x.buffer), offset: x.offset, shape: x.shape, strides: x.strides };
  }

  protected maybe(x: Operand | null | undefined): Strided | null {
    return x ? this.strided(x) : null;
  }

  /** `args` with every operand in it, however deep, as a strided view. */
  protected resolve<T extends object>(args: T): Resolved<T> {
    if ("buffer" in args) return this.strided(args as unknown as Operand) as Resolved<T>;
    const out: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(args)) {
      out[key] = value !== null && typeof value === "object" ? this.resolve(value) : value;
    }
    return out as Resolved<T>;
  }

  fill(out: Operand, value: number): void {
    fill(this.strided(out), value);
  }

  copy(out: Operand, x: Operand): void {
    copy(this.strided(out), this.strided(x));
  }

  unary(op: E.UnaryOp, out: Operand, x: Operand): void {
    unary(op, this.strided(out), this.strided(x));
  }

  unaryBackward(op: E.UnaryGradOp, dx: Operand, x: Operand, y: Operand, dy: Operand): void {
    unaryBackward(op, this.strided(dx), this.strided(x), this.strided(y), this.strided(dy));
  }

  binary(op: E.BinaryOp, out: Operand, a: Operand, b: Operand): void {
    binary(op, this.strided(out), this.strided(a), this.strided(b));
  }

  axpy(out: Operand, a: Operand, alpha: number, b: Operand): void {
    axpy(this.strided(out), this.strided(a), alpha, this.strided(b));
  }

  affine(out: Operand, x: Operand, scale: number, shift: number): void {
    affine(this.strided(out), this.strided(x), scale, shift);
  }

  where(out: Operand, cond: Operand, a: Operand, b: Operand): void {
    where(this.strided(out), this.strided(cond), this.strided(a), this.strided(b));
  }

  dropout(out: Operand, x: Operand, p: number, key: E.PhiloxKey): void {
    dropout(this.strided(out), this.strided(x), p, key);
  }

  reduce(op: E.ReduceOp, out: Operand, x: Operand, axes: number): void {
    reduce(op, this.strided(out), this.strided(x), axes);
  }

  sumOfSquares(xs: readonly Operand[]): number {
    return sumOfSquares(xs.map((x) => this.strided(x)));
  }

  softmax(out: Operand, x: Operand): void {
    softmax(this.strided(out), this.strided(x));
  }

  logSoftmax(out: Operand, x: Operand): void {
    logSoftmax(this.strided(out), this.strided(x));
  }

  softmaxBackward(dx: Operand, y: Operand, dy: Operand): void {
    softmaxBackward(this.strided(dx), this.strided(y), this.strided(dy));
  }

  logSoftmaxBackward(dx: Operand, y: Operand, dy: Operand): void {
    logSoftmaxBackward(this.strided(dx), this.strided(y), this.strided(dy));
  }

  matmul(out: Operand, a: Operand, b: Operand, options: E.MatmulOptions = {}): void {
    const { bias, accumulate = false } = options;
    matmul(this.strided(out), this.strided(a), this.strided(b), this.maybe(bias), accumulate);
  }

  gatherRows(out: Operand, table: Operand, ids: Operand): void {
    gatherRows(this.strided(out), this.strided(table), this.strided(ids));
  }

  scatterAddRows(dTable: Operand, ids: Operand, dOut: Operand, skip?: number): void {
    scatterAddRows(this.strided(dTable), this.strided(ids), this.strided(dOut), skip);
  }

  gatherLast(out: Operand, x: Operand, index: Operand): void {
    gatherLast(this.strided(out), this.strided(x), this.strided(index));
  }

  scatterAddLast(dx: Operand, index: Operand, dOut: Operand): void {
    scatterAddLast(this.strided(dx), this.strided(index), this.strided(dOut));
  }

  range(x: Operand): readonly [number, number] {
    return range(this.strided(x));
  }

  crossEntropyForward(args: E.CrossEntropyArgs, losses: Operand, normalizers: Operand): void {
    crossEntropyForward(this.resolve(args), this.strided(losses), this.strided(normalizers));
  }

  crossEntropyBackward(args: E.CrossEntropyArgs, normalizers: Operand, dLosses: Operand, dLogits: Operand): void {
    crossEntropyBackward(this.resolve(args), this.strided(normalizers), this.strided(dLosses), this.strided(dLogits));
  }

  linearCrossEntropy(args: E.LinearCrossEntropyArgs): void {
    linearCrossEntropy(this.resolve(args));
  }

  sequenceForward(args: E.SequenceForwardArgs): void {
    const operands = this.resolve(args);
    if (args.cell === "lstm") lstmForward(operands);
    else if (args.cell === "gru") gruForward(operands);
    else rnnForward(operands);
  }

  sequenceBackward(args: E.SequenceBackwardArgs): void {
    if (args.rows && args.dTable) {
      this.#tableGradient(args, args.rows, args.dTable);
      return;
    }
    const operands = this.resolve(args);
    if (args.cell === "lstm") lstmBackward(operands);
    else if (args.cell === "gru") gruBackward(operands);
    else rnnBackward(operands);
  }

  /** By way of dX: its rows that come from one row of the table add up. */
  #tableGradient(args: E.SequenceBackwardArgs, { ids }: E.TableRows, dTable: Operand): void {
    const { shape, strides } = args.x;
    const buffer = this.alloc(dTable.buffer.dtype, sizeOf(shape));
    const dX = { buffer, offset: 0, shape, strides };
    this.sequenceBackward({ ...args, rows: null, dTable: null, dX });
    const rows = sizeOf(ids.shape);
    this.fill(dTable, 0);
    this.scatterAddRows(dTable, ids, { ...dX, shape: [rows, shape[2]], strides: [shape[2], 1] });
    this.free(buffer);
  }

  sgdStep(p: Operand, grad: Operand, momentumBuffer: Operand | null, o: E.SgdStep): void {
    sgdStep(this.strided(p), this.strided(grad), this.maybe(momentumBuffer), o);
  }

  adamStep(p: Operand, grad: Operand, m: Operand, v: Operand, vMax: Operand | null, o: E.AdamStep): void {
    adamStep(this.strided(p), this.strided(grad), this.strided(m), this.strided(v), this.maybe(vMax), o);
  }

  rmspropStep(
    p: Operand,
    grad: Operand,
    squareAvg: Operand,
    momentumBuffer: Operand | null,
    gradAvg: Operand | null,
    o: E.RmspropStep,
  ): void {
    rmspropStep(
      this.strided(p),
      this.strided(grad),
      this.strided(squareAvg),
      this.maybe(momentumBuffer),
      this.maybe(gradAvg),
      o,
    );
  }

  adagradStep(p: Operand, grad: Operand, sum: Operand, o: E.AdagradStep): void {
    adagradStep(this.strided(p), this.strided(grad), this.strided(sum), o);
  }
}

function arrayFor(dtype: DType, length: number): TypedArray {
  try {
    return typedArray(dtype, length);
  } catch (cause) {
    const value = `a request for ${length} ${dtype} elements`;
    throw new UnsupportedError(
      { op: "alloc", argument: "memory", must: "have room for the block", value, fix: NO_GRAD },
      { cause },
    );
  }
}

/** The error for a block that another engine made. */
export function notOurs(): OptionError {
  return new OptionError({ op: "free", argument: "buffer", must: "be a block of this engine", value: "another's" });
}
