import { describe, expect, it } from "vitest";
import { expectClose, TOLERANCE, type Tolerance } from "../support/close.js";
import { type RecurrentOptions, runStack } from "../support/engine-stack.js";
import { ENGINES } from "../support/engines.js";
import { type FixtureCase, loadFixture, tensorOf, under } from "../support/fixtures.js";

const KINDS = ["rnn-tanh", "rnn-relu", "lstm", "gru"] as const;

/** What a stack of sequence kernels can do by itself. */
function isPlain({ options }: FixtureCase<RecurrentOptions>): boolean {
  return !options.lengths && !options.module.projSize && !options.unbatched;
}

for (const { name, engine, dtypes } of ENGINES) {
  describe(`${name}: sequence kernels against PyTorch`, () => {
    for (const kind of KINDS) {
      const modules = loadFixture<RecurrentOptions>(`modules/${kind}`).cases;
      const bidirectional = loadFixture<RecurrentOptions>(`modules-parity/${kind}`).cases.filter(
        (found) => isPlain(found) && found.options.module.bidirectional,
      );
      it.each([...modules, ...bidirectional])(
        `${kind}, $name: values within rtol 1.3e-6, atol 1e-5, gradients within rtol 1e-4, atol 1e-6`,
        (found) => {
          compare(found, TOLERANCE.sequence, TOLERANCE.gradient);
        },
      );
      it.each(modules.filter((found) => found.name.endsWith("1 step")))(
        `${kind}, $name: values within atol 2e-6`,
        (found) => {
          compare(found, TOLERANCE.cell, TOLERANCE.gradient);
        },
      );
    }
    if (dtypes.includes("float64")) {
      it.each(loadFixture<RecurrentOptions>("modules/float64").cases)(
        "float64, $name: values and gradients within rtol 1e-10, atol 1e-12",
        (found) => {
          compare(found, TOLERANCE.float64, TOLERANCE.float64);
        },
      );
    }
  });

  function compare(found: FixtureCase<RecurrentOptions>, values: Tolerance, gradients: Tolerance): void {
    const { outputs, grads } = runStack(engine, found);
    for (const [key, actual] of Object.entries(outputs)) {
      expectClose(actual, tensorOf(found, key).data, values, key);
    }
    const expected = under(found, "grad");
    expect(Object.keys(grads).sort()).toEqual(Object.keys(expected).sort());
    for (const [key, { data }] of Object.entries(expected)) expectClose(grads[key]!, data, gradients, `grad.${key}`);
  }
}
