import { expect, test } from "vitest";
import { exp } from "../../src/base/exp.js";

test("e^x is within 2e-15 of Math.exp's where that is normal, and is it elsewhere", () => {
  let worst = 0;
  for (let i = -7090; i <= 7090; i++) {
    const x = i / 10 + Math.sin(i) / 30;
    worst = Math.max(worst, Math.abs(exp(x) / Math.exp(x) - 1));
  }
  expect(worst).toBeLessThan(2e-15);
  const edges = [0, -0, 700, -700, 709.7, 710, -745, -746, -Infinity, Infinity, NaN];
  expect(edges.map(exp)).toEqual(edges.map(Math.exp));
});
