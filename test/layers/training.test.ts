import { describe, expect, test } from "vitest";
import { Generator } from "../../src/base/random.js";
import {
  Adam,
  AttentionSeq2seq,
  array,
  BetterRnnlm,
  CBOW,
  clipGrads,
  type Model,
  type NdArray,
  PeekySeq2seq,
  Rnnlm,
  Seq2seq,
  SimpleRnnlm,
} from "../../src/layers/index.js";

function step(model: Model, optimizer: Adam, [xs, ts]: readonly [NdArray, NdArray]): number {
  const loss = model.forward(xs, ts);
  model.backward();
  clipGrads(model.grads, 5);
  optimizer.update(model.params, model.grads);
  return loss;
}

describe("language models learn a sentence whose words need what came before", () => {
  // After "say" comes goodbye or hello: the last word alone does not tell.
  const words = "you say goodbye and i say hello .".split(" ");
  const vocabulary = [...new Set(words)];
  const corpus = Array.from({ length: 41 }, (_, i) => vocabulary.indexOf(words[i % words.length]!));
  const batches = Array.from({ length: 8 }, (_, i) => {
    const [xs, ts] = [corpus.slice(5 * i, 5 * i + 5), corpus.slice(5 * i + 1, 5 * i + 6)];
    return [array([xs], "int32"), array([ts], "int32")] as const;
  });
  const generator = () => ({ generator: new Generator(1) });

  test.each([
    ["SimpleRnnlm", 10, () => new SimpleRnnlm(vocabulary.length, 10, 16, generator())],
    ["Rnnlm", 15, () => new Rnnlm(vocabulary.length, 10, 16, generator())],
    ["BetterRnnlm", 30, () => new BetterRnnlm(vocabulary.length, 16, { dropout: 0.2, ...generator() })],
  ] as const)(
    "%s: from a perplexity of about 7 to under 1.05 in %i epochs of truncated backpropagation",
    (_, n, make) => {
      const model = make();
      const optimizer = new Adam({ lr: 0.02 });
      const perplexity = () => {
        if (model instanceof BetterRnnlm) model.train = false;
        model.resetState();
        const losses = batches.map(([xs, ts]) => model.forward(xs, ts));
        if (model instanceof BetterRnnlm) model.train = true;
        return Math.exp(losses.reduce((a, b) => a + b) / losses.length);
      };
      expect(perplexity()).toBeGreaterThan(6.5);
      for (let epoch = 0; epoch < n; epoch++) {
        model.resetState();
        for (const batch of batches) step(model, optimizer, batch);
      }
      expect(perplexity()).toBeLessThan(1.05);
    },
  );
});

describe("a window without order", () => {
  test("CBOW cannot tell [a, b] from [b, a], and stays at a perplexity of 2; SimpleRnnlm falls under 1.05", () => {
    const contexts = array(
      [
        [0, 1],
        [1, 0],
      ],
      "int32",
    );
    const options = { generator: new Generator(2) };
    const cbow = new CBOW(4, 8, options);
    const rnn = new SimpleRnnlm(4, 8, 8, options);
    const optimizers = [new Adam({ lr: 0.05 }), new Adam({ lr: 0.05 })] as const;
    const losses = { cbow: 0, rnn: 0 };
    for (let i = 0; i < 60; i++) {
      losses.cbow = step(cbow, optimizers[0], [contexts, array([2, 3], "int32")]);
      rnn.resetState();
      losses.rnn = step(rnn, optimizers[1], [
        contexts,
        array(
          [
            [-1, 2],
            [-1, 3],
          ],
          "int32",
        ),
      ]);
    }
    expect(Math.exp(losses.cbow)).toBeGreaterThan(1.99);
    expect(Math.exp(losses.cbow)).toBeLessThan(2.1);
    expect(Math.exp(losses.rnn)).toBeLessThan(1.05);
  });
});

describe("sequence to sequence", () => {
  const [VOCABULARY, LENGTH, START] = [7, 5, 0];

  /** Digits, and the same backwards after the start token. */
  function reversals(generator: Generator, count: number): [NdArray, NdArray] {
    const xs = Array.from({ length: count }, () =>
      Array.from({ length: LENGTH }, () => 1 + generator.integer(VOCABULARY - 1)),
    );
    return [
      array(xs, "int32"),
      array(
        xs.map((x) => [START, ...x.toReversed()]),
        "int32",
      ),
    ];
  }

  /** How many of 100 unseen sequences are written backwards without an error. */
  function accuracy(Kind: typeof Seq2seq | typeof PeekySeq2seq | typeof AttentionSeq2seq): number {
    const generator = new Generator(2);
    const model = new Kind(VOCABULARY, 16, 32, { generator });
    const optimizer = new Adam({ lr: 0.01 });
    for (let i = 0; i < 100; i++) step(model, optimizer, reversals(generator, 50));
    const [xs, ts] = reversals(new Generator(99), 100);
    const written = model.generate(xs, START, LENGTH).toArray() as number[][];
    return (ts.toArray() as number[][]).filter((t, n) => t.slice(1).join() === written[n]!.join()).length;
  }

  test("reversal of 5 digits after 100 steps: attention writes at least 85 of 100, 20 more than the others", () => {
    const [plain, peeky, attention] = [Seq2seq, PeekySeq2seq, AttentionSeq2seq].map(accuracy) as [
      number,
      number,
      number,
    ];
    expect(plain).toBeGreaterThan(10);
    expect(peeky).toBeGreaterThan(10);
    expect(attention).toBeGreaterThanOrEqual(85);
    expect(attention - Math.max(plain, peeky)).toBeGreaterThanOrEqual(20);
  });
});
