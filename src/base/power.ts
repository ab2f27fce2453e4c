/** A double is the sum of two halves whose products are exact. Source: Dekker 1971. */
const SPLIT = 2 ** 27 + 1;

/**
 * x^n of a whole n from 0 on, in twice the precision of a double: nearly always the double that is nearest, and the same bits everywhere. The
 * `**` of JavaScript has others in each engine, and in V8 others from one version to the next.
 */
export function power(x: number, n: number): number {
  if (!(Number.isInteger(n) && n >= 0 && Math.abs(x) < 2 ** 500)) return x ** n;
  let [high, low] = [1, 0];
  let [square, rest] = [x, 0];
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) [high, low] = product(high, low, square, rest);
    [square, rest] = product(square, rest, square, rest);
  }
  // Of what grew beyond the largest double, or sank below the smallest, the parts say nothing.
  return Number.isFinite(high + low) ? high + low : x ** n;
}

function product(a: number, aRest: number, b: number, bRest: number): readonly [number, number] {
  const whole = a * b;
  const [aTop, bTop] = [top(a), top(b)];
  const [aEnd, bEnd] = [a - aTop, b - bTop];
  const error = aEnd * bEnd - (whole - aTop * bTop - aEnd * bTop - aTop * bEnd) + (a * bRest + aRest * b);
  const high = whole + error;
  return [high, error - (high - whole)];
}

const top = (x: number): number => SPLIT * x - (SPLIT * x - x);
