import { expect, test } from "vitest";
import { gradcheck, noGrad } from "../../src/autograd/index.js";
import { concat, embedding, linear, memory, randint, randn, tensor } from "../../src/tensor/index.js";

test("gradcheck of a small composite", () => {
  const x = randn([3, 4], { dtype: "float64", requiresGrad: true });
  const w = randn([5, 4], { dtype: "float64", requiresGrad: true });
  const b = randn([5], { dtype: "float64", requiresGrad: true });
  const r = gradcheck(() => linear(x.tanh().mul(x), w, b).softmax().mul(2).sub(concat([x, b.slice(0, 0, 3).unsqueeze(1)], 1).logSumExp(1, {keepDim: true})), [x, w, b]);
  expect(r.ok, JSON.stringify(r)).toBe(true);
});
test("memory flat", () => {
  const table = randn([7, 4], { requiresGrad: true });
  const w = randn([5, 4], { requiresGrad: true });
  const seen: number[] = [];
  let carried = tensor([[1, 2, 3, 4, 5]]);
  for (let i = 0; i < 50; i++) {
    const ids = randint(0, 7, [3, 2]);
    const y = linear(embedding(table, ids), w).add(carried).tanh();
    carried = y.select(0, 0).narrow(0, 0, 1).detach();
    const loss = y.square().mean();
    table.grad?.dispose(); table.grad = null; w.grad?.dispose(); w.grad = null;
    loss.backward();
    loss.item();
    noGrad(() => { const u = w.sub(w.grad!.mul(0.1)); w.set(u.data()); });
    seen.push(memory().bytes);
  }
  console.log(seen.slice(0, 12), seen.at(-1), memory());
  expect(seen[9]).toBe(seen[49]);
  expect(() => carried.data()).not.toThrow();
});
