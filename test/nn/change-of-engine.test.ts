import { afterEach, expect, test } from "vitest";
import { configure, nn, randint, randn } from "../../src/index.js";

afterEach(() => configure({ engine: "wasm", threads: 1 }));

test("a loss computed on one engine is walked on another: the gradient is the same within rtol 1e-4, atol 1e-6", () => {
  configure({ engine: "wasm", threads: 1 });
  const logits = randn([5, 3, 7], { requiresGrad: true });
  const targets = randint(0, 7, [5, 3]);
  nn.functional.crossEntropy(logits, targets).backward();
  const expected = logits.grad!.data();
  logits.grad = null;
  const loss = nn.functional.crossEntropy(logits, targets);
  configure({ engine: "reference" });
  loss.backward();
  logits.grad!.data().forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1e-6 + 1e-4 * Math.abs(expected[i]!));
  });
});
