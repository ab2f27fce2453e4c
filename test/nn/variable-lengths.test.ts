import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { currentEngine } from "../../src/engine/select.js";
import { concat, manualSeed, memory, nn, noGrad, randint, randn, type Tensor, tensor, zeros } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { describeEngines } from "../support/configured.js";

const { rnn } = nn.utils;

type Model = nn.Recurrent<Tensor | nn.LSTMState>;

/** Every way through the layers: kernels, the projection, and step by step. */
const BUILDS: readonly [string, (inputs: number, hidden: number, options: nn.RecurrentOptions) => Model][] = [
  ["RNN", (i, h, o) => new nn.RNN(i, h, o)],
  ["LSTM", (i, h, o) => new nn.LSTM(i, h, o)],
  ["GRU", (i, h, o) => new nn.GRU(i, h, o)],
  ["LSTM with a projection", (i, h, o) => new nn.LSTM(i, h + 1, { ...o, projSize: h })],
  ["GRU with the reset before", (i, h, o) => new nn.GRU(i, h, { ...o, resetAfter: false })],
  [
    "LSTM with another gate and a projection",
    (i, h, o) => new nn.LSTM(i, h + 1, { ...o, projSize: h, gateActivation: "hardSigmoid" }),
  ],
];

const SIZES = fc.record({
  lengths: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
  hidden: fc.integer({ min: 1, max: 9 }),
  numLayers: fc.integer({ min: 1, max: 2 }),
  bidirectional: fc.boolean(),
  batchFirst: fc.boolean(),
  withState: fc.boolean(),
  seed: fc.nat(1000),
});
const RUNS = { numRuns: 8, seed: 20240229 };

function parts(state: Tensor | nn.LSTMState): Tensor[] {
  return "c" in state ? [state.h, state.c] : [state];
}

function startOf(model: Model, batch: number): Tensor | nn.LSTMState {
  const rows = model.numLayers * (model.bidirectional ? 2 : 1);
  const fresh = (width: number) => randn([rows, batch, width], { requiresGrad: true });
  const h = fresh(model.projSize || model.hiddenSize);
  return model instanceof nn.LSTM ? { h, c: fresh(model.hiddenSize) } : h;
}

function mapState(state: Tensor | nn.LSTMState, to: (part: Tensor) => Tensor): Tensor | nn.LSTMState {
  return "c" in state ? { h: to(state.h), c: to(state.c) } : to(state);
}

/** Uneven, so that no error hides in a symmetry. */
function loss(...outputs: Tensor[]): Tensor {
  return outputs.map((t, i) => t.sin().mul(i + 1).sum()).reduce((a, b) => a.add(b)); // biome-ignore format: one term
}

function gradients(model: Model, others: Tensor[], run: () => Tensor): Float32Array[] {
  const leaves = [...model.parameters(), ...others];
  for (const leaf of leaves) leaf.grad = null;
  run().backward();
  return leaves.map((leaf) => leaf.grad!.data() as Float32Array);
}

