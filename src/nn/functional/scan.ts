import { type Context, defineFunction } from "../../autograd/function.js";
import { formatShape, misshapen, type Shape, sameShape } from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { add, mul } from "../../tensor/ops/arithmetic.js";
import {
  contiguous,
  empty,
  filled,
  Lens,
  requireFloat,
  requireSameDType,
  requireTensor,
} from "../../tensor/ops/raw.js";
import { flip, reshape } from "../../tensor/ops/shape.js";
import { narrow, select } from "../../tensor/ops/slice.js";
import { unary } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";

/** What combines two steps: (a₂, b₂)∘(a₁, b₁) = (a₂⊗a₁, a₂⊗b₁ ⊕ b₂). */
interface Ring {
  times(a: Lens, b: Lens): Tensor;
  plus(a: Tensor, b: Lens): Tensor;
}

/** Numbers as they are. */
const LINEAR: Ring = {
  times: (a, b) => binary("mul", a, b),
  plus: (a, b) => binary("add", a, b),
};

/** Logarithms of numbers: a product is a sum, a sum log(eᵃ + eᵇ) = max + log(1 + exp(-|a - b|)). */
const LOGARITHMIC: Ring = {
  times: (a, b) => binary("add", a, b),
  plus(a, b) {
    const engine = currentEngine();
    const rest = binary("sub", a, b);
    engine.unary("abs", rest, rest);
    engine.affine(rest, rest, -1, 0);
    const tail = empty(rest.dtype, rest.shape);
    engine.unary("softplus", tail, rest);
    const out = binary("maximum", a, b);
    engine.axpy(out, out, 1, tail);
    return out;
  },
};

function binary(op: "add" | "sub" | "mul" | "maximum", a: Tensor | Lens, b: Lens): Tensor {
  const out = empty(b.base.dtype, b.shape);
  currentEngine().binary(op, out, a, b);
  return out;
}

/** Rows `start`, `start + step`, ...: `count` of them, of [L, M]. */
function rows(x: Tensor, start: number, step: number, count: number): Lens {
  const width = x.shape[1]!;
  return new Lens(x, [count, width], [step * width, 1], x.offset + start * width);
}

/**
 * h_t = a_t ⊗ h_{t-1} ⊕ b_t with h_0 = b_0, over the rows of contiguous [L, M]: pairs of steps become one, half as many are
 * scanned, and the steps between follow. 2·log₂ L stages of whole-array operations, 3·L combinations in all.
 * Source: Blelloch 1990; the odd-even form of Hillis & Steele's scan that does no work twice.
 */
function scanRows(a: Tensor, b: Tensor, ring: Ring): Tensor {
  const [length] = a.shape as [number, number];
  if (length === 1) return b;
  const half = length >> 1;
  const [secondA, secondB] = [rows(a, 1, 2, half), rows(b, 1, 2, half)];
  const pairA = ring.times(secondA, rows(a, 0, 2, half));
  const pairB = ring.plus(ring.times(secondA, rows(b, 0, 2, half)), secondB);
  const odd = scanRows(pairA, pairB, ring);
  const out = empty(a.dtype, a.shape);
  const engine = currentEngine();
  engine.copy(rows(out, 1, 2, half), odd);
  engine.copy(rows(out, 0, 1, 1), rows(b, 0, 1, 1));
  const between = (length - 1) >> 1;
  if (between === 0) return out;
  const before = rows(odd, 0, 1, between);
  engine.copy(rows(out, 2, 2, between), ring.plus(ring.times(rows(a, 2, 2, between), before), rows(b, 2, 2, between)));
  return out;
}

/** `scanRows` over the first dimension of any shape. */
function scanned(a: Tensor, b: Tensor, ring: Ring): Tensor {
  const flat = (x: Tensor): Tensor => reshape(contiguous(x), [x.shape[0]!, x.size / x.shape[0]!]);
  return reshape(scanRows(flat(a), flat(b), ring), a.shape);
}

/** x with its first step replaced. */
function withFirst(x: Tensor, first: Tensor): Tensor {
  const out = empty(x.dtype, x.shape);
  currentEngine().copy(out, x);
  currentEngine().copy(select(out, 0, 0), first);
  return out;
}

/** One step later: [first, x_0, .., x_{L-2}]. */
function delayed(x: Tensor, first: Tensor | null): Tensor {
  const out = empty(x.dtype, x.shape);
  const length = x.shape[0]!;
  const start = select(out, 0, 0);
  if (first === null) currentEngine().copy(start, filled(x.dtype, start.shape, 0));
  else currentEngine().copy(start, first);
  if (length > 1) currentEngine().copy(narrow(out, 0, 1, length - 1), narrow(x, 0, 0, length - 1));
  return out;
}

