/** The benchmark's models of sequences of many lengths, and their training step: the batch is made of its sequences in the step. */
import * as unrolled from "../dist/index.js";
import { CLIP_NORM, LEARNING_RATE } from "./configs.mjs";

const { concat, data, nn, noGrad, optim } = unrolled;

export class LengthsModel extends nn.Module {
  constructor({ cell, vocabulary, embedding, hidden, layers, bidirectional, classes, tells }) {
    super();
    this.embed = new nn.Embedding(vocabulary, embedding);
    this.rnn = new nn[cell](embedding, hidden, { numLayers: layers, bidirectional });
    this.head = new nn.Linear(hidden * (bidirectional ? 2 : 1), classes);
    this.bidirectional = bidirectional;
    this.tells = tells;
  }

  /** @returns [L, N, classes] of each step, or [N, classes] of each sequence */
  forward(ids, lengths) {
    const [y, state] = this.rnn.forward(this.embed.forward(ids), null, { lengths });
    if (this.tells === "steps") return this.head.forward(y);
    const h = state.h ?? state;
    const top = this.bidirectional ? concat([h.select(0, -2), h.select(0, -1)], 1) : h.select(0, -1);
    return this.head.forward(top);
  }
}

/** The sequences of a problem in lists of `batch`, each with what is to be told of it. */
export function sampleBatches({ batch, tells }, { lengths, inputs, targets }) {
  const batches = [];
  let at = 0;
  lengths.forEach((length, i) => {
    if (i % batch === 0) batches.push([]);
    const y = tells === "steps" ? targets.subarray(at, at + length) : targets[i];
    batches.at(-1).push({ x: inputs.subarray(at, at + length), y });
    at += length;
  });
  return batches;
}

/** What can be timed of a model on the batches of a problem, one after another. */
export function lengthsWork(model, { config, data: { lengths, inputs, targets } }) {
  const batches = sampleBatches(config, { lengths: lengths.data, inputs: inputs.data, targets: targets.data });
  const collate = data.collate.padded({ dtype: "int32", targets: config.tells === "steps" ? "pad" : "stack" });
  const context = { rows: Int32Array.from({ length: config.batch }, (_, i) => i) };
  const optimizer = new optim.SGD(model.parameters(), { lr: LEARNING_RATE });
  let at = 0;
  const next = () => collate(batches[at++ % batches.length], context);
  return {
    train() {
      const { x, lengths, y } = next();
      optimizer.zeroGrad();
      const loss = nn.functional.crossEntropy(model.forward(x, lengths), y, { ignoreIndex: -100 });
      loss.backward();
      nn.utils.clipGradNorm(model.parameters(), CLIP_NORM);
      optimizer.step();
      return loss;
    },
    forward() {
      const { x, lengths } = next();
      noGrad(() => void model.forward(x, lengths));
    },
  };
}
