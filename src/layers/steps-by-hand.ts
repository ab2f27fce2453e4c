import { checkObject, checkOneOf } from "../base/check.js";
import { concatLast, splitLast } from "./arrange.js";
import { checkShape } from "./layer.js";
import { add, matmul, mul, oneMinus, relu, sigmoid, sub, sumRows, T, tanh } from "./math.js";
import type { NdArray } from "./nd-array.js";

/**
 * One step of each cell, an equation a line, forward beside backward. The layers run the same equations as one kernel,
 * fused and over whole sequences; these are for reading, for checking a derivation, and for trying a cell of your own.
 * x [N, D], h and c [N, H].
 */

export type Activation = "tanh" | "relu" | "sigmoid";

export interface StepParams {
  /** [D, G·H] */
  Wx: NdArray;
  /** [H, G·H] */
  Wh: NdArray;
  /** [G·H] */
  b: NdArray;
}

/** What every step leaves for its backward pass. */
export interface StepInputs {
  x: NdArray;
  hPrev: NdArray;
}

export interface StepGrads {
  dx: NdArray;
  dhPrev: NdArray;
  dWx: NdArray;
  dWh: NdArray;
  db: NdArray;
}

const ACTIVATION = { tanh, relu, sigmoid };

/** @throws OptionError, ShapeError unless the step's arrays are rows, and the others are there */
function checkStep(op: string, rows: Readonly<Record<string, NdArray>>, p: StepParams, ...caches: StepInputs[]): void {
  for (const [name, x] of Object.entries(rows)) checkShape(op, name, x, ["N", name === "x" ? "D" : "H"]);
  checkObject(op, "p", p, "the step's { Wx, Wh, b }");
  checkShape(op, "Wx", p.Wx, ["D", "G·H"]);
  checkShape(op, "Wh", p.Wh, ["H", "G·H"]);
  for (const cache of caches) checkObject(op, "cache", cache, "what the step returned");
}

/** φ'(a) as it follows from h = φ(a). */
function activationGradient(activation: Activation, h: NdArray, dh: NdArray): NdArray {
  if (activation === "tanh") return mul(dh, oneMinus(mul(h, h)));
  if (activation === "sigmoid") return mul(dh, mul(h, oneMinus(h)));
  return mul(dh, step(h));
}

/** 1 where h > 0, else 0. */
function step(h: NdArray): NdArray {
  const out = h.clone();
  out.data.forEach((value, i) => {
    out.data[i] = value > 0 ? 1 : 0;
  });
  return out;
}

export interface RnnStepCache extends StepInputs {
  h: NdArray;
  activation: Activation;
}

/** h_t = φ(h_{t-1} W_h + x_t W_x + b) */
export function rnnStep(x: NdArray, hPrev: NdArray, p: StepParams, activation: Activation = "tanh"): RnnStepCache {
  checkStep("rnnStep", { x, hPrev }, p);
  checkOneOf("rnnStep", "activation", activation, ["tanh", "relu", "sigmoid"]);
  const a = add(add(matmul(hPrev, p.Wh), matmul(x, p.Wx)), p.b);
  const h = ACTIVATION[activation](a);
  return { x, hPrev, h, activation };
}

/** da = dh ⊙ φ'(a), and from there as in `Affine`, twice. */
export function rnnStepBackward(dh: NdArray, cache: RnnStepCache, p: StepParams): StepGrads {
  checkStep("rnnStepBackward", { dh }, p, cache);
  checkShape("rnnStepBackward", "cache.h", cache.h, ["N", "H"]);
  const da = activationGradient(cache.activation, cache.h, dh);
  return productGradients(da, cache, p);
}

export interface LstmStepCache extends StepInputs {
  cPrev: NdArray;
  /** The gates after their activation: forget, candidate, input, output. */
  f: NdArray;
  g: NdArray;
  i: NdArray;
  o: NdArray;
  c: NdArray;
  h: NdArray;
}

/**
 *   a = h_{t-1} W_h + x_t W_x + b, its columns f|g|i|o
 *   f, i, o = σ(·)   g = tanh(·)   c_t = f ⊙ c_{t-1} + g ⊙ i   h_t = o ⊙ tanh(c_t)
 */
export function lstmStep(x: NdArray, hPrev: NdArray, cPrev: NdArray, p: StepParams): LstmStepCache {
  checkStep("lstmStep", { x, hPrev, cPrev }, p);
  const a = add(add(matmul(hPrev, p.Wh), matmul(x, p.Wx)), p.b);
  const [af, ag, ai, ao] = inBlocks(a, 4) as [NdArray, NdArray, NdArray, NdArray];
  const [f, g, i, o] = [sigmoid(af), tanh(ag), sigmoid(ai), sigmoid(ao)];
  const c = add(mul(f, cPrev), mul(g, i));
  const h = mul(o, tanh(c));
  return { x, hPrev, cPrev, f, g, i, o, c, h };
}

/** dh and dc are the gradients of h_t and c_t; dc gains what comes through h_t. */
export function lstmStepBackward(
  dh: NdArray,
  dc: NdArray,
  cache: LstmStepCache,
  p: StepParams,
): StepGrads & { dcPrev: NdArray } {
  checkStep("lstmStepBackward", { dh, dc }, p, cache);
  const { cPrev, f, g, i, o, c } = cache;
  const tanhC = tanh(c);
  const dcAll = add(dc, mul(mul(dh, o), oneMinus(mul(tanhC, tanhC))));
  const df = mul(mul(dcAll, cPrev), mul(f, oneMinus(f)));
  const dg = mul(mul(dcAll, i), oneMinus(mul(g, g)));
  const di = mul(mul(dcAll, g), mul(i, oneMinus(i)));
  const dOut = mul(mul(dh, tanhC), mul(o, oneMinus(o)));
  const da = concatLast(df, dg, di, dOut);
  return { ...productGradients(da, cache, p), dcPrev: mul(dcAll, f) };
}

