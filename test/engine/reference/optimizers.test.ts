import { describe, test } from "vitest";
import type { AdagradStep, AdamStep, RmspropStep, SgdStep } from "../../../src/engine/engine.js";
import { ReferenceEngine } from "../../../src/engine/reference/reference-engine.js";
import { expectClose } from "../../support/close.js";
import { Operands } from "../../support/operands.js";

/** One parameter through five steps, beside the update rules written out for a scalar. */

const GRADS = [0.7, -0.2, 0.05, -1.3, 0.4];
const START = 1.5;
const BOUND = { rtol: 1e-12, atol: 1e-14 };
const engine = new ReferenceEngine();

/** The parameter after each step. */
function run(
  stateCount: number,
  step: (ops: Operands, p: Scalar, grad: Scalar, state: Scalar[], t: number) => void,
): number[] {
  const ops = new Operands(engine, "float64");
  const p = ops.from([START], [1]);
  const state = Array.from({ length: stateCount }, () => ops.from([0], [1]));
  const path = GRADS.map((g, i) => {
    step(ops, p, ops.from([g], [1]), state, i + 1);
    return ops.read(p)[0]!;
  });
  ops.free();
  return path;
}
type Scalar = ReturnType<Operands["empty"]>;

describe("SGD, within rtol 1e-12", () => {
  const plain: Omit<SgdStep, "first"> = { lr: 0.1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 };
  const cases: [string, Partial<SgdStep>][] = [
    ["plain", {}],
    ["weight decay", { weightDecay: 0.3 }],
    ["momentum and dampening", { momentum: 0.9, dampening: 0.4 }],
    ["Nesterov with weight decay", { momentum: 0.9, nesterov: true, weightDecay: 0.1 }],
  ];
  test.each(cases)("%s", (_, changes) => {
    const o = { ...plain, ...changes };
    let p = START;
    let velocity = 0;
    const expected = GRADS.map((raw, i) => {
      const g = raw + o.weightDecay * p;
      velocity = i === 0 ? g : velocity * o.momentum + g * (1 - o.dampening);
      const direction = o.momentum === 0 ? g : o.nesterov ? g + o.momentum * velocity : velocity;
      p = p - o.lr * direction;
      return p;
    });
    const actual = run(1, (_ops, q, grad, [buffer], t) => {
      engine.sgdStep(q, grad, o.momentum ? buffer! : null, { ...o, first: t === 1 });
    });
    expectClose(actual, expected, BOUND);
  });
});

describe("Adam, within rtol 1e-12", () => {
  const plain: Omit<AdamStep, "step"> = {
    lr: 0.1,
    beta1: 0.8,
    beta2: 0.9,
    eps: 1e-3,
    weightDecay: 0,
    decoupled: false,
  };
  const cases: [string, Partial<AdamStep>, boolean][] = [
    ["plain", {}, false],
    ["weight decay", { weightDecay: 0.2 }, false],
    ["AdamW", { weightDecay: 0.2, decoupled: true }, false],
    ["AMSGrad", {}, true],
  ];
  test.each(cases)("%s", (_, changes, amsgrad) => {
    const o = { ...plain, ...changes };
    let p = START;
    const seen: number[] = [];
    const sizes: number[] = [];
    const expected = GRADS.map((raw) => {
      seen.push(o.decoupled ? raw : raw + o.weightDecay * p);
      if (o.decoupled) p -= o.lr * o.weightDecay * p;
      const t = seen.length;
      // The moving averages as the sums that they stand for.
      const weighted = (beta: number, f: (g: number) => number) =>
        seen.reduce((sum, g, i) => sum + (1 - beta) * beta ** (t - 1 - i) * f(g), 0);
      sizes.push(weighted(o.beta2, (g) => g * g));
      const v = amsgrad ? Math.max(...sizes) : sizes.at(-1)!;
      const mHat = weighted(o.beta1, (g) => g) / (1 - o.beta1 ** t);
      p -= (o.lr * mHat) / (Math.sqrt(v / (1 - o.beta2 ** t)) + o.eps);
      return p;
    });
    const actual = run(3, (_ops, q, grad, [m, v, vMax], step) => {
      engine.adamStep(q, grad, m!, v!, amsgrad ? vMax! : null, { ...o, step });
    });
    expectClose(actual, expected, BOUND);
  });
});

describe("RMSprop, within rtol 1e-12", () => {
  const plain: RmspropStep = { lr: 0.1, alpha: 0.9, eps: 1e-3, weightDecay: 0, momentum: 0, centered: false };
  const cases: [string, Partial<RmspropStep>][] = [
    ["plain", {}],
    ["weight decay", { weightDecay: 0.2 }],
    ["momentum", { momentum: 0.6 }],
    ["centered with momentum", { momentum: 0.6, centered: true }],
  ];
  test.each(cases)("%s", (_, changes) => {
    const o = { ...plain, ...changes };
    let p = START;
    let [square, mean, velocity] = [0, 0, 0];
    const expected = GRADS.map((raw) => {
      const g = raw + o.weightDecay * p;
      square += (1 - o.alpha) * (g * g - square);
      mean += (1 - o.alpha) * (g - mean);
      const spread = Math.sqrt(o.centered ? square - mean ** 2 : square) + o.eps;
      velocity = o.momentum * velocity + g / spread;
      p -= o.lr * velocity;
      return p;
    });
    const actual = run(3, (_ops, q, grad, [s, b, a]) => {
      engine.rmspropStep(q, grad, s!, o.momentum ? b! : null, o.centered ? a! : null, o);
    });
    expectClose(actual, expected, BOUND);
  });
});

describe("Adagrad, within rtol 1e-12", () => {
  test.each([0, 0.3])("weight decay %s", (weightDecay) => {
    const o: AdagradStep = { lr: 0.2, eps: 1e-6, weightDecay };
    let p = START;
    let total = 0;
    const expected = GRADS.map((raw) => {
      const g = raw + weightDecay * p;
      total += g ** 2;
      p -= (o.lr / (total ** 0.5 + o.eps)) * g;
      return p;
    });
    expectClose(
      run(1, (_ops, q, grad, [sum]) => {
        engine.adagradStep(q, grad, sum!, o);
      }),
      expected,
      BOUND,
    );
  });
});
