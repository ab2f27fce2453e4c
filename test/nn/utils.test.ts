import { expect, test } from "vitest";
import { nn, type Tensor, zeros } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { describeEngines, fromFixture } from "../support/configured.js";
import { loadFixture, tensorOf, under } from "../support/fixtures.js";

interface Options {
  op: "clipGradNorm" | "clipGradValue";
  maxNorm: number;
  normType: number | "inf";
  clipValue: number;
}

function withGrad(grad: Tensor): Tensor {
  const parameter = zeros(grad.shape, { dtype: grad.dtype, requiresGrad: true });
  parameter.grad = grad;
  return parameter;
}

describeEngines("gradient clipping", (dtypes) => {
  for (const dtype of dtypes) {
    const bound = dtype === "float64" ? TOLERANCE.float64 : TOLERANCE.gradient;
    test.each(loadFixture<Options>(`optimizers/clipping-${dtype}`).cases)(
      `${dtype}, $name: within rtol ${bound.rtol}, atol ${bound.atol} of PyTorch`,
      (found) => {
        const { op, maxNorm, normType, clipValue } = found.options;
        const parameters = Object.values(under(found, "grad")).map((grad) => withGrad(fromFixture(grad)));
        if (op === "clipGradValue") {
          nn.utils.clipGradValue(parameters, clipValue);
        } else {
          const total = nn.utils.clipGradNorm(parameters, maxNorm, {
            normType: normType === "inf" ? Infinity : normType,
          });
          expectClose([total], tensorOf(found, "total").data, bound, "total");
        }
        Object.values(under(found, "clipped")).forEach(({ data }, i) => {
          expectClose(parameters[i].grad!.data(), data, bound, `gradient ${i}`);
        });
      },
    );
  }

  test("tells a norm that is not finite, and skips what has no gradient", () => {
    const grad = zeros([3]);
    grad.set([1, Number.NaN, 2]);
    expect(nn.utils.clipGradNorm([zeros([2], { requiresGrad: true }), withGrad(grad)], 1)).toBeNaN();
    expect(nn.utils.clipGradNorm([], 1)).toBe(0);
    const infinite = zeros([2]);
    infinite.set([1, Infinity]);
    expect(nn.utils.clipGradNorm([withGrad(infinite)], Infinity)).toBe(Infinity);
  });

  test("refuses a maximum below 0 and a norm of order 0", () => {
    expect(() => nn.utils.clipGradNorm([], -1)).toThrow("clipGradNorm: maxNorm must be a finite number >= 0, got -1.");
    expect(() => nn.utils.clipGradNorm([], 1, { normType: 0 })).toThrow(
      "clipGradNorm: normType must be a number > 0, got 0.",
    );
  });
});
