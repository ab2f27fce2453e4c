import type { Tensor } from "../tensor/index.js";

/** The leaves behind a result that require a gradient. */
export function leavesBehind(root: Tensor): Tensor[] {
  const leaves = new Set<Tensor>();
  const seen = new Set<object>();
  const stack = [root];
  while (stack.length > 0) {
    const x = stack.pop()!;
    if (x.node === null) {
      if (x.requiresGrad) leaves.add(x);
    } else if (!seen.has(x.node)) {
      seen.add(x.node);
      stack.push(...x.node.inputs);
    }
  }
  return [...leaves];
}

/** Runs `body` and puts the gradients of `leaves` back as they were: who looks must not change what is learned. */
export function keepingGradients<T>(leaves: readonly Tensor[], body: () => T): T {
  const before = leaves.map((leaf) => leaf.grad);
  for (const leaf of leaves) leaf.grad = null;
  try {
    return body();
  } finally {
    for (const [i, leaf] of leaves.entries()) {
      leaf.grad?.dispose();
      leaf.grad = before[i]!;
    }
  }
}
