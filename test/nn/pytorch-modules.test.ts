import { expect, it } from "vitest";
import { nn, type Tensor } from "../../src/index.js";
import { expectClose, TOLERANCE, type Tolerance } from "../support/close.js";
import { describeEngines, fromFixture } from "../support/configured.js";
import type { RecurrentOptions } from "../support/engine-stack.js";
import { type FixtureCase, loadFixture, tensorOf, under } from "../support/fixtures.js";

const KINDS = ["rnn-tanh", "rnn-relu", "lstm", "gru"] as const;

function isPlain({ options }: FixtureCase<RecurrentOptions>): boolean {
  return !options.lengths && !options.module.projSize && !options.unbatched;
}

function build({ cell, inputSize, hiddenSize, module }: RecurrentOptions, dtype: "float32" | "float64") {
  const { nonlinearity, ...shared } = module;
  const options = { ...shared, dtype };
  if (cell === "lstm") return new nn.LSTM(inputSize, hiddenSize, options);
  if (cell === "gru") return new nn.GRU(inputSize, hiddenSize, options);
  return new nn.RNN(inputSize, hiddenSize, { ...options, ...(nonlinearity ? { nonlinearity } : {}) });
}

/** Values, states and every gradient of the fixture's loss Σ y⊙upstream.y + Σ hN⊙upstream.hN (+ cN). */
function compare(
  found: FixtureCase<RecurrentOptions>,
  values: Tolerance,
  { rtol, atol }: Tolerance,
  ofLargest = false,
): void {
  const x = fromFixture(tensorOf(found, "x"), true);
  const model = build(found.options, x.dtype as "float32");
  model.loadStateDict(
    Object.fromEntries(model.namedParameters().map(([name]) => [name, fromFixture(tensorOf(found, name))])),
  );
  const h0 = found.tensors["h0"] && fromFixture(found.tensors["h0"], true);
  const c0 = found.tensors["c0"] && fromFixture(found.tensors["c0"], true);
  const outputs: Record<string, Tensor> = {};
  if (model instanceof nn.LSTM) {
    const [y, { h, c }] = model.forward(x, h0 && c0 ? { h: h0, c: c0 } : undefined);
    Object.assign(outputs, { y, hN: h, cN: c });
  } else {
    const [y, h] = model.forward(x, h0);
    Object.assign(outputs, { y, hN: h });
  }
  const terms = Object.entries(outputs).map(([key, output]) => {
    const expected = tensorOf(found, key);
    expect(output.shape, key).toEqual(expected.shape);
    expectClose(output.data(), expected.data, values, key);
    return output.mul(fromFixture(tensorOf(found, `upstream.${key}`))).sum();
  });
  terms.reduce((a, b) => a.add(b)).backward();
  const leaves = new Map<string, Tensor | undefined>([...model.namedParameters(), ["x", x], ["h0", h0], ["c0", c0]]);
  for (const [key, { data }] of Object.entries(under(found, "grad"))) {
    const largest = ofLargest ? Math.max(1, ...Array.from(data, Math.abs)) : 1;
    expectClose(leaves.get(key)!.grad!.data(), data, { rtol, atol: atol * largest }, `grad.${key}`);
  }
}

describeEngines("recurrent modules against PyTorch", (dtypes) => {
  for (const kind of KINDS) {
    const plain = loadFixture<RecurrentOptions>(`modules/${kind}`).cases;
    const both = loadFixture<RecurrentOptions>(`modules-parity/${kind}`).cases.filter(
      (found) => isPlain(found) && found.options.module.bidirectional,
    );
    it.each(plain)(
      `${kind}, $name: values within rtol 1.3e-6, atol 1e-5, gradients within rtol 1e-4, atol 1e-6`,
      (found) => compare(found, TOLERANCE.sequence, TOLERANCE.gradient),
    );
    // Wide weights in up to three layers: small elements of a gradient are differences of large terms.
    it.each(both)(
      `${kind}, $name: values within rtol 1.3e-6, atol 1e-5, gradients within rtol 1e-4, atol 1e-6 of the largest element`,
      (found) => compare(found, TOLERANCE.sequence, TOLERANCE.gradient, true),
    );
    it.each(plain.filter((found) => found.name.endsWith("1 step")))(
      `${kind}, $name: values within atol 2e-6`,
      (found) => compare(found, TOLERANCE.cell, TOLERANCE.gradient),
    );
  }
  if (!dtypes.includes("float64")) return;
  it.each(loadFixture<RecurrentOptions>("modules/float64").cases)(
    "float64, $name: values and gradients within rtol 1e-10, atol 1e-12",
    (found) => compare(found, TOLERANCE.float64, TOLERANCE.float64),
  );
});
