import { describe, expect, test } from "vitest";
import { optim, zeros } from "../../src/index.js";
import { expectClose } from "../support/close.js";
import { loadFixture, tensorOf } from "../support/fixtures.js";

const BOUND = { rtol: 1e-9, atol: 1e-12 };

interface Options {
  schedule: string;
  optimizer: "SGD" | "Adam" | "AdamW";
  lr: number;
  options: object;
}

type AnyOptimizer = optim.SGD | optim.Adam | optim.AdamW;
type Make = new (optimizer: optim.Scheduled, options: object) => optim.Schedule;

function optimizerOf({ optimizer, lr }: Pick<Options, "optimizer" | "lr">): AnyOptimizer {
  const groups = [{ params: [zeros([1])] }, { params: [zeros([1])], lr: 0.02 }];
  return optimizer === "SGD" ? new optim.SGD(groups, { lr, momentum: 0.5 }) : new optim[optimizer](groups, { lr });
}

const valuesOf = (optimizer: AnyOptimizer): number[] =>
  (optimizer.paramGroups as { lr: number; betas?: number[]; momentum?: number }[]).flatMap(
    ({ lr, betas, momentum }) => [lr, betas?.[0] ?? momentum!],
  );

const stored = <T>(state: T): T => JSON.parse(JSON.stringify(state));

describe("against PyTorch, resumed at each step", () => {
  test.each(loadFixture<Options>("schedules/moving").cases)("$name", (found) => {
    const { schedule: name, options } = found.options;
    const Schedule = (optim as unknown as Record<string, Make>)[name];
    let optimizer = optimizerOf(found.options);
    let schedule = new Schedule(optimizer, options);
    const seen = valuesOf(optimizer);
    const expected = tensorOf(found, "values");
    for (let step = 1; step < expected.shape[0]; step++) {
      schedule.step();
      seen.push(...valuesOf(optimizer));
      const state = stored({ optimizer: optimizer.stateDict().scalars, schedule: schedule.stateDict() });
      optimizer = optimizerOf(found.options);
      schedule = new Schedule(optimizer, options);
      optimizer.loadStateDict({ tensors: new Map(), scalars: state.optimizer });
      schedule.loadStateDict(state.schedule);
      expect(valuesOf(optimizer)).toEqual(seen.slice(-4));
    }
    expectClose(seen, expected.data, BOUND, "rates and momenta");
  });
});

const sgd = () => new optim.SGD([zeros([1])], { lr: 0.1, momentum: 0.3 });

