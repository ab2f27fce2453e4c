import { beforeEach, describe, expect, test } from "vitest";
import { configure, gradcheck, manualSeed, nn, optim, randint, type Tensor, tensor } from "../../../src/index.js";

const small = { embeddingDim: 3, hiddenSize: 5, numLayers: 2, dtype: "float64" } as const;

describe("AWDLSTM", () => {
  beforeEach(() => {
    configure({ engine: "reference" });
    manualSeed(31);
  });

  test("gradcheck of the whole recipe in float64, rtol 1e-6, atol 1e-8", () => {
    for (const tied of [true, false]) {
      const model = new nn.AWDLSTM(6, { ...small, tieWeights: tied });
      for (const parameter of model.parameters()) nn.init.normal(parameter, 0, 0.6);
      const [ids, targets] = [randint(0, 6, [4, 2]), randint(0, 6, [4, 2])];
      const { ok, worst } = gradcheck(() => {
        manualSeed(4);
        return model.loss(ids, targets).loss;
      }, model.parameters());
      expect(ok, JSON.stringify(worst)).toBe(true);
    }
  });

  test("has the paper's sizes by default: 24 million parameters for the Penn Treebank", () => {
    const count = (options: nn.AWDLSTMOptions): number =>
      new nn.AWDLSTM(100, options).parameters().reduce((sum, p) => sum + p.size, 0);
    const perWord = 400 + 1;
    expect(Math.round((count({}) + 9900 * perWord) / 1e6)).toBe(24);
    const names = new nn.AWDLSTM(10, small).namedParameters().map(([name]) => name);
    expect(names.slice(0, 2)).toEqual(["embed.embedding.weight", "lstm.layers.0.module.weight_ih_l0"]);
    expect(names.at(-1)).toBe("head.bias");
  });

  test("in evaluation, loses nothing to dropout and adds nothing to the cross entropy", () => {
    const model = new nn.AWDLSTM(6, small).eval();
    const [ids, targets] = [randint(0, 6, [4, 2]), randint(0, 6, [4, 2])];
    const { loss, crossEntropy } = model.loss(ids, targets);
    expect(loss.item()).toBe(crossEntropy.item());
    const [logits] = model.forward(ids);
    expect(nn.functional.crossEntropy(logits, targets).item()).toBeCloseTo(loss.item(), 12);
    expect(model.forward(ids)[0].data()).toEqual(logits.data());
    model.train();
    const trained = model.loss(ids, targets);
    expect(trained.loss.item()).toBeGreaterThan(trained.crossEntropy.item());
  });

  test("learns a repeating text with NTASGD, and its averages are as good", () => {
    const text = Array.from({ length: 61 }, (_, i) => [0, 3, 1, 4, 2, 5][i % 6]!);
    const column = (from: number): Tensor => tensor(text.slice(from, from + 60), { shape: [30, 2], dtype: "int32" });
    const rates = { dropout: 0.1, hiddenDropout: 0.1, inputDropout: 0.1, embeddingDropout: 0, weightDrop: 0.2 };
    const model = new nn.AWDLSTM(6, {
      embeddingDim: 12,
      hiddenSize: 16,
      numLayers: 2,
      alpha: 0.1,
      beta: 0.1,
      ...rates,
    });
    const optimizer = new optim.NTASGD(model.parameters(), { lr: 4, nonMonotone: 3 });
    // Neighbours are two apart in the text: as good a rule as any.
    const [ids, targets] = [column(0), column(1)];
    const validate = (): number => {
      const value = model.eval().loss(ids, targets).crossEntropy.item();
      model.train();
      return value;
    };
    const first = validate();
    for (let step = 0; step < 300; step++) {
      const { loss } = model.loss(ids, targets);
      optimizer.zeroGrad();
      loss.backward();
      nn.utils.clipGradNorm(model.parameters(), 0.25);
      optimizer.step();
      if (step % 10 === 9) optimizer.validated(optimizer.withAverages(validate));
    }
    expect(first).toBeGreaterThan(1.7);
    expect(optimizer.withAverages(validate)).toBeLessThan(0.2);
  });
});
