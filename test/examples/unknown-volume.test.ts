import { expect, test } from "vitest";
import { listen } from "../../examples/unknown-volume.js";

test("symbols at volumes from 1/30 to 30: the normalised GRU names the first of 20 after 250 steps, the GRU does not", () => {
  const normalised = listen("LayerNormGRU", 250);
  expect(normalised.shares.at(-1)).toBeGreaterThan(0.95);
  expect(normalised.scaled).toBe(normalised.shares.at(-1));
  expect(listen("GRU", 250).shares.at(-1)).toBeLessThan(0.6);
});
