import * as unrolled from "../../../src/index.js";

const { manualSeed, nn, optim, randint } = unrolled;

/** Trains a small language model on seeded tokens: the loss of every step, the same wherever it runs. */
export function train(steps: number): number[] {
  manualSeed(3);
  const [vocabulary, embedding, hidden, batch, seqLen] = [41, 24, 48, 17, 19];
  const embed = new nn.Embedding(vocabulary, embedding);
  const lstm = new nn.LSTM(embedding, hidden, { numLayers: 2, dropout: 0.1 });
  const head = new nn.Linear(hidden, vocabulary);
  const parameters = [embed, lstm, head].flatMap((module) => [...module.parameters()]);
  const optimizer = new optim.Adam(parameters, { lr: 0.01 });
  const inputs = randint(0, vocabulary, [seqLen, batch]);
  const targets = randint(0, vocabulary, [seqLen, batch]);
  return Array.from({ length: steps }, () => {
    optimizer.zeroGrad();
    const [y] = lstm.forward(embed.forward(inputs));
    const loss = nn.functional.linearCrossEntropy(y, head.weight, head.bias, targets);
    loss.backward();
    nn.utils.clipGradNorm(parameters, 0.25);
    optimizer.step();
    return loss.item();
  });
}
