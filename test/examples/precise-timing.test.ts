import { expect, test } from "vitest";
import { time } from "../../examples/precise-timing.js";

test("one unit, silent, then a spike eight steps after the cue: with peepholes every time, without never", () => {
  expect(time("PeepholeLSTM").exact).toBe(1);
  expect(time("LSTM").exact).toBe(0);
});
