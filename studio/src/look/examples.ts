import { EXAMPLES } from "../examples/examples.js";

/** How each example's small model is trained: for so long that there is something to see in it, and no longer. */
const QUICK: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "moby-dick": {
    cell: "lstm",
    hidden: 80,
    layers: 1,
    epochs: 4,
    seqLen: 48,
    batch: 16,
    lr: 0.004,
    sampleLength: 0,
    validateEvery: 60,
  },
  "first-names": { hidden: 32, epochs: 3, bidirectional: true, pooling: "attention", validateEvery: 40 },
  births: { hidden: 32, epochs: 6, horizon: 14, context: 28, validateEvery: 10 },
};

export const LOOK_EXAMPLES = EXAMPLES.map(({ name, file, url }) => ({ name, file, url, settings: QUICK[name] ?? {} }));
