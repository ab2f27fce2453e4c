/** The benchmark's language model in Unrolled, and its training step. */
import * as unrolled from "../dist/index.js";
import { CLIP_NORM, LEARNING_RATE } from "./configs.mjs";

const { nn, noGrad, optim } = unrolled;

export class LanguageModel extends nn.Module {
  constructor({ cell, vocabulary, embedding, hidden, layers, projection = 0 }) {
    super();
    this.embed = new nn.Embedding(vocabulary, embedding);
    const projects = projection > 0 ? { projSize: projection } : {};
    this.rnn = new nn[cell](embedding, hidden, { numLayers: layers, ...projects });
    this.head = new nn.Linear(projection || hidden, vocabulary);
  }

  /** Everything but the head, which training fuses with the loss. */
  hidden(ids, state) {
    return this.rnn.forward(this.embed.forward(ids), state);
  }

  forward(ids, state) {
    const [y, next] = this.hidden(ids, state);
    return [this.head.forward(y), next];
  }
}

/** A training step on one batch: ids and their targets, int32 [L, N]. Returns the loss tensor. */
export function trainer(model, x, y) {
  const optimizer = new optim.SGD(model.parameters(), { lr: LEARNING_RATE });
  return () => {
    optimizer.zeroGrad();
    const [h] = model.hidden(x);
    const loss = nn.functional.linearCrossEntropy(h, model.head.weight, model.head.bias, y);
    loss.backward();
    nn.utils.clipGradNorm(model.parameters(), CLIP_NORM);
    optimizer.step();
    return loss;
  };
}

/** One token at a time, the state carried along. */
export function streamer(model, ids) {
  let state;
  return () => {
    state = noGrad(() => model.forward(ids, state)[1]);
  };
}
