import { checkFunction, checkObject } from "../base/check.js";
import { isFloat } from "../base/dtype.js";
import { OptionError, show } from "../base/errors.js";
import { inScope } from "../tensor/lifetime.js";
import { alias, requireTensor } from "../tensor/ops/raw.js";
import { record } from "../tensor/tape.js";
import { Tensor } from "../tensor/tensor.js";
import { withRecording } from "./grad-mode.js";

/** What a custom function keeps from its forward pass for its backward pass. */
export class Context {
  /** @internal */
  readonly saved: Tensor[] = [];
  /** Which of the tensor inputs want a gradient, in their order. */
  readonly needsGrad: readonly boolean[];

  constructor(needsGrad: readonly boolean[]) {
    this.needsGrad = needsGrad;
  }

  /** Keeps tensors (inputs, outputs or others) until the backward pass has run. */
  saveForBackward(...tensors: Tensor[]): void {
    this.saved.push(...tensors);
  }

  /** What `saveForBackward` kept, in its order. */
  get savedTensors(): readonly Tensor[] {
    return this.saved;
  }
}

/** A forward and a backward side by side. */
export interface FunctionDefinition<A extends readonly unknown[]> {
  /** Shown by `toString()` and in errors. */
  name?: string | undefined;
  /** Computes the output; nothing inside is recorded. */
  forward(ctx: Context, ...args: A): Tensor;
  /** The gradient of each tensor argument, in their order; null for none. */
  backward(ctx: Context, dOut: Tensor): Tensor | null | readonly (Tensor | null)[];
}

/**
 * An operation with a gradient of your own, PyTorch's `autograd.Function`. Arguments that are tensors themselves (not inside
 * arrays or objects) take gradients.
 * @throws OptionError when backward returns another number of gradients than there are tensor arguments; ShapeError and
 *   DTypeError when one does not fit its argument
 * @example
 * const cube = defineFunction({
 *   forward(ctx, x: Tensor) { ctx.saveForBackward(x); return x.pow(3); },
 *   backward(ctx, dOut) { return dOut.mul(ctx.savedTensors[0]!.square()).mul(3); },
 * });
 * cube(x).sum().backward();
 */
export function defineFunction<A extends readonly unknown[]>(
  definition: FunctionDefinition<A>,
): (...args: A) => Tensor {
  checkObject("defineFunction", "definition", definition, "an object { forward, backward }");
  checkFunction("defineFunction", "forward", definition.forward);
  checkFunction("defineFunction", "backward", definition.backward);
  const name = definition.name ?? "function";
  return (...args: A): Tensor => {
    const inputs = args.filter((arg): arg is A[number] & Tensor => arg instanceof Tensor) as Tensor[];
    const ctx = new Context(inputs.map((input) => input.requiresGrad));
    const [output, owned] = runForward(name, () => definition.forward(ctx, ...args), ctx);
    if (!isFloat(output.dtype)) {
      for (const tensor of owned) tensor.release(name);
      return output;
    }
    const held = ctx.saved.filter((tensor) => !owned.includes(tensor));
    const walk = (dOut: Tensor) => gradientList(name, definition.backward(ctx, dOut), inputs.length);
    return record(name, inputs, output, walk, { held, owned });
  };
}

/** The output as a tensor of its own, and what was saved that nobody else has. */
function runForward(name: string, forward: () => Tensor, ctx: Context): [output: Tensor, owned: Tensor[]] {
  let owned: Tensor[] = [];
  const body = (created: readonly unknown[]): Tensor => {
    const result = forward();
    requireTensor(name, "forward's result", result);
    const made = new Set(created);
    owned = ctx.saved.filter((tensor) => tensor !== result && made.has(tensor));
    return made.has(result) ? result : alias(result);
  };
  const output = withRecording(false, () => inScope(name, body, (out) => [out, ...owned]));
  return [output, owned];
}

function gradientList(name: string, grads: ReturnType<FunctionDefinition<[]>["backward"]>, count: number) {
  const list = grads instanceof Tensor || grads === null ? [grads] : grads;
  if (Array.isArray(list) && list.length === count && list.every((grad) => grad === null || grad instanceof Tensor)) {
    return list;
  }
  throw new OptionError({
    op: `${name}.backward`,
    argument: "result",
    must: `be one gradient (or null) for each of the ${count} tensor arguments`,
    value: Array.isArray(list) ? `${list.length}` : show(list),
  });
}
