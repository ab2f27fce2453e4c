import { show } from "../../../base/errors.js";
import { add, maximum, minimum, mul, sub } from "../../../tensor/ops/arithmetic.js";
import { concat } from "../../../tensor/ops/join.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { KerasLayer, type LayerSpec, type Signal } from "../layer.js";
import { both, inARow } from "../step-mask.js";

const MERGES: Readonly<Record<string, (a: Tensor, b: Tensor) => Tensor>> = {
  Add: add,
  Average: add,
  Subtract: sub,
  Multiply: mul,
  Maximum: maximum,
  Minimum: minimum,
};

export const MERGE_TYPES: readonly string[] = Object.keys(MERGES);

/** Several tensors of one shape, element by element. A step counts where it does in all of them. */
export class KerasMerge extends KerasLayer {
  readonly kind: string;

  constructor(kind: string) {
    super();
    this.kind = kind;
  }

  override takes(count: number): boolean {
    return this.kind === "Subtract" ? count === 2 : count > 0;
  }

  call(inputs: readonly Signal[]): readonly Signal[] {
    const total = inputs.map(({ x }) => x).reduce(MERGES[this.kind]);
    const x = this.kind === "Average" ? mul(total, 1 / inputs.length) : total;
    return [{ x, mask: both(inputs.map(({ mask }) => mask)) }];
  }
}

export function buildMerge({ type }: LayerSpec): KerasLayer {
  return new KerasMerge(type);
}

export class KerasConcatenate extends KerasLayer {
  readonly axis: number;

  constructor(axis: number) {
    super();
    this.axis = axis;
  }

  override takes(count: number): boolean {
    return count > 0;
  }

  call(inputs: readonly Signal[]): readonly Signal[] {
    const tensors = inputs.map(({ x }) => x);
    const masks = inputs.map(({ mask }) => mask);
    const [{ rank, shape }] = tensors as [Tensor];
    const isInTime = rank > 2 && (this.axis === 1 || this.axis === 1 - rank);
    const mask = isInTime
      ? inARow(
          masks,
          shape[0],
          tensors.map((x) => x.shape[1]),
        )
      : both(masks);
    return [{ x: concat(tensors, this.axis), mask }];
  }
}

export function buildConcatenate({ config }: LayerSpec): KerasLayer {
  const axis = config.number("axis", -1);
  if (!Number.isSafeInteger(axis)) config.fail("have an integer as axis", show(axis));
  return new KerasConcatenate(axis);
}