export interface GruStepCache extends StepInputs {
  /** The gates after their activation: reset, update, candidate. */
  r: NdArray;
  z: NdArray;
  n: NdArray;
  /** What the recurrence brings to the candidate: h_{t-1} W_hn + b_hn, which the reset gate scales, or (r ⊙ h_{t-1}) W_hn. */
  q: NdArray;
  h: NdArray;
}

/**
 *   r, z = σ(h_{t-1} W_h + b_h + x_t W_x + b)   n = tanh(x_t W_xn + b_n + r ⊙ q)   q = h_{t-1} W_hn + b_hn
 *   h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}, columns r|z|n.
 */
export function gruStep(x: NdArray, hPrev: NdArray, p: StepParams & { bh: NdArray }): GruStepCache {
  checkStep("gruStep", { x, hPrev }, p);
  const [xr, xz, xn] = inBlocks(add(matmul(x, p.Wx), p.b), 3) as [NdArray, NdArray, NdArray];
  const [hr, hz, q] = inBlocks(add(matmul(hPrev, p.Wh), p.bh), 3) as [NdArray, NdArray, NdArray];
  const [r, z] = [sigmoid(add(xr, hr)), sigmoid(add(xz, hz))];
  const n = tanh(add(xn, mul(r, q)));
  const h = add(mul(oneMinus(z), n), mul(z, hPrev));
  return { x, hPrev, r, z, n, q, h };
}

/** The gradients of `gruStep`, line by line. */
export function gruStepBackward(
  dh: NdArray,
  cache: GruStepCache,
  p: StepParams & { bh: NdArray },
): StepGrads & { dbh: NdArray } {
  checkStep("gruStepBackward", { dh }, p, cache);
  const { x, hPrev, r, z, n, q } = cache;
  const dn = mul(mul(dh, oneMinus(z)), oneMinus(mul(n, n)));
  const dz = mul(mul(dh, sub(hPrev, n)), mul(z, oneMinus(z)));
  const dr = mul(mul(dn, q), mul(r, oneMinus(r)));
  const fromX = concatLast(dr, dz, dn);
  const fromH = concatLast(dr, dz, mul(dn, r));
  return {
    dx: matmul(fromX, T(p.Wx)),
    dhPrev: add(mul(dh, z), matmul(fromH, T(p.Wh))),
    dWx: matmul(T(x), fromX),
    dWh: matmul(T(hPrev), fromH),
    db: sumRows(fromX),
    dbh: sumRows(fromH),
  };
}

/**
 * The GRU as in the paper and the textbook, with the reset before the product and one bias:
 *   r, z = σ(h_{t-1} W_h + x_t W_x + b)   n = tanh(x_t W_xn + q + b_n)   q = (r ⊙ h_{t-1}) W_hn
 *   h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}, columns r|z|n.
 */
export function gruResetFirstStep(x: NdArray, hPrev: NdArray, p: StepParams): GruStepCache {
  checkStep("gruResetFirstStep", { x, hPrev }, p);
  const [Wrz, Wn] = splitGates(p.Wh);
  const [xrz, xn] = splitGates(add(matmul(x, p.Wx), p.b));
  const [r, z] = inBlocks(sigmoid(add(xrz, matmul(hPrev, Wrz))), 2) as [NdArray, NdArray];
  const q = matmul(mul(r, hPrev), Wn);
  const n = tanh(add(xn, q));
  const h = add(mul(oneMinus(z), n), mul(z, hPrev));
  return { x, hPrev, r, z, n, q, h };
}

/** What reaches r ⊙ h_{t-1} goes on to both. */
export function gruResetFirstStepBackward(dh: NdArray, cache: GruStepCache, p: StepParams): StepGrads {
  checkStep("gruResetFirstStepBackward", { dh }, p, cache);
  const { x, hPrev, r, z, n } = cache;
  const [Wrz, Wn] = splitGates(p.Wh);
  const dn = mul(mul(dh, oneMinus(z)), oneMinus(mul(n, n)));
  const dz = mul(mul(dh, sub(hPrev, n)), mul(z, oneMinus(z)));
  const dReset = matmul(dn, T(Wn));
  const dr = mul(mul(dReset, hPrev), mul(r, oneMinus(r)));
  const drz = concatLast(dr, dz);
  const da = concatLast(drz, dn);
  return {
    dx: matmul(da, T(p.Wx)),
    dhPrev: add(add(mul(dh, z), mul(dReset, r)), matmul(drz, T(Wrz))),
    dWx: matmul(T(x), da),
    dWh: concatLast(matmul(T(hPrev), drz), matmul(T(mul(r, hPrev)), dn)),
    db: sumRows(da),
  };
}

/** The columns of r and z, and those of n. */
function splitGates(a: NdArray): [NdArray, NdArray] {
  const h = a.shape[1] / 3;
  return splitLast(a, [2 * h, h]) as [NdArray, NdArray];
}

/** The gradients of a = h_{t-1} W_h + x_t W_x + b. */
function productGradients(da: NdArray, { x, hPrev }: StepInputs, { Wx, Wh }: StepParams): StepGrads {
  return {
    dx: matmul(da, T(Wx)),
    dhPrev: matmul(da, T(Wh)),
    dWx: matmul(T(x), da),
    dWh: matmul(T(hPrev), da),
    db: sumRows(da),
  };
}

/** The columns of a [N, G·H] gate by gate. */
function inBlocks(a: NdArray, gates: number): NdArray[] {
  const h = a.shape[1] / gates;
  return splitLast(a, new Array<number>(gates).fill(h));
}
