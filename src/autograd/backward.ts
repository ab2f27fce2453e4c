import { DTypeError, UnsupportedError } from "../base/errors.js";
import { formatShape, misshapen, sameShape } from "../base/shape.js";
import { currentEngine } from "../engine/select.js";
import { inScope, releaseNext, stepBoundary } from "../tensor/lifetime.js";
import { add } from "../tensor/ops/arithmetic.js";
import { alias, copyOf, filled, requireTensor } from "../tensor/ops/raw.js";
import { dropSaved, type TapeNode } from "../tensor/tape.js";
import type { Tensor } from "../tensor/tensor.js";
import { withRecording } from "./grad-mode.js";

export interface BackwardOptions {
  /** Keep the graph so that it can be walked again. Default false. */
  retainGraph?: boolean | undefined;
}

/** The gradients that wait for a node, one per output. */
type Waiting = (Tensor | null)[];

/**
 * Walks the graph of `root` from its end to its leaves and adds to the `grad` of every leaf that requires one:
 * reverse-mode differentiation. Saved activations are freed as they are used; the values of the graph stay readable
 * until the next `backward()` or `zeroGrad()`.
 * @param gradient  ∂L/∂root, of root's shape; left out for a scalar: 1
 * @throws ShapeError when root is not a scalar and no gradient is given, or the gradient has another shape
 * @throws DTypeError when the gradient has another dtype
 * @throws UnsupportedError when nothing was recorded, or the graph was walked before
 */
export function backward(root: Tensor, gradient?: Tensor, options: BackwardOptions = {}): void {
  requireTensor("backward", "tensor", root);
  const seed = seedOf(root, gradient);
  withRecording(false, () => {
    stepBoundary();
    const nodes = reachable(root);
    const keepGraph = options.retainGraph ?? false;
    const waiting = new Map<TapeNode, Waiting>();
    try {
      deliver(root, alias(seed), waiting);
      for (const node of nodes) walkNode(node, waiting, keepGraph);
    } finally {
      // Also after an error in a backward: half a graph cannot be walked again.
      if (gradient === undefined) seed.dispose();
      for (const grads of waiting.values()) for (const grad of grads) grad?.dispose();
      if (!keepGraph && nodes.length > 0) {
        for (const node of nodes) dropSaved(node);
        releaseNext(() => nodes.forEach(releaseOutputs));
      }
    }
  });
}

function seedOf(root: Tensor, gradient: Tensor | undefined): Tensor {
  if (!root.requiresGrad) {
    throw new UnsupportedError({
      op: "backward",
      argument: "tensor",
      must: "be the result of operations on tensors that require gradients",
      value: `one without history ${formatShape(root.shape)}`,
      fix: "Was it computed inside noGrad(), or from detached tensors?",
    });
  }
  if (gradient === undefined) {
    if (root.size === 1) return filled(root.dtype, root.shape, 1);
    throw misshapen(
      "backward",
      "tensor",
      "be a scalar when no gradient is given",
      root.shape,
      "Reduce it with mean() or sum(), or pass backward(gradient).",
    );
  }
  requireTensor("backward", "gradient", gradient);
  if (!sameShape(gradient.shape, root.shape)) {
    const must = `have the tensor's shape ${formatShape(root.shape)}`;
    throw misshapen("backward", "gradient", must, gradient.shape);
  }
  if (gradient.dtype !== root.dtype) {
    throw new DTypeError({ op: "backward", argument: "gradient", must: `be ${root.dtype}`, value: gradient.dtype });
  }
  gradient.checkAlive("backward");
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
    must: "be walked only once",
    value: `one whose ${name} was walked before and has freed its activations`,
    fix: "Detach the carried state, or pass { retainGraph: true } the first time.",
  });
}

function walkNode(node: TapeNode, waiting: Map<TapeNode, Waiting>, keepGraph: boolean): void {
  const dOutputs = waiting.get(node);
  waiting.delete(node);
  let dInputs: Waiting = [];
  if (dOutputs !== undefined) {
    if (node.hooks !== null) runHooks(node, dOutputs);
    dInputs = inputGradients(node, dOutputs);
    for (const dOut of dOutputs) dOut?.dispose();
  }
  // First, so that a gradient that was made in the forward pass and saved becomes the leaf's own, without a copy.
  if (!keepGraph) dropSaved(node);
  dInputs.forEach((dInput, i) => {
    if (dInput !== null) deliver(node.inputs[i]!, dInput, waiting);
  });
}

