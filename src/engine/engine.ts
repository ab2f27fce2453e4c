import type { DType, TypedArray } from "../base/dtype.js";
import type { Shape } from "../base/shape.js";
import type { CellKind } from "./cells.js";

/**
 * The one interface that computes. It knows buffers and strided operands; it knows nothing of tensors, gradients
 * or modules. Two kinds of method: storage, and kernels on whole arrays.
 *
 * Contracts that hold for every kernel:
 * - Shapes and dtypes are already checked by the caller; a kernel may assume that they fit.
 * - `out` operands are contiguous and never overlap an input, unless the kernel says otherwise.
 * - Every floating operand of one call has the same dtype, float32 or float64.
 * - Results do not depend on the number of threads, to the last bit.
 */
export interface Engine
  extends StorageKernels,
    ElementwiseKernels,
    ReductionKernels,
    ProductKernels,
    IndexKernels,
    LossKernels,
    SequenceKernels,
    OptimizerKernels {
  readonly name: string;
  /** What is in use, for `unrolled.engine()`. */
  describe(): EngineDescription;
}

/** What computes, as `engine()` tells it. */
export interface EngineDescription {
  name: string;
  /** Which build of the kernels runs: `"wasm-256"`, `"relaxed-simd"`, `"simd"`, `"typescript"`. */
  variant: string;
  /** Threads that share the work, the caller's own included. */
  threads: number;
  /** Why there is one thread although more were asked for, or are the default: a page that may not share memory, for one. */
  oneThreadBecause?: string;
}

/** A block of elements that an engine owns. Only the engine that made it can look inside. */
export interface EngineBuffer {
  readonly dtype: DType;
  /** In elements. */
  readonly length: number;
}

/** A strided reading of a buffer. Strides and offset are in elements; a stride of 0 repeats. */
export interface Operand {
  readonly buffer: EngineBuffer;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
}

export interface StorageKernels {
  /** A block of `length` elements with undefined content. */
  alloc(dtype: DType, length: number): EngineBuffer;
  free(buffer: EngineBuffer): void;
  write(buffer: EngineBuffer, data: ArrayLike<number>, offset?: number): void;
  /** A copy of `length` elements. Awaitable, so that an engine on another device can implement it. */
  read(buffer: EngineBuffer, offset?: number, length?: number): Promise<TypedArray>;
  /** A copy of `length` elements at once, in `to` when it is given; engines whose memory the caller can reach have it. */
  readSync(buffer: EngineBuffer, offset?: number, length?: number, to?: TypedArray): TypedArray;
  /** Bytes and blocks in use, and bytes reserved from the system. */
  memory(): { bytes: number; buffers: number; reserved: number };
}

export type UnaryOp =
  | "neg"
  | "abs"
  | "sign"
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "sqrt"
  | "rsqrt"
  | "square"
  | "reciprocal"
  | "sin"
  | "cos"
  | "tanh"
  | "sigmoid"
  | "relu"
  | "softplus"
  | "erf"
  | "floor"
  | "ceil"
  | "round";

/** Those whose derivative the engine computes in one pass from x, y = f(x) and dy. */
export type UnaryGradOp =
  | "abs"
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "sqrt"
  | "rsqrt"
  | "square"
  | "reciprocal"
  | "sin"
  | "cos"
  | "tanh"
  | "sigmoid"
  | "relu"
  | "softplus"
  | "erf";

/** Those whose derivative is taken from x; the others' is taken from y. */
export const SLOPE_OF_X: ReadonlySet<UnaryGradOp> = new Set([
  "abs",
  "log",
  "log1p",
  "square",
  "sin",
  "cos",
  "softplus",
  "erf",
]);

/** Arithmetic keeps the operands' dtype; comparisons write 0 or 1 into an int32 `out`. */
export type BinaryOp = "add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum" | CompareOp;
export type CompareOp = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

