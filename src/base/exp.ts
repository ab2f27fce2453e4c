/** e^x without a call out of compiled code: 2^(n/256) from tables times a polynomial, within 1e-15 of it; the same bits everywhere. */
const PARTS = 256;
/** ln 2 / 256 in two: n times the first is exact. */
const HIGH = Math.round((Math.LN2 / PARTS) * 2 ** 40) / 2 ** 40;
const LOW = Math.LN2 / PARTS - HIGH + 2.3190468138462996e-17 / PARTS;
const FRACTIONS = Float64Array.from({ length: PARTS }, (_, j) => 2 ** (j / PARTS));
/** 2^k for k from -LEAST on. */
const LEAST = 1021;
const POWERS = Float64Array.from({ length: 2 * LEAST }, (_, k) => 2 ** (k - LEAST));

export function exp(x: number): number {
  if (!(x > -700 && x < 700)) return Math.exp(x);
  const n = Math.floor(x * (PARTS / Math.LN2) + 0.5);
  const r = x - n * HIGH - n * LOW;
  const beyond = r * (1 + r * (1 / 2 + r * (1 / 6 + r / 24)));
  const fraction = FRACTIONS[n & (PARTS - 1)];
  return (fraction + fraction * beyond) * POWERS[(n >> 8) + LEAST];
}
