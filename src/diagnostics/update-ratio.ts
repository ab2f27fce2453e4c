import { refusal } from "../base/check.js";
import { ShapeError } from "../base/errors.js";
import { formatShape, sameShape } from "../base/shape.js";
import { type Module, requireModule } from "../nn/module.js";

/** The values of a module's parameters at some time. */
export type WeightSnapshot = ReadonlyMap<string, { shape: readonly number[]; data: ArrayLike<number> }>;

/** How far one parameter moved, in proportion to its size. */
export interface UpdateRatio {
  /** As `namedParameters` has it. */
  name: string;
  /** ‖θ - θ_before‖ */
  update: number;
  /** ‖θ_before‖ */
  weight: number;
  /** update / weight: infinite when a weight of zeros moved, 0 when nothing moved. */
  ratio: number;
}

/** A copy of a module's weights, to be compared with what a step of the optimiser makes of them. */
export function weightSnapshot(module: Module): WeightSnapshot {
  requireModule("weightSnapshot", module);
  return new Map(module.namedParameters().map(([name, p]) => [name, { shape: p.shape, data: p.data() }]));
}

/**
 * ‖Δθ‖ / ‖θ‖ of every parameter since `before`: about 1e-3 a step is usual; 1e-5 hardly learns, 1e-1 shakes.
 * @throws ShapeError when `before` is of another module
 * Source: Karpathy, CS231n notes ("ratio of weights : updates").
 * @example
 * const before = diagnostics.weightSnapshot(model);
 * optimizer.step();
 * for (const { name, ratio } of diagnostics.updateRatio(model, before)) console.log(name, ratio);
 */
export function updateRatio(module: Module, before: WeightSnapshot): UpdateRatio[] {
  requireModule("updateRatio", module);
  if (!(before instanceof Map)) throw refusal("updateRatio", "before", "be what weightSnapshot() gave", before);
  return module.namedParameters().map(([name, parameter]) => {
    const old = before.get(name);
    if (old === undefined || !sameShape(old.shape ?? [-1], parameter.shape)) {
      throw new ShapeError({
        op: "updateRatio",
        argument: "before",
        must: `hold ${name} in shape ${formatShape(parameter.shape)}`,
        value: old === undefined ? "nothing of this name" : formatShape(old.shape),
        fix: "Take it from the same module: weightSnapshot(module).",
      });
    }
    const now = parameter.data();
    let [moved, size] = [0, 0];
    for (let i = 0; i < now.length; i++) {
      moved += (now[i] - old.data[i]) ** 2;
      size += old.data[i] ** 2;
    }
    const [update, weight] = [Math.sqrt(moved), Math.sqrt(size)];
    return { name, update, weight, ratio: update === 0 ? 0 : update / weight };
  });
}