export interface ElementwiseKernels {
  fill(out: Operand, value: number): void;
  /** out = x, of one shape, any strides on both sides, any dtypes (float to int32 truncates towards zero). */
  copy(out: Operand, x: Operand): void;
  /** x may be strided. */
  unary(op: UnaryOp, out: Operand, x: Operand): void;
  /** dx = dy · f'(x), with y = f(x); only x is read for `SLOPE_OF_X`, else only y. All of dx's shape; dy may be strided, x and y too. */
  unaryBackward(op: UnaryGradOp, dx: Operand, x: Operand, y: Operand, dy: Operand): void;
  /** a and b already have out's shape (stride 0 where they repeat). `out` may be the same memory as a or b exactly. */
  binary(op: BinaryOp, out: Operand, a: Operand, b: Operand): void;
  /** out = a + alpha · b, contiguous, same length; `out` may be `a`. */
  axpy(out: Operand, a: Operand, alpha: number, b: Operand): void;
  /** out = scale · x + shift, x may be strided; `out` may be `x`. */
  affine(out: Operand, x: Operand, scale: number, shift: number): void;
  /** out = cond ? a : b; cond int32; all of out's shape by strides. */
  where(out: Operand, cond: Operand, a: Operand, b: Operand): void;
  /**
   * out = x · mask / (1 - p), mask = 0 with probability p, element i drawn from block (key, counter + i/4) of
   * Philox4x32-10 (`base/philox.ts`), so the same key and counter give the same mask: the backward pass calls it on dy.
   * Element i is dropped when word i mod 4 of its block, as a fraction of 2³², lies below p.
   */
  dropout(out: Operand, x: Operand, p: number, key: PhiloxKey): void;
}

/** Names a place in the Philox4x32-10 stream (Salmon et al. 2011): 64-bit key and 64-bit block counter as two words each. */
export interface PhiloxKey {
  readonly key0: number;
  readonly key1: number;
  readonly counter0: number;
  readonly counter1: number;
}

export type ReduceOp = "sum" | "max" | "min" | "prod" | "argmax" | "argmin";

export interface ReductionKernels {
  /**
   * Reduces the trailing `axes` dimensions of x into `out`, whose shape is x's leading dimensions. x may be strided
   * (the caller permutes the reduced dimensions last). argmax and argmin count in row-major order of the reduced
   * dimensions into an int32 `out`; the first of equals wins; NaN counts as the largest and the smallest, as in PyTorch.
   */
  reduce(op: ReduceOp, out: Operand, x: Operand, axes: number): void;
  /** Σ x² over contiguous operands together, summed in float64: what a gradient norm needs. */
  sumOfSquares(xs: readonly Operand[]): number;
  /** Over the last dimension; x and out contiguous [..., D]. */
  softmax(out: Operand, x: Operand): void;
  logSoftmax(out: Operand, x: Operand): void;
  softmaxBackward(dx: Operand, y: Operand, dy: Operand): void;
  logSoftmaxBackward(dx: Operand, y: Operand, dy: Operand): void;
}

export interface MatmulOptions {
  /** [N], added to every row. */
  bias?: Operand | undefined;
  /** out += a·b instead of out = a·b. */
  accumulate?: boolean | undefined;
}

export interface ProductKernels {
  /** out [..., M, N] = a [..., M, K] · b [..., K, N]; a and b may be strided (a transpose costs nothing); leading dimensions equal. */
  matmul(out: Operand, a: Operand, b: Operand, options?: MatmulOptions): void;
}

export interface IndexKernels {
  /** out [R, D] = table[ids[r]]; ids int32 contiguous [R]; table [V, D] contiguous. Ids are already checked. */
  gatherRows(out: Operand, table: Operand, ids: Operand): void;
  /** dTable[ids[r]] += dOut[r], in the order of r; a row whose id is `skip` (the padding) gets nothing. */
  scatterAddRows(dTable: Operand, ids: Operand, dOut: Operand, skip?: number): void;
  /** out[..., k] = x[..., index[..., k]] along the last dimension; contiguous; index int32 of out's shape. */
  gatherLast(out: Operand, x: Operand, index: Operand): void;
  /** dx[..., index[..., k]] += dOut[..., k]. */
  scatterAddLast(dx: Operand, index: Operand, dOut: Operand): void;
  /** The smallest and largest element of an int32 operand, to check ids before a gather; [0, -1] when empty. */
  range(x: Operand): readonly [number, number];
}

