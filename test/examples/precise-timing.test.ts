import { expect, test } from "vitest";
import { time } from "../../examples/precise-timing.js";

test("one unit, silent, then a spike eight steps after the cue: learned with peepholes, not without", () => {
  const best = (kind: "LSTM" | "PeepholeLSTM") => Math.max(...[1, 3].map((seed) => time(kind, { seed }).exact));
  expect(best("PeepholeLSTM")).toBe(1);
  expect(best("LSTM")).toBeLessThan(0.5);
});
