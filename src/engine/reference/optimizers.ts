import type { AdagradStep, AdamStep, RmspropStep, SgdStep } from "../engine.js";
import { commit, input, inputOutput, type Strided } from "./strided.js";

/** One update of `p` in place, by PyTorch's rules (torch/optim, the single-tensor form). */

/** g += wd·p; buf = momentum·buf + (1 - dampening)·g; p -= lr · (nesterov ? g + momentum·buf : buf) */
export function sgdStep(p: Strided, grad: Strided, momentumBuffer: Strided | null, o: SgdStep): void {
  const w = inputOutput(p);
  const g = input(grad);
  const buffer = momentumBuffer && o.momentum !== 0 ? inputOutput(momentumBuffer) : null;
  for (let i = 0; i < w.length; i++) {
    let d = g[i] + o.weightDecay * w[i];
    if (buffer) {
      buffer[i] = o.first ? d : o.momentum * buffer[i] + (1 - o.dampening) * d;
      d = o.nesterov ? d + o.momentum * buffer[i] : buffer[i];
    }
    w[i] -= o.lr * d;
  }
  commit(p, w);
  if (momentumBuffer && buffer) commit(momentumBuffer, buffer);
}

/**
 * m = β1 m + (1-β1) g;  v = β2 v + (1-β2) g²;  p -= lr/(1-β1^t) · m / (√v / √(1-β2^t) + eps)
 * With `vMax` (AMSGrad) its running maximum stands for v.
 * Source: Kingma & Ba 2015; Loshchilov & Hutter 2019 (decoupled); Reddi et al. 2018 (AMSGrad).
 */
export function adamStep(p: Strided, grad: Strided, m: Strided, v: Strided, vMax: Strided | null, o: AdamStep): void {
  const w = inputOutput(p);
  const g = input(grad);
  const first = inputOutput(m);
  const second = inputOutput(v);
  const largest = vMax && inputOutput(vMax);
  const stepSize = o.lr / (1 - o.beta1 ** o.step);
  const correction = Math.sqrt(1 - o.beta2 ** o.step);
  for (let i = 0; i < w.length; i++) {
    let d = g[i];
    if (o.decoupled) w[i] *= 1 - o.lr * o.weightDecay;
    else d += o.weightDecay * w[i];
    first[i] = o.beta1 * first[i] + (1 - o.beta1) * d;
    second[i] = o.beta2 * second[i] + (1 - o.beta2) * d * d;
    let size = second[i];
    if (largest) {
      largest[i] = Math.max(largest[i], size);
      size = largest[i];
    }
    w[i] -= (stepSize * first[i]) / (Math.sqrt(size) / correction + o.eps);
  }
  commit(p, w);
  commit(m, first);
  commit(v, second);
  if (vMax && largest) commit(vMax, largest);
}

/**
 * s = α s + (1-α) g²;  d = g / (√(s - ḡ²) + eps), ḡ the running mean when centered, else 0;
 * p -= lr · (momentum ? buf = momentum·buf + d : d)
 */
export function rmspropStep(
  p: Strided,
  grad: Strided,
  squareAvg: Strided,
  momentumBuffer: Strided | null,
  gradAvg: Strided | null,
  o: RmspropStep,
): void {
  const w = inputOutput(p);
  const g = input(grad);
  const square = inputOutput(squareAvg);
  const buffer = momentumBuffer && o.momentum > 0 ? inputOutput(momentumBuffer) : null;
  const mean = gradAvg && o.centered ? inputOutput(gradAvg) : null;
  for (let i = 0; i < w.length; i++) {
    let d = g[i] + o.weightDecay * w[i];
    square[i] = o.alpha * square[i] + (1 - o.alpha) * d * d;
    let size = square[i];
    if (mean) {
      mean[i] = o.alpha * mean[i] + (1 - o.alpha) * d;
      size -= mean[i] * mean[i];
    }
    d /= Math.sqrt(size) + o.eps;
    if (buffer) {
      buffer[i] = o.momentum * buffer[i] + d;
      d = buffer[i];
    }
    w[i] -= o.lr * d;
  }
  commit(p, w);
  commit(squareAvg, square);
  if (momentumBuffer && buffer) commit(momentumBuffer, buffer);
  if (gradAvg && mean) commit(gradAvg, mean);
}

/** s += g²;  p -= lr · g / (√s + eps).  Source: Duchi, Hazan & Singer 2011. */
export function adagradStep(p: Strided, grad: Strided, sum: Strided, o: AdagradStep): void {
  const w = inputOutput(p);
  const g = input(grad);
  const s = inputOutput(sum);
  for (let i = 0; i < w.length; i++) {
    const d = g[i] + o.weightDecay * w[i];
    s[i] += d * d;
    w[i] -= (o.lr * d) / (Math.sqrt(s[i]) + o.eps);
  }
  commit(p, w);
  commit(sum, s);
}