describeEngines("sequences of many lengths", () => {
  for (const [name, build] of BUILDS) {
    test(`${name}: a batch with lengths equals each sequence alone, values within rtol 1.3e-6, atol 1e-5, gradients within rtol 1e-4, atol 1e-5`, () => {
      fc.assert(
        fc.property(SIZES, ({ lengths, hidden, numLayers, bidirectional, batchFirst, withState, seed }) => {
          manualSeed(seed);
          const model = build(3, hidden, { numLayers, bidirectional, batchFirst });
          const [batch, longest] = [lengths.length, Math.max(...lengths) + 1];
          const axis = batchFirst ? 1 : 0;
          const x = randn(batchFirst ? [batch, longest, 3] : [longest, batch, 3], { requiresGrad: true });
          const state = withState ? startOf(model, batch) : null;
          const leaves = [x, ...(state === null ? [] : parts(state))];
          const together: { y: Tensor[]; last: Tensor[] } = { y: [], last: [] };
          const whole = gradients(model, leaves, () => {
            const [y, last] = model.forward(x, state, { lengths });
            expect(y.shape[axis]).toBe(longest);
            together.y = lengths.map((length, b) =>
              y
                .select(1 - axis, b)
                .narrow(0, 0, length)
                .detach(),
            );
            together.last = parts(last).map((part) => part.detach());
            for (const [b, length] of lengths.entries()) {
              const padding = y.select(1 - axis, b).narrow(0, length, longest - length);
              expect(padding.data().every((value) => value === 0)).toBe(true);
            }
            return loss(y, ...parts(last));
          });
          const alone = gradients(model, leaves, () =>
            lengths
              .map((length, b) => {
                const own = state && mapState(state, (part) => part.narrow(1, b, 1).contiguous());
                const [y, last] = model.forward(x.narrow(1 - axis, b, 1).narrow(axis, 0, length), own);
                expectClose(together.y[b]!.data(), y.squeeze(1 - axis).data(), TOLERANCE.sequence, `y of ${b}`);
                parts(last).forEach((part, i) => {
                  const found = together.last[i]!.narrow(1, b, 1);
                  expectClose(found.data(), part.data(), TOLERANCE.sequence, `state of ${b}`);
                });
                return loss(y, ...parts(last));
              })
              .reduce((a, b) => a.add(b)),
          );
          whole.forEach((grad, i) => {
            expectClose(grad, alone[i]!, { rtol: 1e-4, atol: 1e-5 }, `gradient ${i}`);
          });
        }),
        RUNS,
      );
    });
  }

  test.each(BUILDS)("%s: unsorted equals sorted, to the bit", (_, build) => {
    manualSeed(4);
    const model = build(3, 5, { numLayers: 2, bidirectional: true });
    const x = randn([6, 4, 3]);
    const lengths = [2, 6, 1, 4];
    const order = [1, 3, 0, 2];
    const index = tensor(order, { dtype: "int32" });
    const state = startOf(model, 4);
    const sorted = mapState(state, (part) => part.indexSelect(1, index));
    const pick = { enforceSorted: false };
    const [y, last] = model.forwardPacked(rnn.packPaddedSequence(x, lengths, pick), state);
    const sortedX = rnn.packPaddedSequence(x.indexSelect(1, index), [6, 4, 2, 1]);
    const [sortedY, sortedLast] = model.forwardPacked(sortedX, sorted);
    expect(rnn.padPackedSequence(y)[0].indexSelect(1, index).toArray()).toEqual(
      rnn.padPackedSequence(sortedY)[0].toArray(),
    );
    parts(last).forEach((part, i) => {
      expect(part.indexSelect(1, index).toArray()).toEqual(parts(sortedLast)[i]!.toArray());
    });
  });

  test.each(BUILDS)("%s: lengths equal packed, and batch first equals sequence first, to the bit", (_, build) => {
    manualSeed(4);
    const model = build(3, 5, { bidirectional: true });
    const twin = build(3, 5, { bidirectional: true, batchFirst: true });
    twin.loadStateDict(model.stateDict());
    const x = randn([6, 3, 3]);
    const lengths = Int32Array.of(2, 6, 5);
    const [y, last] = model.forward(x, null, { lengths });
    const [packed, lastPacked] = model.forwardPacked(rnn.packPaddedSequence(x, lengths, { enforceSorted: false }));
    const [z, lastTwin] = twin.forward(x.transpose(0, 1), null, { lengths });
    expect(rnn.padPackedSequence(packed)[0].toArray()).toEqual(y.toArray());
    expect(z.transpose(0, 1).toArray()).toEqual(y.toArray());
    for (const other of [lastPacked, lastTwin]) {
      expect(parts(other).map((part) => part.toArray())).toEqual(parts(last).map((part) => part.toArray()));
    }
  });

  test.each(BUILDS)("%s: what lies in the padding is never read, and gets no gradient", (_, build) => {
    manualSeed(4);
    const model = build(2, 4, { numLayers: 2, bidirectional: true });
    const lengths = [3, 5, 1];
    const data = randn([5, 3, 2]).data();
    lengths.forEach((length, b) => {
      for (let t = length; t < 5; t++) data.fill(Number.NaN, (t * 3 + b) * 2, (t * 3 + b + 1) * 2);
    });
    const x = tensor(data, { shape: [5, 3, 2], requiresGrad: true });
    const [y, last] = model.forward(x, null, { lengths });
    loss(y, ...parts(last)).backward();
    for (const found of [y, ...parts(last), x.grad!, ...model.parameters().map((p) => p.grad!)]) {
      expect(found.data().some(Number.isNaN)).toBe(false);
    }
    const zeroed = [...x.grad!.data()].filter((_, i) => Number.isNaN(data[i]!));
    expect(zeroed.every((value) => value === 0)).toBe(true);
    expect(zeroed).toHaveLength(2 * (2 + 0 + 4));
  });

  test("steps of padding are not computed, forwards and backwards", () => {
    const engine = currentEngine();
    const spies = [vi.spyOn(engine, "sequenceForward"), vi.spyOn(engine, "sequenceBackward")];
    const lengths = [9, 2, 2, 7, 1];
    const lstm = new nn.LSTM(3, 4, { bidirectional: true });
    const [y] = lstm.forward(randn([12, 5, 3]), null, { lengths });
    y.sum().backward();
    for (const spy of spies) {
      const rows = spy.mock.calls.map(([{ x }]) => x.shape[0]! * x.shape[1]!);
      expect(rows.reduce((a, b) => a + b)).toBe(2 * lengths.reduce((a, b) => a + b));
      spy.mockRestore();
    }
  });

  test.each(BUILDS)("%s: a single sequence equals a batch of one", (_, build) => {
    manualSeed(4);
    for (const batchFirst of [false, true]) {
      const model = build(3, 4, { numLayers: 2, bidirectional: true, batchFirst });
      const x = randn([5, 3]);
      const state = startOf(model, 1);
      const [y, last] = model.forward(
        x,
        mapState(state, (part) => part.squeeze(1)),
      );
      const [z, lastBatch] = model.forward(x.unsqueeze(batchFirst ? 0 : 1), state);
      expect(y.toArray()).toEqual(z.squeeze(batchFirst ? 0 : 1).toArray());
      parts(last).forEach((part, i) => {
        expect(part.toArray()).toEqual(parts(lastBatch)[i]!.squeeze(1).toArray());
      });
    }
  });

  test.each(BUILDS)("%s: omitted states equal zeros", (_, build) => {
    manualSeed(4);
    const model = build(3, 4, { numLayers: 2, bidirectional: true });
    const x = randn([5, 3, 3]);
    const zero = mapState(startOf(model, 3), (part) => zeros(part.shape));
    for (const lengths of [
      [5, 5, 5],
      [2, 5, 3],
    ]) {
      const [y, last] = model.forward(x, null, { lengths });
      const [z, lastZero] = model.forward(x, zero, { lengths });
      // The projection sums the zeros' products in.
      expectClose(y.data(), z.data(), TOLERANCE.cell);
      parts(last).forEach((part, i) => {
        expectClose(part.data(), parts(lastZero)[i]!.data(), TOLERANCE.cell);
      });
    }
  });

  test.each(BUILDS)("%s: memory() stays the same from step 5 to step 20", (_, build) => {
    manualSeed(4);
    const model = build(3, 4, { bidirectional: true, stateful: true, recurrentDropout: 0.2 });
    // What other tests left, unwalked, goes first.
    for (let i = 0; i < 64; i++) model.zeroGrad();
    const used: { bytes: number; buffers: number }[] = [];
    for (let step = 1; step <= 20; step++) {
      const [y] = model.forward(randn([6, 3, 3]), null, { lengths: [4, 6, 1] });
      model.zeroGrad();
      y.sum().backward();
      const { bytes, buffers } = memory();
      used.push({ bytes, buffers });
    }
    expect(used[19]).toEqual(used[4]);
  });
});

