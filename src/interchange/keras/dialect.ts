/** Who wrote a model, as far as it changes what its layers compute. */
export interface Dialect {
  /** For people: `Keras 2.9.0`, `TensorFlow.js layers 4.22.0`. */
  producer: string;
  /** hard_sigmoid is x/6 + 1/2, as in PyTorch; before Keras 3, and in TensorFlow.js, x/5 + 1/2. Source: keras.activations, both. */
  sixth: boolean;
  /** Bidirectional gives zeros at masked steps of a sequence, and a leading one gives zeros whatever the initial state. */
  zeroOutput: boolean;
  /** TensorFlow.js puts the states of stacked cells last cell first, and gives the state where a step is masked. */
  isTfjs: boolean;
  /** Where a configuration does not say: hard_sigmoid was the default until TensorFlow 2. */
  recurrentActivation: string;
}

/** @param version  as files have it: `2.9.0`, `2.2.4-tf`, `3.4.1`, `tfjs-layers 4.22.0`; null where they do not say */
export function dialectOf(version: string | null, isTfjs = version?.startsWith("tfjs-layers") ?? false): Dialect {
  if (isTfjs) {
    const producer = `TensorFlow.js layers ${version?.replace("tfjs-layers ", "") ?? ""}`.trim();
    return { producer, sixth: false, zeroOutput: false, isTfjs: true, recurrentActivation: "hard_sigmoid" };
  }
  const [major = 2, minor = 0] = (version ?? "").split(".").map((part) => Number.parseInt(part, 10) || 0);
  // Keras 2.4 is the first that is TensorFlow's own; before, TensorFlow's said so.
  const isTensorFlow2 = major > 2 || minor >= 4 || (version?.includes("-tf") ?? false);
  return {
    producer: version === null ? "Keras, of an unknown version" : `Keras ${version}`,
    sixth: major >= 3,
    zeroOutput: isTensorFlow2,
    isTfjs: false,
    recurrentActivation: isTensorFlow2 ? "sigmoid" : "hard_sigmoid",
  };
}
