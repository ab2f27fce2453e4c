import { describe, test } from "vitest";
import type { Engine, Operand } from "../../src/engine/engine.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { ENGINES } from "../support/engines.js";
import { type FixtureCase, loadFixture, tensorOf } from "../support/fixtures.js";
import { Operands } from "../support/operands.js";

/** PyTorch's defaults where a field is absent. */
interface Settings {
  lr?: number;
  weightDecay?: number;
  momentum?: number;
  dampening?: number;
  nesterov?: boolean;
  betas?: [number, number];
  eps?: number;
  amsgrad?: boolean;
  alpha?: number;
  centered?: boolean;
  lrDecay?: number;
  initialAccumulatorValue?: number;
}

interface OptimizerOptions {
  optimizer: "SGD" | "Adam" | "AdamW" | "RMSprop" | "Adagrad";
  options: Settings;
  steps: number;
}

type Update = (p: Operand, grad: Operand, step: number) => void;

/** One parameter's update with its own state. Steps count from 1. */
function makeUpdate(engine: Engine, ops: Operands, size: number, found: FixtureCase<OptimizerOptions>): Update {
  const { optimizer, options: o } = found.options;
  const state = (value = 0) => ops.from(new Array<number>(size).fill(value), [size]);
  const { momentum = 0, centered = false } = o;
  const decoupled = optimizer === "AdamW";
  const weightDecay = o.weightDecay ?? (decoupled ? 0.01 : 0);
  switch (optimizer) {
    case "SGD": {
      const buffer = momentum ? ops.empty([size]) : null;
      const { lr = 1e-3, dampening = 0, nesterov = false } = o;
      const step = { lr, momentum, dampening, nesterov, weightDecay };
      return (p, grad, t) => engine.sgdStep(p, grad, buffer, { ...step, first: t === 1 });
    }
    case "Adam":
    case "AdamW": {
      const [m, v, vMax] = [state(), state(), o.amsgrad ? state() : null];
      const { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8 } = o;
      const step = { lr, beta1: betas[0], beta2: betas[1], eps, weightDecay, decoupled };
      return (p, grad, t) => engine.adamStep(p, grad, m, v, vMax, { ...step, step: t });
    }
    case "RMSprop": {
      const [square, buffer, average] = [state(), momentum ? state() : null, centered ? state() : null];
      const { lr = 1e-2, alpha = 0.99, eps = 1e-8 } = o;
      const step = { lr, alpha, eps, weightDecay, momentum, centered };
      return (p, grad) => engine.rmspropStep(p, grad, square, buffer, average, step);
    }
    case "Adagrad": {
      const sum = state(o.initialAccumulatorValue);
      const { lr = 1e-2, lrDecay = 0, eps = 1e-10 } = o;
      return (p, grad, t) => engine.adagradStep(p, grad, sum, { lr: lr / (1 + (t - 1) * lrDecay), eps, weightDecay });
    }
  }
}

for (const { name, engine, dtypes } of ENGINES) {
  describe(`${name}: optimiser kernels against PyTorch`, () => {
    for (const dtype of dtypes) {
      const tolerance = dtype === "float64" ? TOLERANCE.float64 : TOLERANCE.sequence;
      const bounds = `rtol ${tolerance.rtol}, atol ${tolerance.atol}`;
      test.each(loadFixture<OptimizerOptions>(`optimizers/steps-${dtype}`).cases)(
        `${dtype}, $name: every one of 6 steps within ${bounds}`,
        (found) => {
          const ops = new Operands(engine, dtype);
          for (const key of ["a", "b"]) {
            const initial = tensorOf(found, `initial.${key}`);
            const grads = tensorOf(found, `grads.${key}`).data;
            const values = tensorOf(found, `values.${key}`).data;
            const size = initial.data.length;
            const p = ops.from(initial.data, [size]);
            const update = makeUpdate(engine, ops, size, found);
            for (let step = 1; step <= found.options.steps; step++) {
              const [from, to] = [(step - 1) * size, step * size];
              update(p, ops.from(grads.subarray(from, to), [size]), step);
              expectClose(ops.read(p), values.subarray(from, to), tolerance, `${key} after step ${step}`);
            }
          }
          ops.free();
        },
      );
    }
  });
}
