import { expect, test } from "vitest";
import { nn, type Tensor } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { describeEngines, fromFixture } from "../support/configured.js";
import { loadFixture, tensorOf, under } from "../support/fixtures.js";

interface Options {
  cell: "rnn" | "lstm" | "gru";
  inputSize: number;
  hiddenSize: number;
  module: { bias: boolean; nonlinearity?: "tanh" | "relu" };
}

describeEngines("single steps against PyTorch", () => {
  test.each(loadFixture<Options>("modules-parity/cells").cases)(
    "$name: values within atol 2e-6, gradients within rtol 1e-4, atol 1e-6",
    (found) => {
      const { cell, inputSize, hiddenSize, module } = found.options;
      const [x, h] = [fromFixture(tensorOf(found, "x"), true), fromFixture(tensorOf(found, "h"), true)];
      const c = found.tensors["c"] && fromFixture(found.tensors["c"], true);
      const Kind = { rnn: nn.RNNCell, lstm: nn.LSTMCell, gru: nn.GRUCell }[cell];
      const model = new Kind(inputSize, hiddenSize, module);
      model.loadStateDict(
        Object.fromEntries(model.namedParameters().map(([name]) => [name, fromFixture(tensorOf(found, name))])),
      );
      const next = model.forward(x, (c ? { h, c } : h) as never);
      const outputs: Record<string, Tensor> = "c" in next ? { h1: next.h, c1: next.c } : { h1: next };
      const terms = Object.entries(outputs).map(([key, output]) => {
        expect(output.shape).toEqual(tensorOf(found, key).shape);
        expectClose(output.data(), tensorOf(found, key).data, TOLERANCE.cell, key);
        return output.mul(fromFixture(tensorOf(found, `upstream.${key}`))).sum();
      });
      terms.reduce((a, b) => a.add(b)).backward();
      const leaves = new Map<string, Tensor | undefined>([...model.namedParameters(), ["x", x], ["h", h], ["c", c]]);
      for (const [key, { data }] of Object.entries(under(found, "grad"))) {
        expectClose(leaves.get(key)!.grad!.data(), data, TOLERANCE.gradient, `grad.${key}`);
      }
    },
  );

  test("without a state the same as with zeros", () => {
    const [x, zero] = [fromFixture({ data: Float32Array.of(1, -2), shape: [1, 2], dtype: "float32" }), [1, 3]];
    const cell = new nn.LSTMCell(2, 3);
    const zeros = () => fromFixture({ data: new Float32Array(3), shape: zero, dtype: "float32" });
    expect(cell.forward(x).c.toArray()).toEqual(cell.forward(x, { h: zeros(), c: zeros() }).c.toArray());
    const gru = new nn.GRUCell(2, 3);
    expect(gru.forward(x).toArray()).toEqual(gru.forward(x, zeros()).toArray());
  });
});
