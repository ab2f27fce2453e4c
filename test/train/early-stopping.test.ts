import { describe, expect, test } from "vitest";
import { EarlyStopping } from "../../src/train/index.js";
import { readTrainerState } from "../../src/train/trainer-state.js";

/** Which of these validations are the best so far. */
function bests(stopping: EarlyStopping, told: readonly (readonly [loss: number, ...scores: number[]])[]): number[] {
  return told.flatMap(([loss, ...scores], i) => (stopping.update(loss, i, scores) ? [i] : []));
}

function trainerState(stopping: object) {
  const mean = { sum: 0, count: 0 };
  return {
    ...{ step: 1, validatedStep: 1, position: { epoch: 0, step: 1 } },
    ...{ generator: { seed: 0, counter: 0, used: 4 }, window: mean, windowNorm: mean, interval: mean },
    stopping,
  };
}

describe("EarlyStopping", () => {
  test("figures are compared in their order, each in its direction, and then the loss", () => {
    const told = [
      [5, 0.5, 30],
      [4, 0.5, 30], // the loss breaks the tie
      [3, 0.5, 31], // the second figure is worse: the loss is not asked
      [9, 0.5, 29], // the second figure is better
      [1, 0.4, 1], // the first figure is worse
      [10, 0.6, 90], // the first figure is better
      [10, 0.6, 90], // nothing differs
    ] as const;
    const stopping = new EarlyStopping(0, ["higher", "lower"]);
    expect(bests(stopping, told)).toEqual([0, 1, 3, 5]);
    expect(stopping.state).toEqual({ bestLoss: 10, bestStep: 5, stale: 1, best: 0.6, others: [90] });
  });

  test("a loss alone, and one figure, as before", () => {
    expect(bests(new EarlyStopping(), [[3], [2], [2], [4], [1]])).toEqual([0, 1, 4]);
    const higher = new EarlyStopping(0, "higher");
    expect([higher.update(1, 0, 0.2), higher.update(2, 1, 0.1), higher.update(2, 2, 0.3)]).toEqual([true, false, true]);
    expect(higher.state).toEqual({ bestLoss: 2, bestStep: 2, stale: 0, best: 0.3 });
  });

  test("no figure (NaN) is worse than any, and two of none are told apart by the loss", () => {
    const told = [
      [5, Number.NaN],
      [4, Number.NaN],
      [9, 0.1],
      [1, Number.NaN],
    ] as const;
    expect(bests(new EarlyStopping(0, ["higher"]), told)).toEqual([0, 1, 2]);
    expect(bests(new EarlyStopping(), [[Number.NaN], [Number.NaN], [2], [Number.NaN]])).toEqual([0, 2]);
    expect(bests(new EarlyStopping(0, [], 0.5), [[Number.NaN], [2], [1.6], [1.4]])).toEqual([0, 1, 3]);
  });

  test.each(["higher", "lower"] as const)("no figure and infinite ones go through a checkpoint, %s", (better) => {
    const [bad, good] = better === "higher" ? [-Infinity, Infinity] : [Infinity, -Infinity];
    const stopping = new EarlyStopping(0, [better, better]);
    const told = [[5, Number.NaN, Number.NaN], [5, 0.1, bad], [5, 0.1, 3], [5, good, good]] as const;
    for (const [i, [loss, ...scores]] of told.entries()) {
      expect(stopping.update(loss, i, scores), String(i)).toBe(true);
      if (i === 0) expect(stopping.best).toBeNaN();
      const saved = JSON.parse(JSON.stringify(stopping.state));
      expect(() => readTrainerState(trainerState(saved))).not.toThrow();
      stopping.state = saved;
    }
    expect(stopping.update(4, 9, [0.1, 3])).toBe(false);
  }); // biome-ignore format: a table

  test("figures within minDelta are no better, and the next one is not asked", () => {
    const stopping = new EarlyStopping(0, ["higher", "lower"], 0.1);
    const told = [[5, 0.5, 30], [4, 0.55, 10], [4, 0.59, 10], [9, 0.61, 90], [1, 0.4, 1]] as const;
    expect(bests(stopping, told)).toEqual([0, 3]);
  }); // biome-ignore format: a table

  test("goes on from the state of a version that kept the first figure alone", () => {
    const stopping = new EarlyStopping(0, ["higher", "higher"]);
    stopping.state = { bestLoss: 2, bestStep: 7, stale: 1, best: 0.5 };
    expect(stopping.update(1.5, 8, [0.5, 0.1])).toBe(true);
    expect(stopping.state).toEqual({ bestLoss: 1.5, bestStep: 8, stale: 0, best: 0.5, others: [0.1] });
  });

  test.each<[unknown, unknown, string]>([
    [1.5, Symbol("x"), "step"],
    ["a", [0.5], "step"],
    [1, [Symbol("x")], "scores"],
    [1, [0.5, "b"], "scores"],
    [1, { a: 1 }, "scores"],
  ])("what is no step or score is refused, %#", (step, scores, argument) => {
    const stopping = new EarlyStopping(0, ["higher", "higher"]);
    const before = structuredClone(stopping.state);
    expect(() => stopping.update(0.5, step as number, scores as number[])).toThrow(
      `EarlyStopping.update: ${argument} must be`,
    );
    expect(stopping.state).toEqual(before);
  });

  test("its figures in a checkpoint are checked", () => {
    const state = (others: unknown) => trainerState({ bestLoss: 1, bestStep: 1, stale: 0, best: 0.5, others });
    expect(() => readTrainerState(state([0.25]))).not.toThrow();
    for (const bad of ["x", [Number.NaN], [null], 3]) {
      expect(() => readTrainerState(state(bad)), String(bad)).toThrow("stopping.others");
    }
  });
});
