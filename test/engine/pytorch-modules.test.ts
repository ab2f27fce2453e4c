import { describe, expect, test } from "vitest";
import { ReferenceEngine } from "../../src/engine/reference/reference-engine.js";
import { expectClose, TOLERANCE, type Tolerance } from "../support/close.js";
import { type RecurrentOptions, runStack } from "../support/engine-stack.js";
import { ENGINES } from "../support/engines.js";
import { type FixtureCase, inFloat64, loadFixture, tensorOf, under } from "../support/fixtures.js";

const KINDS = ["rnn-tanh", "rnn-relu", "lstm", "gru"] as const;

/**
 * A float32 gradient is bounded against the float64 one. The tanh network's is a sum of products of 1 - h², and near h = ±1 the last
 * bit of h changes them by a few parts in a million, in every float32 implementation: its elements that cancel cannot be more exact
 * than the terms, so in WASM the absolute part counts from the gradient's largest element (docs/decisions/018 has the figures).
 */
function boundFor(kind: string, engine: string, exact: ArrayLike<number>): Tolerance {
  const cancels = kind === "rnn-tanh" && engine.startsWith("wasm");
  const largest = cancels ? Array.from(exact).reduce((most, x) => Math.max(most, Math.abs(x)), 1) : 1;
  return { ...TOLERANCE.gradient, atol: TOLERANCE.gradient.atol * largest };
}

const EXACT = new ReferenceEngine();

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
      test.each([...modules, ...bidirectional])(
        `${kind}, $name: values within rtol 1.3e-6, atol 1e-5, gradients within rtol 1e-4, atol 1e-6, of PyTorch and of float64`,
        (found) => {
          compare(found, TOLERANCE.sequence, (exact) => boundFor(kind, name, exact));
          compareWithFloat64(found, kind);
        },
      );
      test.each(modules.filter((found) => found.name.endsWith("1 step")))(
        `${kind}, $name: values within atol 2e-6`,
        (found) => {
          compare(found, TOLERANCE.cell, (exact) => boundFor(kind, name, exact));
        },
      );
    }
    if (dtypes.includes("float64")) {
      test.each(loadFixture<RecurrentOptions>("modules/float64").cases)(
        "float64, $name: values and gradients within rtol 1e-10, atol 1e-12",
        (found) => {
          compare(found, TOLERANCE.float64, () => TOLERANCE.float64);
        },
      );
    }
  });

  function compareWithFloat64(found: FixtureCase<RecurrentOptions>, kind: string): void {
    const { grads } = runStack(engine, found);
    const exact = runStack(EXACT, inFloat64(found)).grads;
    for (const [key, actual] of Object.entries(grads)) {
      expectClose(actual, exact[key]!, boundFor(kind, name, exact[key]!), `grad.${key} against float64`);
    }
  }

  function compare(
    found: FixtureCase<RecurrentOptions>,
    values: Tolerance,
    bound: (exact: ArrayLike<number>) => Tolerance,
  ): void {
    const { outputs, grads } = runStack(engine, found);
    for (const [key, actual] of Object.entries(outputs)) {
      expectClose(actual, tensorOf(found, key).data, values, key);
    }
    const expected = under(found, "grad");
    expect(Object.keys(grads).sort()).toEqual(Object.keys(expected).sort());
    for (const [key, { data }] of Object.entries(expected)) expectClose(grads[key]!, data, bound(data), `grad.${key}`);
  }
}
