import { afterEach, expect, test } from "vitest";
import type { Engine, SequenceBackwardArgs, SequenceForwardArgs } from "../../src/engine/engine.js";
import { currentEngine } from "../../src/engine/select.js";
import { manualSeed, nn, noGrad, randint, randn, type Tensor } from "../../src/index.js";
import { expectClose } from "../support/close.js";
import { describeEngines } from "../support/configured.js";

/** Between two orders of summation in float32. */
const GRADIENT = { rtol: 1e-4, atol: 1e-5 };
const [L, N, V, D, H] = [9, 5, 7, 6, 11] as const;

/** Which calls of the sequence kernels got the rows of a table; until `end` is called. */
function watch(engine: Engine): { forward: boolean[]; backward: boolean[]; end(): void } {
  const seen = { forward: [] as boolean[], backward: [] as boolean[] };
  const { sequenceForward, sequenceBackward } = engine;
  engine.sequenceForward = (args: SequenceForwardArgs) => {
    seen.forward.push(args.rows != null);
    sequenceForward.call(engine, args);
  };
  engine.sequenceBackward = (args: SequenceBackwardArgs) => {
    seen.backward.push(args.rows != null);
    sequenceBackward.call(engine, args);
  };
  return {
    ...seen,
    end: () => {
      delete (engine as Partial<Engine>).sequenceForward;
      delete (engine as Partial<Engine>).sequenceBackward;
    },
  };
}

class Model extends nn.Module {
  readonly embed: nn.Embedding;
  readonly rnn: nn.RNN | nn.LSTM | nn.GRU;

  constructor(kind: "RNN" | "LSTM" | "GRU", options: nn.RecurrentOptions, padding: number | null = null) {
    super();
    this.embed = new nn.Embedding(V, D, { paddingIndex: padding });
    this.rnn = new nn[kind](D, H, options);
  }
}

type Between = (x: Tensor) => Tensor;
const asItIs: Between = (x) => x;
/** A tensor of these numbers, of which nobody knows any more where they came from. */
const forgotten: Between = (x) => x.reshape([-1, D]).reshape(x.shape);

/** Output and gradients of a loss that weighs every element differently. */
function run(model: Model, ids: Tensor, weigh: Tensor, between: Between): { y: Tensor; grads: Tensor[] } {
  model.zeroGrad();
  const [y] = model.rnn.forward(between(model.embed.forward(ids)));
  y.mul(weigh).sum().backward();
  return { y: y.detach(), grads: model.parameters().flatMap((p) => (p.grad ? [p.grad.detach()] : [])) };
}

function expectAlike(a: ReturnType<typeof run>, b: ReturnType<typeof run>): void {
  expectClose(a.y.data(), b.y.data(), { rtol: 1e-5, atol: 1e-6 });
  expect(a.grads.length).toBe(b.grads.length);
  for (const [i, grad] of a.grads.entries()) expectClose(grad.data(), b.grads[i]!.data(), GRADIENT);
}

