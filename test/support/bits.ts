import { expect } from "vitest";

/** Whether two arrays hold the same numbers to the last bit, zeros with their signs; NaN equals NaN. Far faster than `toEqual`, which walks keys. */
export function expectSameBits(
  actual: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
  label: string,
): void {
  expect(
    actual.map(({ length }) => length),
    `${label}: number of elements`,
  ).toEqual(expected.map(({ length }) => length));
  for (const [r, values] of expected.entries()) {
    const found = actual[r]!;
    for (let i = 0; i < values.length; i++) {
      if (Object.is(found[i], values[i])) continue;
      expect.fail(`${label}: result ${r} has ${found[i]} instead of ${values[i]} at ${i}`);
    }
  }
}
