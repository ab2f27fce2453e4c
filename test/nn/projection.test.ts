import { expect, it, vi } from "vitest";
import { currentEngine } from "../../src/engine/select.js";
import { concat, manualSeed, nn, randn, type Tensor } from "../../src/index.js";
import { expectClose } from "../support/close.js";
import { describeEngines } from "../support/configured.js";

const [L, N, I, H, P] = [4, 192, 3, 64, 8];
/** Sequences at a time, so few that they go in one walk. */
const FEW = 16;
const CLOSE = { rtol: 1e-9, atol: 1e-11 };

const CASES: readonly { name: string; bidirectional: boolean; starts: boolean; lengths: boolean }[] = [
  { name: "from zeros", bidirectional: false, starts: false, lengths: false },
  { name: "from a state, in both directions", bidirectional: true, starts: true, lengths: false },
  { name: "of many lengths", bidirectional: true, starts: false, lengths: true },
];

describeEngines("an lstm with a projection", () => {
  it.each(CASES)("takes large batches step by step, small ones in one walk, with the same results: $name", (which) => {
    manualSeed(3);
    const model = new nn.LSTM(I, H, { projSize: P, bidirectional: which.bidirectional, dtype: "float64" });
    const rows = which.bidirectional ? 2 : 1;
    const leaf = (...shape: number[]): Tensor => randn(shape, { dtype: "float64", requiresGrad: true });
    const [x, h0, c0] = [leaf(L, N, I), leaf(rows, N, P), leaf(rows, N, H)];
    const weight = randn([L, N, rows * P], { dtype: "float64" });
    const lengths = Array.from({ length: N }, (_, i) => 1 + ((i * 7) % L));
    const walks = vi.spyOn(currentEngine(), "sequenceForward");

    const run = (from: number, count: number) => {
      const state = which.starts ? { h: h0.narrow(1, from, count), c: c0.narrow(1, from, count) } : null;
      const options = which.lengths ? { lengths: lengths.slice(from, from + count) } : {};
      const [y, last] = model.forward(x.narrow(1, from, count), state, options);
      y.mul(weight.narrow(1, from, count))
        .sum()
        .add(last.c.sum())
        .backward();
      return { y: y.detach(), h: last.h.detach(), c: last.c.detach() };
    };
    const gradients = () => {
      const leaves = [x, ...(which.starts ? [h0, c0] : []), ...model.parameters()];
      const found = leaves.map(({ grad }) => grad!.data());
      for (const each of leaves) each.grad = null;
      return found;
    };

    const whole = run(0, N);
    const expected = gradients();
    expect(walks).not.toHaveBeenCalled();
    const parts = Array.from({ length: N / FEW }, (_, i) => run(i * FEW, FEW));
    expect(walks).toHaveBeenCalled();
    walks.mockRestore();
    for (const key of ["y", "h", "c"] as const) {
      expectClose(
        whole[key].data(),
        concat(
          parts.map((part) => part[key]),
          1,
        ).data(),
        CLOSE,
      );
    }
    gradients().forEach((values, i) => {
      expectClose(values, expected[i]!, CLOSE);
    });
  });
});