export interface CrossEntropyArgs {
  /** [R, V] contiguous. */
  logits: Operand;
  /** int32 [R]; rows equal to `ignoreIndex` count for nothing. */
  targets: Operand;
  ignoreIndex: number;
  /** In [0, 1): the target distribution is (1 - s)·onehot + s/V, as in PyTorch. */
  labelSmoothing: number;
  /** [V] weight of each class, or null. */
  weight: Operand | null;
}

export interface LinearCrossEntropyArgs extends Omit<CrossEntropyArgs, "logits"> {
  /** [R, H] contiguous. */
  x: Operand;
  /** [V, H] contiguous. */
  head: Operand;
  /** [V] or null. */
  bias: Operand | null;
  /** [R]: the loss of each row in nats (0 when ignored), not yet divided. */
  losses: Operand;
  /**
   * Null when only the loss is wanted. Else the gradients of scale · Σ losses are written here in the same pass
   * (dx, dHead and dBias are overwritten), so the logits are needed once and only a chunk of rows at a time.
   */
  grads: { scale: number; dx: Operand | null; dHead: Operand | null; dBias: Operand | null } | null;
}

export interface LossKernels {
  /**
   * losses [R] in nats, weighted, 0 where ignored. normalizers [R, 2] are kept for the backward pass: of each row its largest logit m
   * and Σ e^(a-m), apart, since their sum m + log Σ would lose the digits of the second. Both are 0 for ignored rows, whose logits are not read.
   * Returns nothing; the caller divides by the sum of weights.
   */
  crossEntropyForward(args: CrossEntropyArgs, losses: Operand, normalizers: Operand): void;
  /** dLogits [R, V] = dLosses[r] · ∂losses[r]/∂logits. */
  crossEntropyBackward(args: CrossEntropyArgs, normalizers: Operand, dLosses: Operand, dLogits: Operand): void;
  /** Head and loss together: logits = x·headᵀ + bias are never all in memory. */
  linearCrossEntropy(args: LinearCrossEntropyArgs): void;
}

/**
 * One layer, one direction, over a whole sequence. Gate order and equations are PyTorch's:
 *   rnn   h_t = φ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)
 *   lstm  i|f|g|o:  c_t = f⊙c_{t-1} + i⊙g,  m_t = o⊙tanh(c_t),  h_t = m_t, or W_hr m_t with a projection to P units
 *   gru   r|z|n:    n = tanh(W_in x + b_in + r⊙(W_hn h + b_hn)),  h_t = (1-z)⊙n + z⊙h_{t-1}
 * P, the width of h_t, of y and of their gradients, is H without a projection.
 */
export interface SequenceArgs {
  cell: CellKind;
  /** [L, N, I] contiguous. */
  x: Operand;
  /** [G·H, I] contiguous. */
  wIh: Operand;
  /** [G·H, P] contiguous. */
  wHh: Operand;
  /** [P, H] contiguous, lstm only: the projection. Default null. */
  wHr?: Operand | null;
  /** [G·H] each, or both null. */
  bIh: Operand | null;
  bHh: Operand | null;
  /** [N, P] contiguous, or null for zeros. */
  h0: Operand | null;
  /** [N, H], lstm only, or null for zeros. */
  c0: Operand | null;
  /** Walk from the last step to the first. y keeps the order of x. */
  reverse: boolean;
  /** Where x are rows of a table that `sharesRows` says yes to. */
  rows?: TableRows | null;
}

/** x = table[ids]: each row of the table can be multiplied once, however often it is taken. */
export interface TableRows {
  /** [V, I] contiguous. */
  table: Operand;
  /** int32 [L·N], contiguous. */
  ids: Operand;
}

