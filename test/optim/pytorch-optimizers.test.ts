import { expect, test } from "vitest";
import { optim, type Tensor } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { describeEngines, fromFixture } from "../support/configured.js";
import { type FixtureCase, loadFixture, tensorOf } from "../support/fixtures.js";

interface Options {
  optimizer: "SGD" | "Adam" | "AdamW" | "RMSprop" | "Adagrad" | "ASGD";
  options: { lr?: number };
  steps: number;
}

/** Step `at` of a tensor [STEPS, ...]. */
function stepOf(found: FixtureCase<unknown>, name: string, at: number): Tensor {
  return fromFixture(tensorOf(found, name)).select(0, at).clone();
}

/** Runs all steps from `from` on, with the fixture's gradients, and compares the parameters after each. */
function run(
  found: FixtureCase<Options>,
  optimizer: optim.Optimizer,
  parameters: Record<string, Tensor>,
  from: number,
) {
  const exact = parameters["a"].dtype === "float64";
  for (let step = from; step < found.options.steps; step++) {
    for (const [key, parameter] of Object.entries(parameters)) parameter.grad = stepOf(found, `grads.${key}`, step);
    optimizer.step();
    optimizer.zeroGrad();
    for (const [key, parameter] of Object.entries(parameters)) {
      expect(parameter.grad).toBeNull();
      const expected = stepOf(found, `values.${key}`, step).data();
      expectClose(parameter.data(), expected, exact ? TOLERANCE.float64 : TOLERANCE.sequence, `${key}, step ${step}`);
    }
  }
}

function parametersOf(found: FixtureCase<unknown>): Record<string, Tensor> {
  const of = (key: string): Tensor => fromFixture(tensorOf(found, `initial.${key}`), true);
  return { a: of("a"), b: of("b") };
}

describeEngines("optimisers against PyTorch", (dtypes) => {
  for (const dtype of dtypes) {
    const { rtol, atol } = dtype === "float64" ? TOLERANCE.float64 : TOLERANCE.sequence;
    const { cases } = loadFixture<Options>(`optimizers/steps-${dtype}`);
    test.each(cases)(`${dtype}, $name: every one of 6 steps within rtol ${rtol}, atol ${atol}`, (found) => {
      const parameters = parametersOf(found);
      run(found, new optim[found.options.optimizer](Object.values(parameters), found.options.options), parameters, 0);
    });
    test.each(cases)(`${dtype}, $name: resumed from its state after 3 steps, the same bits`, (found) => {
      const make = (parameters: Record<string, Tensor>) =>
        new optim[found.options.optimizer](Object.values(parameters), found.options.options);
      const whole = parametersOf(found);
      const first = make(whole);
      const half = { ...found, options: { ...found.options, steps: 3 } };
      run(half, first, whole, 0);
      const copies = Object.fromEntries(
        Object.entries(whole).map(([key, value]) => {
          const copy = value.detach().clone();
          copy.requiresGrad = true;
          return [key, copy];
        }),
      );
      const { tensors, scalars } = first.stateDict();
      const saved = new Map([...tensors].map(([key, value]) => [key, value.clone()]));
      const second = make(copies);
      second.loadStateDict({ tensors: saved, scalars: JSON.parse(JSON.stringify(scalars)) });
      run(found, first, whole, 3);
      run(found, second, copies, 3);
      for (const key of ["a", "b"]) expect(copies[key].data()).toEqual(whole[key].data());
    });
  }
  test.each(loadFixture<Options>("optimizers/asgd").cases)(
    "$name: every one of 6 steps and its averages within rtol 1.3e-6, atol 1e-5",
    (found) => {
      const parameters = parametersOf(found);
      const optimizer = new optim.ASGD(Object.values(parameters), found.options.options);
      for (let step = 0; step < found.options.steps; step++) {
        run({ ...found, options: { ...found.options, steps: step + 1 } }, optimizer, parameters, step);
        const averages = optimizer.withAverages(() => Object.entries(parameters).map(([key, p]) => [key, p.data()]));
        for (const [key, average] of averages as [string, Float32Array][]) {
          const expected = stepOf(found, `averages.${key}`, step).data();
          expectClose(average, expected, TOLERANCE.sequence, `average of ${key}, step ${step}`);
        }
      }
    },
  );
  test("SGD, two groups, learning rate halved after step 3: every step within rtol 1e-10, atol 1e-12", () => {
    const [found] = loadFixture<Options & { lrOfB: number; halvedAfter: number }>("optimizers/groups").cases;
    const parameters = parametersOf(found);
    const groups = [{ params: [parameters["a"]] }, { params: [parameters["b"]], lr: found.options.lrOfB }];
    const optimizer = new optim.SGD(groups, found.options.options);
    run({ ...found, options: { ...found.options, steps: found.options.halvedAfter } }, optimizer, parameters, 0);
    for (const group of optimizer.paramGroups) group.lr *= 0.5;
    run(found, optimizer, parameters, found.options.halvedAfter);
  });
});
