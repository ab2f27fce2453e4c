/**
 * A character language model in thirty lines: the README's example.
 *
 *   npm run example char-model
 */

// #region example
import { data, type LSTMState, nn, optim, type Tensor, tensor, text } from "unrolled";

class CharModel extends nn.Module {
  embed = new nn.Embedding(65, 128);
  lstm = new nn.LSTM(128, 256, { numLayers: 2 });
  head = new nn.Linear(256, 65);

  forward(ids: Tensor, state?: LSTMState) {
    const [y, next] = this.lstm.forward(this.embed.forward(ids), state); // y [L, N, 256], next { h, c }
    return [this.head.forward(y), next] as const;
  }
}

/** Trains without end, and yields the loss of every step in nats a character. */
export function* learn(corpus: string) {
  const vocabulary = text.CharVocabulary.fromText(corpus, { maxSize: 65, unknown: true });
  const batches = new data.StreamBatcher(vocabulary.encode(corpus), { batchSize: 16, seqLen: 32 });
  const model = new CharModel();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.002 });
  let state: LSTMState | undefined;
  for (;;) {
    const { inputs, targets, shape, step } = batches.next();
    if (step === 0) state = undefined; // an epoch begins: the streams begin again
    const [logits, next] = model.forward(tensor(inputs, { shape }), state);
    const loss = nn.functional.crossEntropy(logits, tensor(targets, { shape }));
    optimizer.zeroGrad();
    loss.backward();
    nn.utils.clipGradNorm(model.parameters(), 5);
    optimizer.step();
    state = nn.utils.detachState(next); // the gradient is cut here, the state is carried on
    yield loss.item();
  }
}
// #endregion

export async function main(): Promise<void> {
  const { mobyDick } = await import("./support/moby-dick.js");
  let step = 0;
  for (const loss of learn(mobyDick())) {
    if (step % 20 === 0) console.log(`step ${String(step).padStart(3)}  ${loss.toFixed(3)} nats a character`);
    if (++step > 200) break;
  }
}
