/** ln Γ(x), x > 0. Source: Lanczos 1964, with the coefficients of Godfrey 2001 (g = 7, n = 9). */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  let sum = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i] / (x - 1 + i);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** The regularised incomplete beta function I_x(a, b). Source: Lentz 1976, as in Numerical Recipes, 6.4. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  // The fraction converges fast on this side of the mean.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = (value: number) => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let d = 1 / tiny(1 - ((a + b) * x) / (a + 1));
  let [c, fraction] = [1, d];
  for (let m = 1; m < 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    const before = fraction;
    for (const term of [even, odd]) {
      d = 1 / tiny(1 + term * d);
      c = tiny(1 + term / c);
      fraction *= c * d;
    }
    if (Math.abs(fraction - before) <= 1e-15 * Math.abs(fraction)) break;
  }
  return front * fraction;
}

/** The u-quantile of the standard normal distribution, to 9 digits. Source: Acklam 2003. */
export function normalQuantile(u: number): number {
  const q = Math.min(u, 1 - u);
  if (q <= 0) return u <= 0 ? -Infinity : Infinity;
  if (q < 0.02425) {
    const r = Math.sqrt(-2 * Math.log(q));
    return (polynomial(TAIL, r) / (r * polynomial(TAIL_BELOW, r) + 1)) * (u < 0.5 ? 1 : -1);
  }
  const r = u - 0.5;
  return (r * polynomial(MIDDLE, r * r)) / (r * r * polynomial(MIDDLE_BELOW, r * r) + 1);
}

const MIDDLE = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const MIDDLE_BELOW = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
const TAIL = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BELOW = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

/** The u-quantile of Student's t with `freedom` degrees of freedom. */
export function studentTQuantile(u: number, freedom: number): number {
  if (u === 0.5) return 0;
  if (u > 0.5) return -studentTQuantile(1 - u, freedom);
  // P(T <= -t) = I_x(ν/2, 1/2) / 2 with x = ν / (ν + t²).
  const x = solved((value) => incompleteBeta(value, freedom / 2, 0.5) / 2, u, 0, 1);
  return -Math.sqrt(freedom * (1 / x - 1));
}

/**
 * The u-quantile of the negative binomial distribution: the least k with P(K <= k) >= u.
 * @param mean   μ
 * @param alpha  the variance is μ + α μ²
 */
export function negativeBinomialQuantile(u: number, mean: number, alpha: number): number {
  const r = 1 / alpha;
  const p = 1 / (1 + alpha * mean);
  const below = (k: number) => incompleteBeta(p, r, k + 1);
  let [low, high] = [-1, 1];
  while (below(high) < u && high < 1e15) [low, high] = [high, 2 * high];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (below(middle) >= u) high = middle;
    else low = middle;
  }
  return high;
}

/** Where a rising function has this value. */
function solved(rising: (x: number) => number, value: number, low: number, high: number): number {
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (rising(middle) < value) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
