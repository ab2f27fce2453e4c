import { expect, test } from "vitest";
import { backwardTelling } from "../../src/autograd/backward.js";
import { manualSeed, nn, randn, type Tensor } from "../../src/index.js";

/** Tied weights, a leaf that is used twice in one node, a layer whose weights end up in one operation, one that gets no gradient. */
function graph(): { leaves: Map<string, Tensor>; loss: Tensor } {
  manualSeed(7);
  const embed = new nn.Embedding(5, 4);
  const lstm = new nn.LSTM(4, 4, { numLayers: 2 });
  const unused = new nn.Linear(4, 2);
  const bias = randn([4]);
  bias.requiresGrad = true;
  const ids = [0, 3, 1].map((id) => embed.weight.select(0, id)).map((row) => row.mul(bias).mul(bias));
  const x = ids[0].add(ids[1]).add(ids[2]).reshape([1, 1, 4]);
  const [y] = lstm.forward(x);
  const loss = y.matmul(embed.weight.T).pow(2).sum();
  const leaves = new Map<string, Tensor>([
    ["embed", embed.weight],
    ["bias", bias],
    ["unused", unused.weight],
  ]);
  for (const [name, parameter] of lstm.namedParameters()) leaves.set(name, parameter);
  return { leaves, loss };
}

test("tells each leaf of the graph once, when its gradient is final, and gradients are those of backward()", () => {
  const plain = graph();
  plain.loss.backward();
  const { leaves, loss } = graph();
  const told = new Map<Tensor, readonly number[]>();
  backwardTelling(loss, (leaf) => {
    expect(told.has(leaf)).toBe(false);
    told.set(leaf, [...leaf.grad!.data()]);
  });
  expect(told.size).toBe(leaves.size - 1);
  expect(told.has(leaves.get("unused")!)).toBe(false);
  for (const [name, leaf] of leaves) {
    if (name === "unused") continue;
    expect([name, told.get(leaf)]).toEqual([name, [...leaf.grad!.data()]]);
    expect([name, told.get(leaf)]).toEqual([name, [...plain.leaves.get(name)!.grad!.data()]]);
  }
  // The tied weights are needed until the end, the last layer's are not.
  const order = [...told.keys()];
  expect(order.indexOf(leaves.get("weight_hh_l1")!)).toBeLessThan(order.indexOf(leaves.get("bias")!));
  expect(order.indexOf(leaves.get("embed")!)).toBeGreaterThan(order.indexOf(leaves.get("weight_hh_l0")!));
});