describe("schedules", () => {
  test("take up a group that came later, from its own rate", () => {
    const optimizer = sgd();
    const schedule = new optim.StepLR(optimizer, { stepSize: 2, gamma: 0.5 });
    schedule.step();
    optimizer.addParamGroup({ params: [zeros([2])], lr: 0.8 });
    schedule.step();
    expectClose(schedule.lrs, [0.05, 0.4], BOUND);
    expect(schedule.stateDict()).toEqual({ epoch: 2, baseLrs: [0.1, 0.8] });
    const again = sgd();
    again.addParamGroup({ params: [zeros([2])], lr: 0.8 });
    const other = new optim.StepLR(again, { stepSize: 2, gamma: 0.5 });
    other.loadStateDict(stored(schedule.stateDict()));
    expect(other.lrs).toEqual(schedule.lrs);
  });

  test("one after another move the momentum, too", () => {
    const optimizer = sgd();
    const warm = new optim.CyclicLR(optimizer, { baseLr: 0.1, maxLr: 0.5, stepSizeUp: 2 });
    const cycle = new optim.OneCycleLR(optimizer, { maxLr: 0.4, totalSteps: 10 });
    const both = new optim.SequentialLR(optimizer, { schedules: [warm, cycle], milestones: [3] });
    const momenta = [0, 1, 2, 3].map(() => {
      const { momentum } = optimizer.paramGroups[0];
      both.step();
      return momentum;
    });
    expectClose(momenta, [0.9, 0.85, 0.8, 0.95], BOUND);
    expectClose(
      Array.from({ length: 3 }, (_, i) => both.momentumAt(3 + i, 0)!),
      Array.from({ length: 3 }, (_, i) => cycle.momentumAt(i, 0)!),
      BOUND,
    );
  });

  test("leave the momentum of an optimiser alone that has none", () => {
    const optimizer = new optim.Adagrad([zeros([1])]);
    const schedule = new optim.CyclicLR(optimizer, { baseLr: 0.1, maxLr: 0.5, stepSizeUp: 2 });
    schedule.step();
    expectClose(schedule.lrs, [0.3], BOUND);
    expect(optimizer.paramGroups[0]).not.toHaveProperty("momentum");
  });

  test("OneCycleLR ends at its last step, and says so", () => {
    const optimizer = sgd();
    const schedule = new optim.OneCycleLR(optimizer, { maxLr: 1, totalSteps: 3, annealStrategy: "linear" });
    for (let i = 0; i < 3; i++) schedule.step();
    expectClose(schedule.lrs, [1 / 25 / 1e4], BOUND);
    const before = optimizer.paramGroups[0];
    expect(() => schedule.step()).toThrow(
      "OneCycleLR: step must be called at most 3 times, its totalSteps, got call 4.",
    );
    expect(optimizer.paramGroups[0]).toEqual(before);
  });

  const height = (scaleMode: "cycle" | "iterations") => {
    const seen: number[] = [];
    const scaleFn = (x: number) => {
      seen.push(x);
      return 1;
    };
    const schedule = new optim.CyclicLR(sgd(), { baseLr: 0, maxLr: 1, stepSizeUp: 1, scaleFn, scaleMode, cycleMomentum: false }); // biome-ignore format: one line
    for (let i = 0; i < 4; i++) schedule.step();
    return seen;
  };
  test("CyclicLR asks a function of one's own by cycles or steps", () => {
    expect(height("cycle")).toEqual([1, 1, 2, 2, 3]);
    expect(height("iterations")).toEqual([0, 1, 2, 3, 4]);
  });

  const wrong: [string, (o: optim.SGD) => unknown, RegExp][] = [
    [
      "no number of steps",
      (o) => new optim.OneCycleLR(o, { maxLr: 1 }),
      /totalSteps must be given, got nothing\. Write/,
    ],
    [
      "epochs alone",
      (o) => new optim.OneCycleLR(o, { maxLr: 1, epochs: 3 }),
      /stepsPerEpoch must be a positive integer/,
    ],
    ["a share above 1", (o) => new optim.OneCycleLR(o, { maxLr: 1, totalSteps: 9, pctStart: 1.5 }), /pctStart must be a number in \[0, 1\]/], // biome-ignore format: one line
    ["rates for two groups", (o) => new optim.OneCycleLR(o, { maxLr: [1, 2], totalSteps: 9 }), /maxLr must be 1 numbers, one a group, got \[1, 2\]/], // biome-ignore format: one line
    ["snake_case", (o) => new optim.OneCycleLR(o, { maxLr: 1, total_steps: 9 } as never), /Did you mean totalSteps\?/],
    ["an unknown mode", (o) => new optim.CyclicLR(o, { baseLr: 0, maxLr: 1, mode: "square" as never }), /mode must be one of/], // biome-ignore format: one line
    ["no highest rate", (o) => new optim.CyclicLR(o, { baseLr: 0 } as never), /maxLr must be an array.*Write a number/],
    ["a run of no steps", (o) => new optim.CosineAnnealingWarmRestarts(o, { t0: 0 }), /t0 must be a positive integer/],
    ["momentum that is not there", () => new optim.CyclicLR(new optim.Adagrad([zeros([1])]), { baseLr: 0, maxLr: 1, cycleMomentum: true }), /cycleMomentum must be left out/], // biome-ignore format: one line
  ];
  test.each(wrong)("name what is wrong: %s", (_, act, says) => {
    const optimizer = sgd();
    expect(() => act(optimizer)).toThrow(says);
    expect(optimizer.lr).toBe(0.1);
  });
});