/** Lets the hooks of a result see its gradient, and replaces it by what they return. */
function runHooks(node: TapeNode, dOutputs: Waiting): void {
  for (const [index, hook] of node.hooks ?? []) {
    const grad = dOutputs[index];
    if (grad == null) continue;
    const replaced = hook(grad);
    if (replaced === undefined || replaced === grad) continue;
    checkGradient("registerHook", "the hook's result", replaced, node.outputs[index]!);
    dOutputs[index] = alias(replaced);
    grad.dispose();
  }
}

/** @throws ShapeError, DTypeError when it does not fit what it is the gradient of */
function checkGradient(op: string, argument: string, grad: Tensor, of: Tensor): void {
  if (!sameShape(grad.shape, of.shape)) {
    throw misshapen(op, argument, `have shape ${formatShape(of.shape)}, as the value has`, grad.shape);
  }
  if (grad.dtype !== of.dtype) throw new DTypeError({ op, argument, must: `be ${of.dtype}`, value: grad.dtype });
}

/** Runs the node's backward; what it returns gets a life of its own, everything else that it made is released. */
function inputGradients(node: TapeNode, dOutputs: Waiting): Waiting {
  const needs = node.inputs.map((input) => input.requiresGrad);
  return inScope(
    "backward()",
    () => {
      const dInputs = node.backward!(dOutputs, needs);
      return node.inputs.map((input, i) => {
        const dInput = dInputs[i] ?? null;
        if (dInput === null || !needs[i]) return null;
        checkGradient(`${node.name}.backward`, `gradient ${i}`, dInput, input);
        return alias(dInput);
      });
    },
    (kept) => kept,
  );
}

/** Hands a gradient, now owned here, to the node that made `input`, or adds it to the leaf. */
function deliver(input: Tensor, grad: Tensor, waiting: Map<TapeNode, Waiting>): void {
  if (input.node === null) {
    accumulate(input, grad);
    return;
  }
  const slots = waiting.get(input.node) ?? input.node.outputs.map(() => null);
  waiting.set(input.node, slots);
  const index = input.outputIndex;
  slots[index] = slots[index] == null ? grad : summed(slots[index], grad);
}

/** a + b, both given up; in place when nobody else sees a. */
function summed(a: Tensor, b: Tensor): Tensor {
  if (a.storage.refs === 1 && isWhole(a) && b.isContiguous) {
    a.storage.beforeWrite();
    if (a.size > 0) currentEngine().axpy(a, a, 1, b);
    b.dispose();
    return a;
  }
  const sum = add(a, b);
  a.dispose();
  b.dispose();
  return sum;
}

/** x.grad += grad, which is given up; the gradient stays on the engine until its owner drops it. */
export function accumulate(x: Tensor, grad: Tensor): void {
  const target = x.grad;
  if (target !== null && !target.disposed && target.isContiguous) {
    target.storage.beforeWrite();
    if (target.size > 0) currentEngine().binary("add", target, target, grad);
    grad.dispose();
    return;
  }
  if (target !== null && !target.disposed) {
    x.grad = add(target, grad);
    grad.dispose();
  } else if (isWhole(grad) && grad.storage.refs === 1) {
    x.grad = grad;
  } else {
    x.grad = copyOf(grad);
    grad.dispose();
  }
  x.grad.retain().storage.makeResident();
}

/** Whether it reads all of its storage, in order. */
function isWhole(x: Tensor): boolean {
  return x.offset === 0 && x.size === x.storage.length && x.isContiguous;
}

/** The values of a walked node go; what hangs on it without having been walked can never be, and is let loose. */
function releaseOutputs(node: TapeNode): void {
  letGoOfOutputs(node);
  for (const output of node.outputs) output.release(RELEASED_BY);
  const stack = node.users;
  unlink(node);
  while (stack.length > 0) {
    const user = stack.pop()!;
    if (user.backward === null) continue;
    dropSaved(user);
    letGoOfOutputs(user);
    stack.push(...user.users);
    unlink(user);
  }
}

const RELEASED_BY = "the end of its graph: backward() walked it, and the next backward() or zeroGrad() released it";

function letGoOfOutputs(node: TapeNode): void {
  for (const output of node.outputs) output.letGo();
}

/** A result that the user keeps must not keep the whole graph behind it. */
function unlink(node: TapeNode): void {
  node.users = [];
  node.inputs = [];
  node.hooks = null;
}
