import { expect, test, vi } from "vitest";
import { currentEngine } from "../../src/engine/select.js";
import { manualSeed, randn, type Tensor } from "../../src/index.js";
import { type CellVariant, unrolledLayer } from "../../src/nn/recurrent/kernel-cells.js";
import { type LayerRun, recurrentLayer } from "../../src/nn/recurrent/recurrent-layer.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { describeEngines } from "../support/configured.js";

const [L, N, I, H, P] = [5, 9, 3, 21, 13];

const PLAIN: CellVariant = {
  gate: "sigmoid",
  state: "tanh",
  resetAfter: true,
  recurrentDropout: 0,
  zoneout: [0, 0],
  training: true,
};

const CASES = [
  { name: "from zeros", starts: false, reverse: false, batchSizes: [9, 9, 9, 9, 9] },
  { name: "from a state, backwards", starts: true, reverse: true, batchSizes: [9, 9, 9, 9, 9] },
  { name: "from a state, with many lengths", starts: true, reverse: false, batchSizes: [9, 7, 7, 4, 1] },
  { name: "from zeros, with many lengths, backwards", starts: false, reverse: true, batchSizes: [9, 9, 5, 2, 2] },
];

describeEngines("an lstm layer with a projection", (dtypes) => {
  const cases = dtypes.flatMap((dtype) => CASES.map((which) => ({ dtype, ...which })));
  test.each(cases)("$dtype, $name: one walk gives what single steps of tensor operations give", (which) => {
    const { dtype, batchSizes, starts, reverse } = which;
    manualSeed(3);
    const leaf = (...shape: number[]): Tensor => {
      const made = randn(shape, { dtype }).mul(0.4).detach();
      made.requiresGrad = true;
      return made;
    };
    const weights = {
      wIh: leaf(4 * H, I),
      wHh: leaf(4 * H, P),
      wHr: leaf(P, H),
      bIh: leaf(4 * H),
      bHh: leaf(4 * H),
    };
    const rows = batchSizes.reduce((sum, n) => sum + n, 0);
    const x = rows === L * N ? leaf(L, N, I) : leaf(rows, I);
    const states = { h: leaf(2, N, P), c: leaf(2, N, H) };
    const initial = starts ? states : { h: null, c: null };
    const run: LayerRun = { cell: "lstm", x, batchSizes, weights, initial, final: null, row: 1, reverse };
    const upstream = [
      [...x.shape.slice(0, -1), P],
      [N, P],
      [N, H],
    ].map((shape) => randn(shape, { dtype }));
    const leaves = [x, ...Object.values(weights), ...(starts ? [states.h, states.c] : [])];

    const results = (layer: (run: LayerRun) => ReturnType<typeof recurrentLayer>) => {
      const { y, h, c } = layer(run);
      const outputs = [y, h, c!];
      outputs
        .map((out, i) => out.mul(upstream[i]!).sum())
        .reduce((a, b) => a.add(b))
        .backward();
      const gradients = leaves.map(({ grad }) => grad!.data());
      for (const each of leaves) each.grad = null;
      return { values: outputs.map((out) => out.detach().data()), gradients };
    };

    const expected = results((same) => unrolledLayer(same, PLAIN));
    const walks = vi.spyOn(currentEngine(), "sequenceForward");
    const found = results(recurrentLayer);
    // One for each number of sequences that run at the same time.
    expect(walks).toHaveBeenCalledTimes(new Set(batchSizes).size);
    walks.mockRestore();
    const exact = dtype === "float64";
    found.values.forEach((values, i) => {
      expectClose(values, expected.values[i]!, exact ? { rtol: 1e-10, atol: 1e-12 } : TOLERANCE.sequence);
    });
    found.gradients.forEach((values, i) => {
      expectClose(values, expected.gradients[i]!, exact ? { rtol: 1e-9, atol: 1e-11 } : { rtol: 1e-4, atol: 1e-5 });
    });
  });
});