describeEngines("a recurrent module that takes rows of an embedding", (_, engine) => {
  let watched: ReturnType<typeof watch>;
  afterEach(() => watched.end());

  const shares = engine !== "reference";
  const setUp = (kind: "RNN" | "LSTM" | "GRU", options: nn.RecurrentOptions = {}, padding: number | null = null) => {
    manualSeed(11);
    watched = watch(currentEngine());
    const model = new Model(kind, options, padding);
    const directions = options.bidirectional ? 2 : 1;
    const lead = options.batchFirst ? [N, L] : [L, N];
    return { model, ids: randint(0, V, lead), weigh: randn([...lead, directions * H]) };
  };

  for (const kind of ["RNN", "LSTM", "GRU"] as const) {
    for (const options of [{}, { numLayers: 2 }, { bidirectional: true }, { bias: false }, { batchFirst: true }]) {
      test(`${kind} ${JSON.stringify(options)}: as with the rows alone, gradients within rtol 1e-4, atol 1e-5`, () => {
        const { model, ids, weigh } = setUp(kind, options);
        const shared = run(model, ids, weigh, asItIs);
        expect(watched.forward[0]).toBe(shares);
        expect(watched.backward.at(-1)).toBe(shares);
        expectAlike(shared, run(model, ids, weigh, forgotten));
        expect(watched.backward.at(-1)).toBe(false);
        const evaluated = noGrad(() => model.rnn.forward(model.embed.forward(ids))[0]);
        expect([...evaluated.data()]).toEqual([...shared.y.data()]);
      });
    }
  }

  test("shows the gradient of the rows to whoever asks for it", () => {
    const { model, ids, weigh } = setUp("LSTM");
    let rows: Tensor | null = null;
    const seen = run(model, ids, weigh, (x) => {
      rows = x;
      return x.retainGrad();
    });
    expect(watched.backward).toEqual([false]);
    expect(rows!.grad!.shape).toEqual([L, N, D]);
    expectAlike(seen, run(model, ids, weigh, asItIs));
  });

  for (const [name, batchFirst, lead] of [
    ["batchFirst and both directions", true, [N, L]],
    ["batchFirst and one sequence", true, [1, N * L]],
    ["one sequence without a batch", false, [N * L]],
  ] as const) {
    test(`${name}: as with the rows alone, and shows their gradient to whoever asks for it`, () => {
      const { model } = setUp("GRU", { batchFirst, bidirectional: true });
      const ids = randint(0, V, lead);
      const weigh = randn([...lead, 2 * H]);
      const shared = run(model, ids, weigh, asItIs);
      expect([watched.forward[0], watched.backward.at(-1)]).toEqual([shares, shares]);
      expectAlike(shared, run(model, ids, weigh, forgotten));
      let rows: Tensor | null = null;
      const seen = run(model, ids, weigh, (x) => {
        rows = x;
        return x.retainGrad();
      });
      expect(watched.backward.at(-1)).toBe(false);
      expect(rows!.grad!.shape).toEqual([...lead, D]);
      expectAlike(seen, shared);
    });
  }

  test("adds what reaches the rows on another way", () => {
    const { model, ids } = setUp("GRU");
    const gradient = (between: Between): number[] => {
      model.zeroGrad();
      const x = between(model.embed.forward(ids));
      model.rnn.forward(x)[0].sum().add(x.square().sum()).backward();
      return [...model.embed.weight.grad!.data()];
    };
    expectClose(gradient(asItIs), gradient(forgotten), GRADIENT);
  });

  test("takes the rows as they were, whatever is written to table, ids or rows afterwards", () => {
    for (const [written, batchFirst] of (["table", "ids", "rows"] as const).flatMap(
      (written) =>
        [
          [written, false],
          [written, true],
        ] as const,
    )) {
      const { model, ids } = setUp("LSTM", { batchFirst });
      noGrad(() => {
        const x = model.embed.forward(ids);
        const expected = model.rnn.forward(written === "rows" ? x.mul(0) : forgotten(x))[0];
        const target = { table: model.embed.weight, ids, rows: x }[written];
        target.set(Array.from(target.data(), () => 0));
        expectClose(model.rnn.forward(x)[0].data(), expected.data(), { rtol: 1e-5, atol: 1e-6 });
      });
      expect(watched.forward.some(Boolean)).toBe(false);
      watched.end();
    }
  });

  test("goes without for a padding row, ids that are gone, a frozen table's gradient, and few rows", () => {
    const padded = setUp("LSTM", {}, 2);
    run(padded.model, padded.ids, padded.weigh, asItIs);
    expect(watched.forward).toEqual([false]);
    expect([...padded.model.embed.weight.grad!.data()].slice(2 * D, 3 * D)).toEqual(new Array(D).fill(0));
    watched.end();

    const gone = setUp("LSTM");
    noGrad(() => {
      const x = gone.model.embed.forward(gone.ids);
      gone.ids.dispose();
      gone.model.rnn.forward(x);
    });
    expect(watched.forward).toEqual([false]);
    watched.end();

    const frozen = setUp("LSTM");
    frozen.model.embed.weight.requiresGrad = false;
    expectAlike(
      run(frozen.model, frozen.ids, frozen.weigh, asItIs),
      run(frozen.model, frozen.ids, frozen.weigh, forgotten),
    );
    expect(frozen.model.embed.weight.grad).toBeNull();
    watched.end();

    const few = setUp("LSTM");
    noGrad(() => few.model.rnn.forward(few.model.embed.forward(randint(0, V, [1, N]))));
    expect(watched.forward).toEqual([false]);
  });
});
