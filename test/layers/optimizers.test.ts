import { describe, expect, test } from "vitest";
import { AdaGrad, Adam, array, clipGrads, Momentum, type Optimizer, RMSprop, SGD } from "../../src/layers/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { RandomArrays } from "./random.js";

/** The update of one number after another, as the textbook writes it. */
type Rule = (w: number, g: number, step: number) => number;

function momentum(): Rule {
  let v = 0;
  return (w, g) => {
    v = 0.9 * v - 0.1 * g;
    return w + v;
  };
}

function adaGrad(): Rule {
  let s = 0;
  return (w, g) => {
    s += g * g;
    return w - (0.1 * g) / (Math.sqrt(s) + 1e-7);
  };
}

function rmsProp(): Rule {
  let s = 0;
  return (w, g) => {
    s = 0.99 * s + 0.01 * g * g;
    return w - (0.1 * g) / (Math.sqrt(s) + 1e-7);
  };
}

function adam(): Rule {
  let [m, v] = [0, 0];
  return (w, g, step) => {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    return w - (0.1 * (m / (1 - 0.9 ** step))) / (Math.sqrt(v / (1 - 0.999 ** step)) + 1e-8);
  };
}

const rules: [string, Optimizer, () => Rule][] = [
  ["SGD", new SGD({ lr: 0.1 }), () => (w, g) => w - 0.1 * g],
  ["Momentum", new Momentum({ lr: 0.1 }), momentum],
  ["AdaGrad", new AdaGrad({ lr: 0.1 }), adaGrad],
  ["RMSprop", new RMSprop({ lr: 0.1 }), rmsProp],
  ["Adam", new Adam({ lr: 0.1 }), adam],
];

describe("optimisers", () => {
  test.each(rules)("%s: five steps by its rule, rtol 1e-10", (_name, optimizer, makeRule) => {
    const r = new RandomArrays(71);
    const params = [r.normal(2, 3), r.normal(4)];
    const expected = params.map(({ data }) => [...data]);
    const states = params.map(({ size }) => Array.from({ length: size }, makeRule));
    for (let step = 1; step <= 5; step++) {
      const grads = params.map(({ shape }) => r.normal(...shape));
      expected.forEach((values, i) => {
        values.forEach((value, k) => {
          values[k] = states[i]![k]!(value, grads[i]!.data[k]!, step);
        });
      });
      optimizer.update(params, grads);
    }
    params.forEach(({ data }, i) => {
      expectClose(data, expected[i]!, TOLERANCE.float64);
    });
  });

  test("a param with two places moves once, by the sum of both gradients", () => {
    const param = array([1, 2], "float64");
    new SGD({ lr: 1 }).update([param, param], [array([0.5, 0], "float64"), array([0.25, 1], "float64")]);
    expect(param.toArray()).toEqual([0.25, 1]);
  });

  test("grads that do not fit are refused", () => {
    const [two, three] = [array([1, 2]), array([1, 2, 3])];
    expect(() => new SGD().update([two], [])).toThrow("SGD.update: grads must be one for each of params, got 1 params");
    expect(() => new Adam().update([two], [three])).toThrow("Adam.update: grads[0] must have its param's shape");
    expect(() => new SGD({ lr: -1 })).toThrow("SGD: lr must be a finite number >= 0, got -1");
  });
});

describe("clipGrads", () => {
  test("scales all together to the norm given, and returns the norm before", () => {
    const grads = [array([3, 0], "float64"), array([[4]], "float64")];
    expect(clipGrads(grads, 1)).toBe(5);
    expectClose([...grads[0]!.data, ...grads[1]!.data], [0.6, 0, 0.8], { rtol: 1e-6, atol: 0 });
  });

  test("leaves small ones alone", () => {
    const grads = [array([0.3, 0.4], "float64")];
    expect(clipGrads(grads, 1)).toBeCloseTo(0.5, 12);
    expect(grads[0]!.toArray()).toEqual([0.3, 0.4]);
  });
});
