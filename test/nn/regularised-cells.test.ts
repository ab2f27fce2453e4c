import { beforeEach, expect, test, vi } from "vitest";
import { currentEngine } from "../../src/engine/select.js";
import { dropout, embedding, manualSeed, nn, noGrad, ones, randint, randn, tensor } from "../../src/index.js";
import { RECURRENT_CELLS } from "../../src/nn/recurrent/table.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { describeEngines } from "../support/configured.js";

// The parts of the AWD-LSTM recipe on whatever recurrent module one has.

const F = nn.functional;
const [I, H, L, N] = [3, 4, 6, 3];
const LENGTHS = [2, 6, 3];
const each = RECURRENT_CELLS.map((cell) => ({ name: cell.name, cell }));

describeEngines("regularisers on every cell", (dtypes) => {
  const dtype = dtypes.at(-1)!;
  const VALUES = dtype === "float64" ? TOLERANCE.float64 : TOLERANCE.sequence;
  const sequences = (batch = N) => randn([L, batch, I], { dtype, requiresGrad: true });
  beforeEach(() => {
    manualSeed(31);
  });

  test.each(each.filter(({ cell }) => cell.cell.recurrent))("$name: weight drop thins the recurrent weight", (one) => {
    const module = one.cell.make(I, H, { dtype });
    const wrapped = new nn.WeightDrop(module, 0.5);
    const x = sequences();
    const full = module.stateDict().get("weight_hh_l0")!;
    manualSeed(4);
    const [y, last] = wrapped.forward(x, null, { lengths: LENGTHS });
    manualSeed(4);
    const thin = dropout(full, 0.5);
    expect(thin.data()).toContain(0);
    const plain = one.cell.make(I, H, { dtype });
    plain.loadStateDict(new Map([...module.stateDict(), ["weight_hh_l0", thin]]));
    expect(y.toArray()).toEqual(plain.forward(x, null, { lengths: LENGTHS })[0].toArray());
    expect(wrapped.eval().forward(x, last)[0].toArray()).toEqual(module.forward(x, last)[0].toArray());
  });

  test.each(each)("$name: AR and TAR of a packed output are those of its sequences alone", ({ cell }) => {
    const [module, x] = [cell.make(I, H, { dtype }), sequences()];
    const packed = nn.utils.rnn.packPaddedSequence(x, LENGTHS, { enforceSorted: false });
    const [y] = module.forwardPacked(packed);
    const alone = LENGTHS.map((length, b) => module.forward(x.narrow(1, b, 1).narrow(0, 0, length))[0].select(1, 0));
    const steps = LENGTHS.reduce((sum, length) => sum + length, 0);
    const squares = alone.map((own) => own.square().sum().item());
    const changes = alone.map((own) => {
      const length = own.shape[0]! - 1;
      return own
        .narrow(0, 1, length)
        .sub(own.narrow(0, 0, length))
        .square()
        .sum()
        .item();
    });
    const total = (parts: number[], count: number): number => parts.reduce((a, b) => a + b) / (count * H);
    expectClose([F.activationRegularization(y, 2).item()], [2 * total(squares, steps)], VALUES, "AR");
    const found = F.temporalActivationRegularization(y, 0.7);
    expectClose([found.item()], [0.7 * total(changes, steps - N)], VALUES, "TAR");
    found.backward();
    expect(x.grad!.data().some((value) => value !== 0)).toBe(true);
    const short = nn.utils.rnn.packPaddedSequence(x, [1, 1, 1]);
    expect(() => F.temporalActivationRegularization(short, 1)).toThrow("y must hold two time steps at least");
  });

  test.each(each)("$name: locked dropout between its layers, one mask a sequence", ({ cell }) => {
    const layers = [cell.make(I, H, { dtype }), cell.make(H, H, { dtype })];
    const net = new nn.RecurrentStack(layers, { lockedDropout: 0.5 });
    const x = sequences();
    manualSeed(6);
    const [y] = net.forward(x);
    manualSeed(6);
    const mask = dropout(ones([1, N, H], { dtype }), 0.5);
    const [expected] = layers[1]!.forward(layers[0]!.forward(x)[0].mul(mask));
    expectClose(y.data(), expected.data(), VALUES);
  });
});

describeEngines("rows of an embedding", (_, engine) => {
  const rows = [
    ["nn.Embedding", (table: nn.Embedding) => (ids: Parameters<typeof embedding>[1]) => table.forward(ids)],
    ["embedding", (table: nn.Embedding) => (ids: Parameters<typeof embedding>[1]) => embedding(table.weight, ids)],
    [
      "nn.functional.embedding",
      (t: nn.Embedding) => (ids: Parameters<typeof embedding>[1]) => F.embedding(t.weight, ids),
    ],
  ] as const;
  test.each(rows)("of %s: single steps give the bits of a sequence, with products that are kept", (_, of) => {
    manualSeed(33);
    const table = new nn.Embedding(5, I);
    const embed = of(table);
    const lstm = new nn.LSTM(I, H, { numLayers: 2 });
    const ids = randint(0, 5, [L, 2]);
    const calls = vi.spyOn(currentEngine(), "sequenceForward");
    noGrad(() => {
      const whole = lstm.forward(embed(ids))[0].toArray() as number[][][];
      let state: nn.LSTMState | undefined;
      for (let t = 0; t < L; t++) {
        const now = tensor(Int32Array.from(ids.select(0, t).data()), { shape: [2] });
        const [y, next] = lstm.step(embed(now), state);
        expectClose([...y.data()], whole[t]!.flat(), TOLERANCE.cell, `step ${t}`);
        const [z] = lstm.forward(table.weight.detach().add(0).indexSelect(0, now).unsqueeze(0), state);
        expect(y.toArray()).toEqual(z.select(0, 0).toArray());
        state = next;
      }
    });
    // The lower layer's, from the second single step on.
    const kept = calls.mock.calls.filter(([args]) => args.kept != null);
    expect(kept).toHaveLength(engine === "reference" ? 0 : L - 1);
    calls.mockRestore();
  });
});
