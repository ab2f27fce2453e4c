import { describe, expect, test } from "vitest";
import { optim, zeros } from "../../src/index.js";
import { expectClose } from "../support/close.js";
import { type FixtureCase, loadFixture, tensorOf } from "../support/fixtures.js";

const BOUND = { rtol: 1e-9, atol: 1e-12 };

interface Options {
  schedule: string;
  lr: number;
  // biome-ignore lint/suspicious/noExplicitAny: each schedule has its own
  options: any;
}

function sgd(lr: number): optim.SGD {
  return new optim.SGD([zeros([1], { requiresGrad: true })], { lr });
}

function make(optimizer: optim.SGD, name: string, options: Options["options"]): optim.Schedule {
  if (name === "LambdaLR") return new optim.LambdaLR(optimizer, (epoch) => 1 / (1 + epoch));
  if (name !== "SequentialLR")
    return new (optim as never as Record<string, new (...args: unknown[]) => optim.Schedule>)[name](optimizer, options);
  const schedules = options.schedules.map(([inner, own]: [string, unknown]) => make(optimizer, inner, own));
  return new optim.SequentialLR(optimizer, { schedules, milestones: options.milestones });
}

/** What JSON keeps of a state. */
function stored<T>(state: T): T {
  return JSON.parse(JSON.stringify(state));
}

describe("schedules against PyTorch", () => {
  const cases = loadFixture<Options>("schedules/learning-rates").cases;

  test.each(cases)("$name: the rates of 30 steps within rtol 1e-9, atol 1e-12, resumed at each", (found) => {
    const { schedule: name, lr, options } = found.options;
    const expected = tensorOf(found, "lr").data;
    let optimizer = sgd(lr);
    let schedule = make(optimizer, name, options);
    const rates = [...schedule.lrs];
    for (let step = 1; step < expected.length; step++) {
      schedule.step();
      rates.push(...schedule.lrs);
      const state = stored({ optimizer: optimizer.stateDict().scalars, schedule: schedule.stateDict() });
      optimizer = sgd(lr);
      schedule = make(optimizer, name, options);
      optimizer.loadStateDict({ tensors: new Map(), scalars: state.optimizer });
      schedule.loadStateDict(state.schedule);
      expect(schedule.lrs).toEqual(rates.slice(-1));
    }
    expectClose(rates, expected, BOUND, "learning rates");
  });

  test.each(loadFixture<Options>("schedules/plateau").cases)(
    "$name: the rates of 30 steps within rtol 1e-9, atol 1e-12, resumed at each",
    (found: FixtureCase<Options>) => {
      const { lr, options } = found.options;
      const expected = tensorOf(found, "lr").data;
      let optimizer = sgd(lr);
      let schedule = new optim.ReduceLROnPlateau(optimizer, options);
      const rates = [...schedule.lrs];
      for (const metric of tensorOf(found, "metrics").data) {
        schedule.step(metric);
        rates.push(...schedule.lrs);
        const state = stored({ optimizer: optimizer.stateDict().scalars, schedule: schedule.stateDict() });
        optimizer = sgd(lr);
        optimizer.loadStateDict({ tensors: new Map(), scalars: state.optimizer });
        schedule = new optim.ReduceLROnPlateau(optimizer, options);
        schedule.loadStateDict(state.schedule);
      }
      expectClose(rates, expected, BOUND, "learning rates");
    },
  );

  test("keep the ratio between groups", () => {
    const [a, b] = [zeros([1], { requiresGrad: true }), zeros([1], { requiresGrad: true })];
    const optimizer = new optim.Adam([{ params: [a] }, { params: [b], lr: 0.3 }], { lr: 0.1 });
    const schedule = new optim.ExponentialLR(optimizer, { gamma: 0.5 });
    schedule.step();
    schedule.step();
    expectClose(schedule.lrs, [0.025, 0.075], BOUND);
  });

  const wrong: [string, (optimizer: optim.SGD) => unknown, string][] = [
    [
      "a step size of 0",
      (o) => new optim.StepLR(o, { stepSize: 0 }),
      "StepLR: stepSize must be a positive integer, got 0.",
    ],
    [
      "milestones out of order",
      (o) => new optim.MultiStepLR(o, { milestones: [5, 3] }),
      "MultiStepLR: milestones must be in ascending order, got [5, 3].",
    ],
    [
      "too few schedules",
      (o) => new optim.SequentialLR(o, { schedules: [], milestones: [3] }),
      "SequentialLR: schedules must be one more than the milestones (2), got 0.",
    ],
    [
      "a factor of 1",
      (o) => new optim.ReduceLROnPlateau(o, { factor: 1 }),
      "ReduceLROnPlateau: factor must be a number in [0, 1), got 1.",
    ],
    [
      "a state of two groups",
      (o) => new optim.ExponentialLR(o, { gamma: 0.5 }).loadStateDict({ epoch: 1, baseLrs: [1, 2] }),
      "ExponentialLR.loadStateDict: baseLrs must be a list of 1 learning rates, one a group, got [1, 2].",
    ],
  ];
  test.each(wrong)("name what is wrong: %s", (_, act, message) => {
    expect(() => act(sgd(0.1))).toThrow(message);
  });
});