describeEngines("nn.utils.rnn", () => {
  const sequences = () => [[3, 1], [7, 2], [5, 9], [4], [8, 6, 2, 1]].map((ids) => tensor(ids, { dtype: "int32" }));

  test("padSequence pads ids and features behind", () => {
    const ids = sequences().slice(2);
    expect(rnn.padSequence(ids, { batchFirst: true, paddingValue: -1 }).toArray()).toEqual([
      [5, 9, -1, -1],
      [4, -1, -1, -1],
      [8, 6, 2, 1],
    ]);
    const [a, b] = [randn([2, 3]), randn([1, 3])];
    const padded = rnn.padSequence([a, b]);
    expect(padded.shape).toEqual([2, 2, 3]);
    expect(padded.select(1, 0).toArray()).toEqual(a.toArray());
    expect(padded.select(1, 1).toArray()).toEqual(concat([b, zeros([1, 3])]).toArray());
  });

  test("packSequence lays steps one after another, longest sequence first, and equals packing the padded", () => {
    const ids = sequences();
    const packed = rnn.packSequence(ids, { enforceSorted: false });
    expect(packed.data.toArray()).toEqual([8, 3, 7, 5, 4, 6, 1, 2, 9, 2, 1]);
    expect(packed.batchSizes).toEqual([5, 4, 1, 1]);
    expect(packed.sortedIndices).toEqual([4, 0, 1, 2, 3]);
    expect(packed.lengths).toEqual([2, 2, 2, 1, 4]);
    const again = rnn.packPaddedSequence(rnn.padSequence(ids), packed.lengths, { enforceSorted: false });
    expect(again.data.toArray()).toEqual(packed.data.toArray());
    expect([again.batchSizes, again.sortedIndices]).toEqual([packed.batchSizes, packed.sortedIndices]);
    expect(rnn.unpackSequence(packed).map((t) => t.toArray())).toEqual(ids.map((t) => t.toArray()));
  });

  test("padPackedSequence undoes packPaddedSequence, for any shape", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 });
    const rest = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 });
    fc.assert(
      fc.property(lengths, rest, fc.boolean(), fc.nat(2), (own, shape, batchFirst, more) => {
        const longest = Math.max(...own);
        const x = rnn.padSequence(
          own.map((length) => randn([length, ...shape])),
          { batchFirst },
        );
        const packed = rnn.packPaddedSequence(x, own, { batchFirst, enforceSorted: false });
        expect(packed.data.shape[0]).toBe(own.reduce((a, b) => a + b));
        const totalLength = longest + more;
        const [y, found] = rnn.padPackedSequence(packed, { batchFirst, totalLength });
        expect(found).toEqual(own);
        expect(y.narrow(batchFirst ? 1 : 0, 0, longest).toArray()).toEqual(x.toArray());
        const [marked] = rnn.padPackedSequence(packed, { batchFirst, totalLength, paddingValue: -Infinity });
        const padding = [...marked.data()].filter((value) => value === -Infinity);
        const width = shape.reduce((a, b) => a * b, 1);
        expect(padding).toHaveLength(width * own.reduce((sum, length) => sum + totalLength - length, 0));
      }),
      { numRuns: 20, seed: 20240229 },
    );
  });

  test("packed ids are embedded by with(), and go through a module and TimeDistributed", () => {
    manualSeed(3);
    const [embed, gru] = [new nn.Embedding(11, 4), new nn.GRU(4, 3, { bidirectional: true })];
    const head = new nn.TimeDistributed(new nn.Linear(6, 2));
    const ids = randint(0, 11, [5, 3]);
    const packed = rnn.packPaddedSequence(ids, [5, 4, 2]);
    const [y] = gru.forwardPacked(packed.with(embed.forward(packed.data)));
    const [scores] = rnn.padPackedSequence(head.forward(y));
    const [z] = gru.forward(embed.forward(ids), null, { lengths: [5, 4, 2] });
    const direct = head.forward(z);
    for (const [b, length] of [5, 4, 2].entries()) {
      const own = (t: Tensor) => t.select(1, b).narrow(0, 0, length).data();
      expectClose(own(scores), own(direct), TOLERANCE.cell);
    }
  });

  test("forward takes packed sequences at run time, as PyTorch's does", () => {
    const gru = new nn.GRU(2, 3);
    const packed = rnn.packSequence([randn([3, 2]), randn([1, 2])]);
    const [y] = noGrad(() => gru.forward(packed as never));
    expect((y as unknown as nn.PackedSequence).data.toArray()).toEqual(gru.forwardPacked(packed)[0].data.toArray());
  });

  const x = () => zeros([4, 3, 2]);
  const wrong: [string, () => unknown, string][] = [
    [
      "lengths out of order",
      () => rnn.packPaddedSequence(x(), [2, 4, 1]),
      "packPaddedSequence: lengths must be sorted, longest first, got [2, 4, 1]. Pass { enforceSorted: false } to have them sorted.",
    ],
    [
      "a length of half a step",
      () => rnn.packPaddedSequence(x(), [2, 1.5, 1]),
      "packPaddedSequence: lengths[1] must be an integer in [1, 4], got 1.5.",
    ],
    [
      "as many lengths as steps",
      () => rnn.packPaddedSequence(x(), [3, 2, 1, 1]),
      "packPaddedSequence: lengths must name the length of each of the 3 sequences, got [3, 2, 1, 1].",
    ],
    [
      "a vector",
      () => rnn.packPaddedSequence(zeros([4]), [4]),
      "packPaddedSequence: input must have shape [L, N, ..], got [4].",
    ],
    [
      "no sequences",
      () => rnn.packSequence([]),
      "packSequence: sequences must be a list of at least one tensor, got [].",
    ],
    [
      "sequences of other features",
      () => rnn.padSequence([zeros([2, 3]), zeros([2, 4])]),
      "padSequence: sequences[1] must have shape [L, 3] with L >= 1, got [2, 4].",
    ],
    [
      "an empty sequence",
      () => rnn.packSequence([zeros([2]), zeros([0])]),
      "packSequence: sequences[1] must have shape [L] with L >= 1, got [0].",
    ],
    [
      "a total length that cuts",
      () => rnn.padPackedSequence(rnn.packPaddedSequence(x(), [4, 2, 1]), { totalLength: 3 }),
      "padPackedSequence: totalLength must be a finite number >= 4, got 3. No sequence may be cut.",
    ],
    [
      "a padding that is no number",
      () => rnn.padSequence([zeros([2])], { paddingValue: "0" as never }),
      'padSequence: paddingValue must be a number, got "0".',
    ],
    [
      "a tensor to pad",
      () => rnn.padPackedSequence(x() as never),
      "padPackedSequence: packed must be a PackedSequence, got an object of type Tensor.",
    ],
    [
      "batch sizes that grow",
      () => new nn.PackedSequence(x(), [1, 3]),
      "PackedSequence: batchSizes must be positive integers that never grow, got [1, 3].",
    ],
    [
      "rows that are missing",
      () => new nn.PackedSequence(x(), [3, 2]),
      "PackedSequence: data must have 5 rows, the sum of batchSizes, got [4, 3, 2].",
    ],
    [
      "a sequence named twice",
      () => new nn.PackedSequence(x(), [3, 1], [0, 0, 2]),
      "PackedSequence: sortedIndices must name each of the 3 sequences once, got [0, 0, 2].",
    ],
    [
      "a single step for every step",
      () => new nn.TimeDistributed(new nn.Linear(2, 3)).forward(zeros([4, 2])),
      "TimeDistributed.forward: input must have shape [L, N, ..], got [4, 2].",
    ],
  ];
  test.each(wrong)("refuses %s", (_, act, message) => {
    expect(act).toThrow(message);
  });
});