/** What reaches h_t from its own use and from all later steps: g_t = dH_t + a_{t+1} g_{t+1}, a scan from the end. */
function gradientOfStates(a: Tensor, dH: Tensor): Tensor {
  return flip(scanned(delayed(flip(a, 0), null), flip(dH, 0), LINEAR), 0);
}

const linear = defineFunction({
  name: "linearScan",
  forward(ctx, a: Tensor, b: Tensor, h0: Tensor | null): Tensor {
    const start = h0 === null ? b : withFirst(b, add(mul(select(a, 0, 0), h0), select(b, 0, 0)));
    const h = scanned(a, start, LINEAR);
    save(ctx, [a, h], h0);
    return h;
  },
  backward(ctx, dOut): Tensor[] {
    const [a, h, h0] = ctx.savedTensors as [Tensor, Tensor, Tensor | undefined];
    const g = gradientOfStates(a, dOut);
    const dA = mul(g, delayed(h, h0 ?? null));
    return h0 === undefined ? [dA, g] : [dA, g, mul(select(g, 0, 0), select(a, 0, 0))];
  },
});

const logarithmic = defineFunction({
  name: "logScan",
  forward(ctx, logA: Tensor, logB: Tensor, h0: Tensor | null): Tensor {
    let start = logB;
    if (h0 !== null) {
      const carried = add(select(logA, 0, 0), unary("log", h0));
      const first = select(logB, 0, 0);
      start = withFirst(logB, LOGARITHMIC.plus(carried, new Lens(first, first.shape, first.strides)));
    }
    const h = unary("exp", scanned(logA, start, LOGARITHMIC));
    save(ctx, [logA, logB, h], h0);
    return h;
  },
  backward(ctx, dOut): Tensor[] {
    const [logA, logB, h, h0] = ctx.savedTensors as [Tensor, Tensor, Tensor, Tensor | undefined];
    const a = unary("exp", logA);
    const g = gradientOfStates(a, dOut);
    const dLogA = mul(mul(g, a), delayed(h, h0 ?? null));
    const dLogB = mul(g, unary("exp", logB));
    return h0 === undefined ? [dLogA, dLogB] : [dLogA, dLogB, mul(select(g, 0, 0), select(a, 0, 0))];
  },
});

function save(ctx: Context, tensors: Tensor[], h0: Tensor | null): void {
  ctx.saveForBackward(...tensors, ...(h0 === null ? [] : [h0]));
}

/**
 * The linear recurrence h_t = a_t ⊙ h_{t-1} + b_t over a whole sequence by a parallel scan, O(log L) deep, forward and
 * backward.
 * @param a   [L, ..]
 * @param b   [L, ..], of a's shape
 * @param h0  [..], or null for zeros
 * @returns   h [L, ..]
 * @throws ShapeError when the shapes differ or L is 0
 * Source: Blelloch 1990; for learning, Martin & Cundy 2018.
 */
export function linearScan(a: Tensor, b: Tensor, h0: Tensor | null = null): Tensor {
  check("linearScan", { a, b }, h0);
  return linear(a, b, h0);
}

/**
 * `linearScan` of positive numbers given by their logarithms, h_t = exp(logA_t) ⊙ h_{t-1} + exp(logB_t): every
 * intermediate value is a logarithm, so that long products neither overflow nor vanish.
 * @param logA  [L, ..]
 * @param logB  [L, ..], of logA's shape
 * @param h0    [..] itself, not its logarithm, each >= 0; or null for zeros
 * @returns     h [L, ..]
 * @throws ShapeError when the shapes differ or L is 0
 * Source: Heinsen 2023 for the recurrence in log space; here each combination is a log-sum-exp of two, so that no long
 * sum of logarithms is subtracted from another.
 */
export function logScan(logA: Tensor, logB: Tensor, h0: Tensor | null = null): Tensor {
  check("logScan", { logA, logB }, h0);
  return logarithmic(logA, logB, h0);
}

function check(op: string, sequences: Record<string, Tensor>, h0: Tensor | null): void {
  const [[name, first], [other, second]] = Object.entries(sequences) as [[string, Tensor], [string, Tensor]];
  const wrong = (argument: string, must: string, found: Shape): never => {
    throw misshapen(op, argument, must, found);
  };
  requireTensor(op, name, first);
  requireTensor(op, other, second);
  requireFloat(op, name, first);
  requireSameDType(op, other, second, first.dtype);
  if (first.rank === 0 || first.size === 0) wrong(name, "hold at least one step", first.shape);
  if (!sameShape(first.shape, second.shape))
    wrong(other, `have the shape of ${name} ${formatShape(first.shape)}`, second.shape);
  if (h0 === null) return;
  requireTensor(op, "h0", h0);
  requireSameDType(op, "h0", h0, first.dtype);
  const step = first.shape.slice(1);
  if (!sameShape(h0.shape, step)) wrong("h0", `have the shape of a step ${formatShape(step)}`, h0.shape);
}
