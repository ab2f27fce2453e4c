import { isFloat } from "../base/dtype.js";
import { inScope } from "../tensor/lifetime.js";
import { alias } from "../tensor/ops/raw.js";
import { record, recordAll, type Saved, wantsGrad } from "../tensor/tape.js";
import { Tensor } from "../tensor/tensor.js";
import { tensorsIn, withRecording } from "./grad-mode.js";

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
  name?: string;
  /** Computes the output; nothing inside is recorded. */
  forward(ctx: Context, ...args: A): Tensor;
  /** The gradient of each tensor argument, in their order; null for none. */
  backward(ctx: Context, dOut: Tensor): Tensor | null | readonly (Tensor | null)[];
}

/**
 * An operation with a gradient of your own, PyTorch's `autograd.Function`.
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
  const name = definition.name ?? "function";
  return (...args: A): Tensor => {
    const inputs = args.filter((arg): arg is A[number] & Tensor => arg instanceof Tensor) as Tensor[];
    const ctx = new Context(inputs.map((input) => input.requiresGrad && isFloat(input.dtype)));
    const result = withRecording(false, () =>
      inScope(
        name,
        () => {
          const out = definition.forward(ctx, ...args);
          return inputs.includes(out) ? alias(out) : out;
        },
        (out) => tensorsIn([out, ctx.saved]),
      ),
    );
    const own = ctx.saved.filter((tensor) => tensor !== result && !inputs.includes(tensor) && tensor.node === null);
    const saved: Saved = { held: ctx.saved.filter((tensor) => !own.includes(tensor)), owned: own };
    const walk = (dOut: Tensor): readonly (Tensor | null)[] => {
      const grads = definition.backward(ctx, dOut);
      return Array.isArray(grads) ? grads : [grads as Tensor | null];
    };
    if (!wantsGrad(inputs)) recordAll(name, inputs, [result], () => []);
    else record(name, inputs, result, walk, saved);
    return result;
  };
}
