import { beforeAll, describe, expect, test } from "vitest";
import {
  configure,
  engine as engineInfo,
  gradcheck,
  manualSeed,
  nn,
  randint,
  randn,
  type Tensor,
  tensor,
} from "../../src/index.js";
import { describeEngines } from "../support/configured.js";

const F = nn.functional;
const dtype = "float64" as const;
const leaf = (...shape: number[]): Tensor => randn(shape, { dtype, requiresGrad: true });

function check(fn: () => Tensor, inputs: readonly Tensor[]): void {
  const { ok, worst } = gradcheck(fn, inputs);
  expect(ok, JSON.stringify(worst)).toBe(true);
}

/** Everything that a recurrent module gives, so that each path back is checked. */
function together(y: Tensor, ...states: Tensor[]): Tensor {
  const flat = [y, ...states].map((t) => t.reshape([-1]));
  return flat.reduce(
    (sum, t, i) =>
      sum.add(
        t
          .sin()
          .mul(i + 1)
          .sum(),
      ),
    tensor(0, { dtype }),
  );
}

class LanguageModel extends nn.Module {
  embed = new nn.Embedding(7, 3, { dtype, paddingIndex: 2 });
  drop = new nn.Dropout(0.3);
  lstm = new nn.LSTM(3, 4, { numLayers: 2, dtype });
  head = new nn.Linear(4, 7, { dtype });
}

describeEngines("float64", (_, engine) => {
  test.each(["RNN", "LSTM", "GRU"] as const)("gradcheck of a small %s model, rtol 1e-6, atol 1e-8", (kind) => {
    manualSeed(6);
    const model = new nn.Sequential(new nn.Linear(3, 2, { dtype }), new nn.Dropout(0));
    const cell = new nn[kind](2, 3, { numLayers: 2, dtype });
    const head = new nn.Linear(3, 5, { dtype });
    const [x, targets] = [leaf(3, 2, 3), randint(0, 5, [3, 2])];
    const weights = [...model.parameters(), ...cell.parameters(), ...head.parameters()];
    check(
      () => F.linearCrossEntropy(cell.forward(model.forward(x))[0], head.weight, head.bias, targets),
      [x, ...weights],
    );
    expect(engineInfo().name).toBe(engine);
  });
});

describe("gradcheck in float64, rtol 1e-6, atol 1e-8", () => {
  beforeAll(() => {
    configure({ engine: "reference" });
    manualSeed(3);
  });

  test("Linear", () => {
    for (const bias of [true, false]) {
      const model = new nn.Linear(3, 5, { bias, dtype });
      const x = leaf(2, 4, 3);
      check(() => model.forward(x).tanh(), [x, ...model.parameters()]);
    }
  });

  test("Embedding", () => {
    const model = new nn.Embedding(6, 3, { dtype });
    const ids = randint(0, 6, [4, 2]);
    check(() => model.forward(ids).tanh(), model.parameters());
  });

  test("Dropout, with the same mask each time", () => {
    const model = new nn.Dropout(0.4);
    const x = leaf(5, 3);
    check(() => {
      manualSeed(9);
      return model.forward(x).tanh();
    }, [x]);
  });

  const options = [
    {},
    { numLayers: 2, bias: false },
    { batchFirst: true, numLayers: 2, dropout: 0.4 },
    { bidirectional: true },
  ];
  for (const own of options) {
    const title = JSON.stringify(own);
    const rows = (own.numLayers ?? 1) * (own.bidirectional ? 2 : 1);
    const batch = own.batchFirst ? 4 : 2;
    test.each(["tanh", "relu"] as const)(`RNN (%s) ${title}`, (nonlinearity) => {
      const model = new nn.RNN(3, 4, { ...own, nonlinearity, dtype });
      const [x, h0] = [leaf(4, 2, 3), leaf(rows, batch, 4)];
      check(() => {
        manualSeed(9);
        return together(...model.forward(x, h0));
      }, [x, h0, ...model.parameters()]);
    });
    test(`GRU ${title}`, () => {
      const model = new nn.GRU(3, 4, { ...own, dtype });
      const [x, h0] = [leaf(4, 2, 3), leaf(rows, batch, 4)];
      check(() => {
        manualSeed(9);
        return together(...model.forward(x, h0));
      }, [x, h0, ...model.parameters()]);
    });
    test(`LSTM ${title}`, () => {
      const model = new nn.LSTM(3, 4, { ...own, dtype });
      const [x, h, c] = [leaf(4, 2, 3), leaf(rows, batch, 4), leaf(rows, batch, 4)];
      check(() => {
        manualSeed(9);
        const [y, next] = model.forward(x, { h, c });
        return together(y, next.h, next.c);
      }, [x, h, c, ...model.parameters()]);
    });
  }

  test("an LSTM of which only the last cell state is used, from one tensor as h and c", () => {
    const model = new nn.LSTM(3, 4, { numLayers: 2, dtype });
    const [x, zero] = [leaf(3, 2, 3), leaf(2, 2, 4)];
    check(() => model.forward(x, { h: zero, c: zero })[1].c.select(0, 1), [x, zero, ...model.parameters()]);
  });

  test("a transposed input and a transposed state", () => {
    const model = new nn.GRU(3, 4, { dtype });
    const [x, h0] = [leaf(2, 4, 3), leaf(1, 4, 2)];
    check(() => together(...model.forward(x.transpose(0, 1), h0.T)), [x, h0, ...model.parameters()]);
  });

  test("losses", () => {
    const [logits, other] = [leaf(4, 2, 5), leaf(4, 2, 5)];
    const targets = tensor([[1, 4], [2, 2], [0, 3], [4, 1]], { dtype: "int32" }); // biome-ignore format: one row a step
    const weight = randn([5], { dtype }).abs();
    for (const reduction of ["mean", "sum", "none"] as const) {
      const settings = { ignoreIndex: 2, labelSmoothing: 0.1, weight, reduction };
      check(() => F.crossEntropy(logits, targets, settings), [logits]);
      check(() => F.nllLoss(logits, targets, { ignoreIndex: 2, weight, reduction }), [logits]);
      check(() => F.mseLoss(logits, other, { reduction }), [logits, other]);
      check(() => F.bceWithLogits(logits, other.sigmoid(), { posWeight: weight, reduction }), [logits, other]);
    }
  });

  test.each([false, true])("a whole language model over two pieces of a sequence, head and loss fused: %s", (fused) => {
    const model = new LanguageModel();
    const ids = randint(0, 7, [7, 2]);
    const loss = (): Tensor => {
      manualSeed(4);
      let state: nn.LSTMState | undefined;
      let total = tensor(0, { dtype });
      for (const start of [0, 3]) {
        const [y, next] = model.lstm.forward(model.drop.forward(model.embed.forward(ids.narrow(0, start, 3))), state);
        const targets = ids.narrow(0, start + 1, 3);
        const { weight, bias } = model.head;
        total = total.add(
          fused ? F.linearCrossEntropy(y, weight, bias, targets) : F.crossEntropy(model.head.forward(y), targets),
        );
        state = next;
      }
      return total;
    };
    // The padding row takes part in the sum but gets no gradient: leave it out.
    const others = model.namedParameters().filter(([name]) => name !== "embed.weight");
    check(
      loss,
      others.map(([, parameter]) => parameter),
    );
  });
});
