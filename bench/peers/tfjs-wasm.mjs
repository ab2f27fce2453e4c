/** TensorFlow.js on its wasm backend, which has no gradient for a gather: the embedding is a product with one-hot rows instead. */
import "@tensorflow/tfjs-backend-wasm";
import { supports as supportsCell } from "./tfjs.mjs";
import { prepareOn } from "./tfjs-model.mjs";

export function supports(config) {
  if (config.vocabulary > 1000)
    return "it has no gradient of an embedding (kernel UnsortedSegmentSum), and one-hot rows would be too wide";
  return supportsCell(config);
}

export const prepare = (problem) => prepareOn("wasm", problem, { embedding: "one-hot" });
