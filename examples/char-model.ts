/**
 * A character language model in thirty lines: the README's example.
 *
 *   npm run example char-model
 */

// #region example
import { data, type LSTMState, manualSeed, nn, optim, type Tensor, tensor, text } from "unrolled";

class CharModel extends nn.Module {
  embed = new nn.Embedding(65, 128);
  lstm = new nn.LSTM(128, 256, { numLayers: 2 });
  head = new nn.Linear(256, 65);

  forward(ids: Tensor, state?: LSTMState) {
    const [y, next] = this.lstm.forward(this.embed.forward(ids), state); // y [L, N, 256], next { h, c }
    return [this.head.forward(y), next] as const;
  }
}

export function learn(corpus: string, steps: number): number[] {
  manualSeed(1);
  const vocabulary = text.CharVocabulary.fromText(corpus, { maxSize: 65, unknown: true });
  const batches = new data.StreamBatcher(vocabulary.encode(corpus), { batchSize: 16, seqLen: 32 });
  const model = new CharModel();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.002 });
  const losses: number[] = [];
  let state: LSTMState | undefined;
  while (losses.length < steps) {
    const { inputs, targets, shape, step } = batches.next();
    if (step === 0) state = undefined; // an epoch begins: the streams begin again
    const [logits, next] = model.forward(tensor(inputs, { shape }), state);
    const loss = nn.functional.crossEntropy(logits, tensor(targets, { shape }));
    optimizer.zeroGrad();
    loss.backward();
    nn.utils.clipGradNorm(model.parameters(), 5);
    optimizer.step();
    state = nn.utils.detachState(next); // the gradient is cut here, the state is carried on
    losses.push(loss.item()); // nats a character
  }
  return losses;
}
// #endregion

export async function main(): Promise<void> {
  const { mobyDick } = await import("./support/moby-dick.js");
  const losses = learn(mobyDick(), 200);
  for (let i = 0; i < losses.length; i += 20)
    console.log(`step ${String(i).padStart(3)}  ${losses[i]!.toFixed(3)} nats a character`);
}
