import { expect } from "vitest";

export interface Tolerance {
  /** Of the expected value. */
  rtol: number;
  atol: number;
}

/** The bounds of AGENTS.md, Tests. */
export const TOLERANCE = {
  /** One cell step in float32. */
  cell: { rtol: 0, atol: 2e-6 },
  /** A sequence up to L = 32 in float32. */
  sequence: { rtol: 1.3e-6, atol: 1e-5 },
  /** A float32 gradient. */
  gradient: { rtol: 1e-4, atol: 1e-6 },
  /** float64 against float64: only the order of summation differs. */
  float64: { rtol: 1e-10, atol: 1e-12 },
} satisfies Record<string, Tolerance>;

/** Every |actual - expected| ≤ atol + rtol·|expected|, as torch.testing.assert_close has it; NaN equals NaN. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { rtol, atol }: Tolerance,
  label = "values",
): void {
  expect(actual.length, `${label}: number of elements`).toBe(expected.length);
  let worst = -1;
  let excess = 0;
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!;
    const e = expected[i]!;
    if (Object.is(a, e) || a === e) continue;
    const over = Math.abs(a - e) - (atol + rtol * Math.abs(e));
    if (!(over <= excess)) {
      worst = i;
      excess = Number.isNaN(over) ? Infinity : over;
    }
  }
  if (worst < 0) return;
  const found = `${actual[worst]} instead of ${expected[worst]} at ${worst}`;
  expect.fail(`${label}: ${found}, beyond rtol ${rtol}, atol ${atol}`);
}
