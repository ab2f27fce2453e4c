import { ShapeError, UnsupportedError } from "../base/errors.js";
import { formatShape, sameShape } from "../base/shape.js";
import { currentEngine } from "../engine/select.js";
import { inScope, releaseNext, stepBoundary } from "../tensor/lifetime.js";
import { add } from "../tensor/ops/arithmetic.js";
import { alias, copyOf, filled } from "../tensor/ops/raw.js";
import { dropSaved, type TapeNode } from "../tensor/tape.js";
import type { Tensor } from "../tensor/tensor.js";
import { withRecording } from "./grad-mode.js";

export interface BackwardOptions {
  /** Keep the graph so that it can be walked again. Default false. */
  retainGraph?: boolean;
}

/** The gradients that wait for a node, one per output. */
type Waiting = (Tensor | null)[];

/**
 * Walks the graph of `root` from its end to its leaves and adds to the `grad` of every leaf that requires one:
 * reverse-mode differentiation. Saved activations are freed as they are used; the values of the graph stay readable
 * until the next `backward()` or `zeroGrad()`.
 * @param gradient  ∂L/∂root, of root's shape; left out for a scalar: 1
 * @throws ShapeError when root is not a scalar and no gradient is given
 * @throws UnsupportedError when nothing was recorded, or the graph was walked before
 */
export function backward(root: Tensor, gradient?: Tensor, options: BackwardOptions = {}): void {
  root.checkAlive("backward");
  const seed = seedOf(root, gradient);
  withRecording(false, () => {
    stepBoundary();
    const nodes = reachable(root);
    const waiting = new Map<TapeNode, Waiting>();
    deliver(root, alias(seed), waiting);
    for (const node of nodes) walkNode(node, waiting, options.retainGraph ?? false);
    if (gradient === undefined) seed.dispose();
    if (!options.retainGraph && nodes.length > 0) releaseNext(() => nodes.forEach(releaseOutputs));
  });
}

function seedOf(root: Tensor, gradient: Tensor | undefined): Tensor {
  if (!root.requiresGrad) {
    throw new UnsupportedError({
      op: "backward",
      argument: "tensor",
      rule: "the result of operations on tensors that require gradients",
      value: `one without history ${formatShape(root.shape)}`,
      fix: "Was it computed inside noGrad(), or from detached tensors?",
    });
  }
  if (gradient === undefined) {
    if (root.size === 1) return filled(root.dtype, root.shape, 1);
    throw new ShapeError({
      op: "backward",
      argument: "tensor",
      rule: "a scalar when no gradient is given",
      value: formatShape(root.shape),
      fix: "Reduce it with mean() or sum(), or pass backward(gradient).",
    });
  }
  if (!sameShape(gradient.shape, root.shape)) {
    const rule = `have the tensor's shape ${formatShape(root.shape)}`;
    throw new ShapeError({ op: "backward", argument: "gradient", rule, value: formatShape(gradient.shape) });
  }
  return gradient;
}

/** The nodes behind `root`, last first. */
function reachable(root: Tensor): TapeNode[] {
  const seen = new Set<TapeNode>();
  const stack = root.node === null ? [] : [root.node];
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node)) continue;
    if (node.backward === null) throw walkedTwice(node.name);
    seen.add(node);
    for (const input of node.inputs) if (input.node !== null && !seen.has(input.node)) stack.push(input.node);
  }
  return [...seen].sort((a, b) => b.id - a.id);
}

function walkedTwice(name: string): UnsupportedError {
  return new UnsupportedError({
    op: "backward",
    argument: "graph",
    rule: "walked only once",
    value: `one whose ${name} was walked before and has freed its activations`,
    fix: "Detach the carried state, or pass { retainGraph: true } the first time.",
  });
}

function walkNode(node: TapeNode, waiting: Map<TapeNode, Waiting>, keepGraph: boolean): void {
  const dOutputs = waiting.get(node);
  waiting.delete(node);
  if (dOutputs !== undefined) {
    const dInputs = inputGradients(node, dOutputs);
    for (const dOut of dOutputs) dOut?.dispose();
    dInputs.forEach((dInput, i) => {
      if (dInput !== null) deliver(node.inputs[i]!, dInput, waiting);
    });
  }
  if (keepGraph) return;
  dropSaved(node);
}

/** Runs the node's backward; what it returns gets a life of its own, everything else that it made is released. */
function inputGradients(node: TapeNode, dOutputs: Waiting): Waiting {
  node.hooks?.forEach(([index, hook]) => {
    const grad = dOutputs[index];
    const replaced = grad ? hook(grad) : undefined;
    if (replaced !== undefined && replaced !== grad) {
      dOutputs[index] = alias(replaced);
      grad!.dispose();
    }
  });
  const needs = node.inputs.map((input) => input.requiresGrad);
  return inScope(
    "backward()",
    () => {
      const dInputs = node.backward!(dOutputs, needs);
      return node.inputs.map((input, i) => {
        const dInput = dInputs[i] ?? null;
        if (dInput === null || !needs[i]) return null;
        if (!sameShape(dInput.shape, input.shape)) {
          const rule = `have input ${i}'s shape ${formatShape(input.shape)}`;
          throw new ShapeError({
            op: `${node.name}.backward`,
            argument: `gradient ${i}`,
            rule,
            value: formatShape(dInput.shape),
          });
        }
        return alias(dInput);
      });
    },
    (kept) => new Set(kept.filter((tensor) => tensor !== null)),
  );
}

/** Hands a gradient, now owned here, to the node that made `input`, or adds it to the leaf. */
function deliver(input: Tensor, grad: Tensor, waiting: Map<TapeNode, Waiting>): void {
  if (input.node === null) {
    addToLeaf(input, grad);
    return;
  }
  const slots = waiting.get(input.node) ?? input.node.outputs.map(() => null);
  waiting.set(input.node, slots);
  const index = input.outputIndex;
  slots[index] = slots[index] == null ? grad : summed(slots[index], grad);
}

/** a + b, both given up; in place when nobody else sees a. */
function summed(a: Tensor, b: Tensor): Tensor {
  const mine = a.storage.refs === 1 && a.isContiguous && a.offset === 0 && a.size === a.storage.length;
  if (mine && b.isContiguous) {
    a.storage.beforeWrite();
    currentEngine().axpy(a, a, 1, b);
    b.dispose();
    return a;
  }
  const sum = add(a, b);
  a.dispose();
  b.dispose();
  return sum;
}

function addToLeaf(leaf: Tensor, grad: Tensor): void {
  if (leaf.grad !== null && !leaf.grad.disposed) {
    const target = leaf.grad;
    target.storage.beforeWrite();
    currentEngine().binary("add", target, target, grad);
    grad.dispose();
    return;
  }
  const whole = grad.isContiguous && grad.offset === 0 && grad.size === grad.storage.length;
  if (whole && grad.storage.refs === 1) {
    leaf.grad = grad;
  } else {
    leaf.grad = copyOf(grad);
    grad.dispose();
  }
  leaf.grad.retain().storage.makeResident();
}

/** The values of a walked node go; what hangs on it without having been walked can never be, and is let loose. */
function releaseOutputs(node: TapeNode): void {
  for (const output of node.outputs) {
    output.storage.holds--;
    output.release("the end of its graph: backward() walked it, and the next backward() or zeroGrad() released it");
  }
  const stack = node.users;
  node.users = [];
  while (stack.length > 0) {
    const user = stack.pop()!;
    if (user.backward === null) continue;
    dropSaved(user);
    for (const output of user.outputs) output.storage.holds--;
    stack.push(...user.users);
    user.users = [];
  }
}
