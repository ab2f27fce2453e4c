import { beforeAll, describe, expect, test } from "vitest";
import { configure, gradcheck, manualSeed, nn, randint, randn, type Tensor, tensor } from "../../../src/index.js";

const F = nn.functional;
const dtype = "float64" as const;
const leaf = (...shape: number[]): Tensor => randn(shape, { dtype, requiresGrad: true });

function check(fn: () => Tensor, inputs: readonly Tensor[]): void {
  const { ok, worst } = gradcheck(() => {
    manualSeed(9);
    return fn();
  }, inputs);
  expect(ok, JSON.stringify(worst)).toBe(true);
}

/** Everything that a recurrent module gives, so that each path back is checked. */
function together(y: Tensor, ...states: Tensor[]): Tensor {
  const parts = [y, ...states].map((t, i) =>
    t
      .sin()
      .sum()
      .mul(i + 1),
  );
  return parts.reduce((sum, t) => sum.add(t), tensor(0, { dtype }));
}

/** Random where the module starts from constants. */
function scramble(module: nn.Module): Tensor[] {
  for (const [name, parameter] of module.namedParameters()) {
    if (/norm|bias/.test(name)) nn.init.normal(parameter, name.includes("norm") ? 1 : 0, 0.5);
  }
  return module.parameters();
}

describe("gradcheck in float64, rtol 1e-6, atol 1e-8", () => {
  beforeAll(() => {
    configure({ engine: "reference" });
    manualSeed(3);
  });

  const stacks = [{}, { numLayers: 2, bias: false, dropout: 0.4 }, { batchFirst: true, bidirectional: true }];
  const steps = [...stacks, { zoneout: 0.3, recurrentDropout: 0.4 }, { numLayers: 2, residual: true }];
  const cases = [
    ...stacks.flatMap((own) => [
      ["IndRNN", own],
      ["IndRNN", { ...own, nonlinearity: "tanh" }],
      ["MinGRU", own],
      ["MinLSTM", own],
    ]),
    ...steps.flatMap((own) => ["MGU", "LayerNormGRU", "LayerNormLSTM", "PeepholeLSTM"].map((kind) => [kind, own])),
    ...["RNN", "LSTM", "GRU"].flatMap((kind) => [
      [kind, { zoneout: 0.3, recurrentDropout: 0.4 }],
      [kind, { zoneout: 0.3, numLayers: 2, bidirectional: true, bias: false }],
    ]),
  ] as [Exclude<keyof typeof nn, "init">, nn.MGUOptions][];

  test.each(cases)("%s %j", (kind, own) => {
    type Stack = new (i: number, h: number, o: object) => nn.MGU & nn.PeepholeLSTM;
    const model = new (nn[kind] as unknown as Stack)(3, 4, { ...own, dtype });
    const parameters = scramble(model);
    const rows = model.numLayers * (model.bidirectional ? 2 : 1);
    const batch = own.batchFirst ? 5 : 2;
    const positive = /^Min/.test(kind);
    const state = (): Tensor => (positive ? leaf(rows, batch, 4).detach().square() : leaf(rows, batch, 4));
    const [x, h, c] = [leaf(5, 2, 3), state(), state()];
    h.requiresGrad = true;
    if (/LSTM/.test(kind) && !positive) {
      check(() => {
        const [y, next] = model.forward(x, { h, c } as never) as unknown as [Tensor, nn.LSTMState];
        return together(y, next.h, next.c);
      }, [x, h, c, ...parameters]);
    } else {
      check(() => together(...(model.forward(x, h as never) as unknown as [Tensor, Tensor])), [x, h, ...parameters]);
    }
  });

  test("layerNorm over one dimension and two, with and without scale and shift", () => {
    const [x, weight, bias] = [leaf(4, 2, 3), leaf(2, 3), leaf(2, 3)];
    check(() => F.layerNorm(x, [2, 3], { weight, bias }).sin(), [x, weight, bias]);
    check(() => F.layerNorm(x, [3], { bias: bias.select(0, 1) }).sin(), [x, bias]);
    check(() => F.layerNorm(x.transpose(0, 1), [3]).sin(), [x]);
  });

  test.each([1, 2, 3, 4, 7, 8, 9])("scans of %i steps, with and without a state", (length) => {
    const [a, b, h0] = [leaf(length, 2, 3), leaf(length, 2, 3), leaf(2, 3)];
    check(() => F.linearScan(a, b, h0).sin(), [a, b, h0]);
    check(() => F.linearScan(a, b).sin(), [a, b]);
    check(() => F.logScan(a.softplus().neg(), b, h0.square()).sin(), [a, b, h0]);
    check(() => F.logScan(a.softplus().neg().transpose(1, 2), b.transpose(1, 2)).sin(), [a, b]);
  });

  test("dropout of weights, words and whole sequences", () => {
    const x = leaf(4, 2, 3);
    const drop = new nn.WeightDrop(new nn.LSTM(3, 4, { numLayers: 2, dtype }), 0.5);
    check(() => together(drop.forward(x)[0]), [x, ...drop.parameters()]);
    check(() => new nn.LockedDropout(0.4).forward(x).sin(), [x]);
    const embed = new nn.EmbeddingDropout(new nn.Embedding(6, 3, { dtype }), 0.4);
    const ids = randint(0, 6, [5, 2]);
    check(() => embed.forward(ids).sin(), embed.parameters());
  });

  test("activation regularisation and its temporal kind", () => {
    const y = leaf(4, 2, 3);
    check(() => F.activationRegularization(y, 2).add(F.temporalActivationRegularization(y, 0.7)), [y]);
  });
});
