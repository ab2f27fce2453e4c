import { test } from "vitest";
import { nn, type Tensor } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { describeEngines, fromFixture } from "../support/configured.js";
import { type FixtureCase, loadFixture, tensorOf, under } from "../support/fixtures.js";

interface Options {
  op?: string;
  reduction?: "mean" | "sum" | "none";
  labelSmoothing?: number;
  ignoreIndex?: number;
  dim?: number;
  paddingIdx?: number;
}

const F = nn.functional;
type Inputs = Record<string, Tensor>;

function apply({ op, dim, paddingIdx, ...options }: Options, t: Inputs): Tensor {
  const weight = t["weight"] ?? null;
  switch (op) {
    case undefined:
      return F.crossEntropy(t["logits"], t["target"], { ...options, weight });
    case "nllLoss":
      return F.nllLoss(t["logProbs"], t["target"], { ...options, weight });
    case "mseLoss":
      return F.mseLoss(t["input"], t["target"], options);
    case "bceWithLogits":
      return F.bceWithLogits(t["input"], t["target"], { ...options, weight, posWeight: t["posWeight"] ?? null });
    case "softmax":
      return F.softmax(t["input"], dim);
    case "logSoftmax":
      return F.logSoftmax(t["input"], dim);
    case "embedding":
      return F.embedding(t["weight"], t["ids"], paddingIdx ?? null);
    case "linear":
      return F.linear(t["input"], t["weight"], t["bias"] ?? null);
    default:
      throw new Error(`no op ${op}`);
  }
}

/** The fixture's loss is Σ out⊙upstream. */
function compare(found: FixtureCase<Options>): void {
  const out = tensorOf(found, "out");
  const exact = out.dtype === "float64";
  const grads = under(found, "grad");
  const inputs: Inputs = {};
  for (const [key, value] of Object.entries(found.tensors)) {
    if (!key.includes(".") && key !== "out" && key !== "upstream") inputs[key] = fromFixture(value, key in grads);
  }
  const actual = apply(found.options, inputs);
  expectClose(actual.data(), out.data, exact ? TOLERANCE.float64 : TOLERANCE.sequence, "out");
  actual.backward(fromFixture(tensorOf(found, "upstream")));
  for (const [key, { data }] of Object.entries(grads)) {
    expectClose(inputs[key].grad!.data(), data, exact ? TOLERANCE.float64 : TOLERANCE.gradient, `grad.${key}`);
  }
}

describeEngines("losses, softmax, embedding and linear against PyTorch", (dtypes) => {
  for (const dtype of dtypes) {
    const bounds =
      dtype === "float64"
        ? "values and gradients within rtol 1e-10, atol 1e-12"
        : "values within rtol 1.3e-6, atol 1e-5, gradients within rtol 1e-4, atol 1e-6";
    for (const family of ["cross-entropy", "losses", "layers"]) {
      test.each(loadFixture<Options>(`functional/${family}-${dtype}`).cases)(
        `${family}, ${dtype}, $name: ${bounds}`,
        compare,
      );
    }
  }
});
