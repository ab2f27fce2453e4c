import { expect, test } from "vitest";
import { grouped } from "../../src/base/grouped.js";
import { numberText } from "../../src/base/number-text.js";
import { Generator } from "../../src/base/random.js";

test("numbers as English writes them, without asking for its locale", () => {
  const generator = new Generator(7);
  const drawn = Array.from({ length: 2000 }, () => generator.normal() * 10 ** (18 * generator.uniform() - 4));
  const all = [0, -0, 1, 999, 1000, -1234, 999_999, 1_000_000, 0.5, 1234.5678, Number.NaN, Infinity, 1e21, 2 ** 53];
  for (const value of [...all, ...drawn, ...drawn.map(Math.round)]) {
    // What lies half way between two decimals goes to either side.
    const isHalf = Math.abs(Math.abs((1000 * value) % 1) - 0.5) < 1e-3;
    if (!isHalf) expect([value, grouped(value)]).toEqual([value, value.toLocaleString("en")]);
  }
  for (const value of drawn.map(Math.abs).filter((one) => one >= 1000 && one < 1e9)) {
    expect(numberText(value)).toBe(value.toLocaleString("en", { maximumFractionDigits: 0 }));
  }
});
