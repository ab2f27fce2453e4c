/** brain.js: recurrent nets that learn one sequence at a time, in plain JavaScript objects. */
import { readFileSync } from "node:fs";
import brain from "brain.js";

export function supports({ cell, vocabulary }) {
  if (vocabulary > 1000)
    return `its embedding is as wide as the vocabulary: ${vocabulary} × ${vocabulary} weights, and as many gradients and caches`;
  return cell === "LSTM" || cell === "GRU" || cell === "RNN" ? true : `it has no ${cell}`;
}

export function prepare({ config, data }) {
  const { cell, vocabulary, hidden, layers, batch, seqLen } = config;
  const sizes = { inputSize: vocabulary, inputRange: vocabulary, outputSize: vocabulary };
  const net = new brain.recurrent[cell]({ ...sizes, hiddenLayers: Array(layers).fill(hidden) });
  net.trainOpts = { learningRate: 0.01 };
  net.initialize();
  // Sequence n of the batch, tokens in order of time.
  const sequences = Array.from({ length: batch }, (_, n) =>
    Array.from({ length: seqLen }, (_, t) => data.inputs.data[t * batch + n]),
  );
  let next = 0;
  const turn = () => sequences[next++ % batch];
  return {
    version: JSON.parse(readFileSync(new URL("../node_modules/brain.js/package.json", import.meta.url), "utf8"))
      .version,
    same:
      "another computation: own initial weights, one sequence a step instead of a batch, RMSProp with each element clipped, " +
      `an embedding as wide as the vocabulary${cell === "RNN" ? ", ReLU instead of tanh" : ""}`,
    tokensPerStep: seqLen,
    train: () => net.trainPattern(turn(), true),
    forward: () => void net.trainInput(turn()),
    stream: null,
  };
}
