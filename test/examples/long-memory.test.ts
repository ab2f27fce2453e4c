import { expect, test } from "vitest";
import { recall } from "../../examples/long-memory.js";

const LIVENESS = 240_000;

test(
  "a symbol marked 100 steps ago: minGRU recalls 99 %, the tanh RNN less than a third",
  () => {
    expect(recall("MinGRU", { seqLen: 100 }).at(-1)).toBeGreaterThanOrEqual(0.99);
    expect(recall("RNN", { seqLen: 100, steps: 200 }).at(-1)).toBeLessThan(0.33);
  },
  LIVENESS,
);
