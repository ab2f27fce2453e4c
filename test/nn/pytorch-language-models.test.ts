import { expect, test } from "vitest";
import { type LSTMState, nn, optim, type Tensor } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { describeEngines, fromFixture, stateFrom } from "../support/configured.js";
import { type FixtureCase, loadFixture, tensorOf, under } from "../support/fixtures.js";

interface Options {
  cell: "rnn" | "lstm" | "gru";
  vocabSize: number;
  embeddingDim: number;
  hiddenSize: number;
  seqLen: number;
  steps: number;
  clip: number;
  optimizer: { name: "SGD" | "Adam"; lr: number };
  module: { numLayers: number; nonlinearity?: "tanh" };
}

type DType = "float32" | "float64";
type State = Tensor | LSTMState;

class LanguageModel extends nn.Module {
  embed: nn.Embedding;
  rnn: nn.RNN | nn.LSTM | nn.GRU;
  head: nn.Linear;

  constructor({ cell, vocabSize, embeddingDim, hiddenSize, module: { numLayers } }: Options, dtype: DType) {
    super();
    const make = { rnn: nn.RNN, lstm: nn.LSTM, gru: nn.GRU }[cell];
    this.embed = new nn.Embedding(vocabSize, embeddingDim, { dtype });
    this.rnn = new make(embeddingDim, hiddenSize, { numLayers, dtype });
    this.head = new nn.Linear(hiddenSize, vocabSize, { dtype });
  }

  features(ids: Tensor, state: State | undefined): readonly [Tensor, State] {
    const x = this.embed.forward(ids);
    return this.rnn instanceof nn.LSTM ? this.rnn.forward(x, state as LSTMState) : this.rnn.forward(x, state as Tensor);
  }
}

/** 20 steps of truncated BPTT as tools/fixtures/language_models.py takes them. */
function train(found: FixtureCase<Options>, dtype: DType, fused: boolean): void {
  const { options } = found;
  const value = dtype === "float64" ? { rtol: 1e-9, atol: 1e-11 } : { rtol: 1e-4, atol: 1e-5 };
  const gradient = dtype === "float64" ? TOLERANCE.float64 : TOLERANCE.gradient;
  const model = new LanguageModel(options, dtype);
  model.loadStateDict(stateFrom(found, "initial"));
  const make = { SGD: optim.SGD, Adam: optim.Adam }[options.optimizer.name];
  const optimizer = new make(model.parameters(), { lr: options.optimizer.lr });
  const stream = fromFixture(tensorOf(found, "stream"));
  const [losses, norms]: number[][] = [[], []];
  let state: State | undefined;
  for (let step = 0; step < options.steps; step++) {
    const x = stream.narrow(0, step * options.seqLen, options.seqLen);
    const target = stream.narrow(0, step * options.seqLen + 1, options.seqLen);
    const [y, next] = model.features(x, state);
    const { head } = model;
    let loss: Tensor;
    if (fused) {
      loss = nn.functional.linearCrossEntropy(y, head.weight, head.bias, target);
    } else {
      const logits = head.forward(y);
      if (step === 0) expectClose(logits.data(), tensorOf(found, "logits.first").data, TOLERANCE.sequence, "logits");
      loss = nn.functional.crossEntropy(logits, target);
    }
    optimizer.zeroGrad();
    loss.backward();
    if (step === 0) {
      const grads = new Map(model.namedParameters());
      for (const [name, { data }] of Object.entries(under(found, "grad"))) {
        expectClose(grads.get(name)!.grad!.data(), data, gradient, `grad.${name}`);
      }
    }
    norms.push(nn.utils.clipGradNorm(model.parameters(), options.clip));
    optimizer.step();
    losses.push(loss.item());
    state = nn.utils.detachState(next);
  }
  expectClose(losses, tensorOf(found, "losses").data, value, "losses");
  expectClose(norms, tensorOf(found, "gradNorms").data, value, "gradient norms");
  const { h, c } = "h" in state! ? state : { h: state!, c: null };
  expectClose(h.data(), tensorOf(found, "state.h").data, value, "state h");
  if (c) expectClose(c.data(), tensorOf(found, "state.c").data, value, "state c");
  const weights = model.stateDict();
  const final = under(found, "final");
  expect([...weights.keys()].sort()).toEqual(Object.keys(final).sort());
  for (const [name, { data }] of Object.entries(final)) expectClose(weights.get(name)!.data(), data, value, name);
}

describeEngines("20 steps of a language model against PyTorch", (dtypes) => {
  for (const dtype of dtypes) {
    const bounds = dtype === "float64" ? "rtol 1e-9, atol 1e-11" : "rtol 1e-4, atol 1e-5";
    const { cases } = loadFixture<Options>(`language-models/${dtype}`);
    test.each(cases)(`${dtype}, $name: losses, norms, state and weights within ${bounds}`, (found) => {
      train(found, dtype, false);
    });
    test.each(cases)(`${dtype}, $name, head and loss fused: the same within ${bounds}`, (found) => {
      train(found, dtype, true);
    });
  }
});
