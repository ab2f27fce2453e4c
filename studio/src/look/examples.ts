import { EXAMPLES } from "../examples/examples.js";

/** How each example's small model is trained: for so long that there is something to see in it, and no longer. */
const QUICK: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "moby-dick": { cell: "lstm", hidden: 80, layers: 1, epochs: 4, seqLen: 48, batch: 16, lr: 0.004, sampleLength: 0 },
  "first-names": { hidden: 32, epochs: 3, bidirectional: true, pooling: "attention" },
  births: { hidden: 32, epochs: 6, horizon: 14, context: 28 },
};

export const LOOK_EXAMPLES = EXAMPLES.map(({ name, file, url }) => ({ name, file, url, settings: QUICK[name] ?? {} }));