/** A table whose rows are a layer's inputs, with the products of its rows, which stay from call to call. */
export interface KeptRows extends TableRows {
  /** [V, G·H] contiguous: table · W_ihᵀ with biases, in those rows that `isKnown` marks with 1. The kernel adds what it lacks. */
  products: Operand;
  /** V of them. */
  isKnown: Uint8Array;
}

/** What a sequence kernel leaves for its backward pass. Layouts are the engine's own business; sizes are these. */
export interface SequenceSaved {
  /** lstm: [L, N, 4H] gates after their activation; gru: [L, N, 4H] r, z, n and W_hn h + b_hn; rnn: null. */
  gates: Operand | null;
  /** lstm: [L, N, H] the cell states; else null. */
  cells: Operand | null;
  /** With a projection: [L, N, H], m_t; else null. */
  unprojected?: Operand | null;
}

export interface SequenceForwardArgs extends SequenceArgs {
  /** [L, N, P]. */
  y: Operand;
  /** [N, P] the last state. */
  hN: Operand;
  /** [N, H], lstm only. */
  cN: Operand | null;
  /** Null when no backward pass will come. */
  saved: SequenceSaved | null;
  /** Where x are rows of a table that `keepsRows` says yes to. */
  kept?: KeptRows | null;
}

export interface SequenceBackwardArgs extends SequenceArgs {
  y: Operand;
  saved: SequenceSaved;
  /** Gradients that arrive; null means zero. */
  dY: Operand | null;
  dHN: Operand | null;
  dCN: Operand | null;
  /** Gradients that leave, overwritten; null where not wanted. bIh and bHh differ for the gru only. */
  dX: Operand | null;
  /** [V, I], the gradient of `rows.table`, in place of dX. */
  dTable?: Operand | null;
  /** dWIh, dWHh, dWHr, dBIh and dBHh are added to what is there, not overwritten. Default false. */
  adds?: boolean;
  dWIh: Operand | null;
  dWHh: Operand | null;
  dWHr?: Operand | null;
  dBIh: Operand | null;
  dBHh: Operand | null;
  dH0: Operand | null;
  dC0: Operand | null;
}

export interface SequenceKernels {
  /** Whether `rows` makes a sequence faster when `count` rows of a table of V are taken. Engines without it say no. */
  sharesRows?(dtype: DType, v: number, count: number): boolean;
  /** Whether `kept` makes a sequence faster when `count` rows of a table of V are taken, with `width` products each. Engines without it say no. */
  keepsRows?(dtype: DType, v: number, width: number, count: number): boolean;
  sequenceForward(args: SequenceForwardArgs): void;
  sequenceBackward(args: SequenceBackwardArgs): void;
}

/** Update rules are PyTorch's; operands contiguous and of one length, updated in place. */
export interface OptimizerKernels {
  sgdStep(p: Operand, grad: Operand, momentumBuffer: Operand | null, o: SgdStep): void;
  adamStep(p: Operand, grad: Operand, m: Operand, v: Operand, vMax: Operand | null, o: AdamStep): void;
  rmspropStep(
    p: Operand,
    grad: Operand,
    squareAvg: Operand,
    momentumBuffer: Operand | null,
    gradAvg: Operand | null,
    o: RmspropStep,
  ): void;
  adagradStep(p: Operand, grad: Operand, sum: Operand, o: AdagradStep): void;
}

export interface SgdStep {
  lr: number;
  momentum: number;
  dampening: number;
  nesterov: boolean;
  weightDecay: number;
  /** The momentum buffer has no content yet: it takes the gradient itself. */
  first: boolean;
}
export interface AdamStep {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  /** AdamW: the decay acts on the parameter (p *= 1 - lr·wd) instead of the gradient. */
  decoupled: boolean;
  /** Counts from 1. */
  step: number;
}
export interface RmspropStep {
  lr: number;
  alpha: number;
  eps: number;
  weightDecay: number;
  momentum: number;
  centered: boolean;
}
export interface AdagradStep {
  /** Already divided by 1 + (step - 1)·lrDecay. */
  lr: number;
  eps: number;
  weightDecay: number;
}
