import { checkKnownOptions, checkOptionsObject } from "../base/check.js";
import { DTypeError, OptionError, show, UnsupportedError } from "../base/errors.js";
import { formatShape, misshapen, sameShape } from "../base/shape.js";
import { currentEngine } from "../engine/select.js";
import { inScope, releaseNext, stepBoundary } from "../tensor/lifetime.js";
import { add } from "../tensor/ops/arithmetic.js";
import { alias, copyOf, filled, requireTensor } from "../tensor/ops/raw.js";
import { dropSaved, type TapeNode } from "../tensor/tape.js";
import { Tensor } from "../tensor/tensor.js";
import { checkSaved } from "./check-saved.js";
import { withRecording } from "./grad-mode.js";

export interface BackwardOptions {
  /** Keep the graph so that it can be walked again. Default false. */
  retainGraph?: boolean | undefined;
  /** Gradients have no gradients of their own: true is refused. */
  createGraph?: false | undefined;
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
 * @throws ModifiedError when a value that a gradient depends on was written since; all gradients are as they were
 * @throws UnsupportedError when nothing was recorded, or the graph was walked before; for `createGraph`
 * @throws OptionError for other options
 */
export function backward(root: Tensor, gradient?: Tensor, options: BackwardOptions = {}): void {
  requireTensor("backward", "tensor", root);
  checkOptions(options);
  walk(root, gradient, options.retainGraph ?? false);
}

/**
 * As `backward(root)`, and tells of each leaf as soon as nothing more is added to its gradient, while the walk goes on: what is done with it
 * may be begun then. It may read gradients, and must not write values or make any.
 */
export function backwardTelling(root: Tensor, isFinal: (leaf: Tensor) => void): void {
  requireTensor("backward", "tensor", root);
  walk(root, undefined, false, isFinal);
}

function walk(root: Tensor, gradient: Tensor | undefined, keepGraph: boolean, isFinal?: (leaf: Tensor) => void): void {
  const seed = seedOf(root, gradient);
  withRecording(false, () => {
    stepBoundary();
    const nodes = reachable(root);
    // All before any, so that an error leaves every gradient as it was.
    for (const node of nodes) checkSaved(node);
    const uses = isFinal === undefined ? undefined : usesOfLeaves(nodes);
    const waiting = new Map<TapeNode, Waiting>();
    try {
      deliver(root, alias(seed), waiting);
      for (const node of nodes) {
        // A node that was walked gives up its inputs.
        const leaves = uses === undefined ? [] : node.inputs.filter((input) => uses.has(input));
        walkNode(node, waiting, keepGraph);
        for (const leaf of leaves) {
          const left = uses!.get(leaf)! - 1;
          uses!.set(leaf, left);
          if (left === 0) isFinal!(leaf);
        }
      }
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

/** Of each leaf, how often nodes take it in. */
function usesOfLeaves(nodes: readonly TapeNode[]): Map<Tensor, number> {
  const uses = new Map<Tensor, number>();
  for (const { inputs } of nodes) {
    for (const input of inputs)
      if (input.node === null && input.requiresGrad) uses.set(input, (uses.get(input) ?? 0) + 1);
  }
  return uses;
}

function checkOptions(options: BackwardOptions): void {
  checkOptionsObject("backward", options);
  const { createGraph = false, ...others } = options as BackwardOptions & { createGraph?: unknown };
  checkKnownOptions("backward", others, ["retainGraph"]);
  if (createGraph === false) return;
  throw new UnsupportedError({
    op: "backward",
    argument: "options.createGraph",
    must: "be left out, as gradients have no gradients of their own",
    value: show(createGraph),
    fix: "For a second derivative, compute the first by operations and call backward() on that, or take the difference of the gradients at two points.",
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
  if (!(gradient instanceof Tensor)) {
    const fix = "Options come second: backward(undefined, { retainGraph: true }).";
    throw new OptionError({ op: "backward", argument: "gradient", must: "be a tensor", value: show(gradient), fix });
  }
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
    // Once more: hooks may have written, and the walk itself, which adds to gradients.
    checkSaved(node);
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
  // One that wants no gradient any longer gets none; for one that only now wants some, nothing was saved.
  const needs = node.inputs.map((input, i) => input.requiresGrad && node.needs[i]!);
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
    a.storage.beforeWrite("backward()");
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
    target.storage.beforeWrite("backward(), which adds to a gradient");
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
