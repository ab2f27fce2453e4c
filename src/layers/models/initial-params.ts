import { type NdArray, type RandomOptions, randn, zeros } from "../nd-array.js";

/** The standard deviation of a new embedding. */
const SMALL = 0.01;

/** W [V, D] */
export function embeddingParams(vocabSize: number, size: number, options: RandomOptions): NdArray {
  return randn([vocabSize, size], SMALL, options);
}

/** W [D, O] of standard deviation 1/√D (Xavier), which keeps the size of what passes through, and b [O] of zeros. */
export function affineParams(inputs: number, outputs: number, options: RandomOptions): [W: NdArray, b: NdArray] {
  return [xavier(inputs, outputs, options), zeros([outputs], options.dtype)];
}

/** Wx [D, G·H], Wh [H, G·H], b [G·H] */
export function recurrentParams(
  gates: 1 | 3 | 4,
  inputSize: number,
  hiddenSize: number,
  options: RandomOptions,
): [Wx: NdArray, Wh: NdArray, b: NdArray] {
  const width = gates * hiddenSize;
  return [xavier(inputSize, width, options), xavier(hiddenSize, width, options), zeros([width], options.dtype)];
}

function xavier(inputs: number, outputs: number, options: RandomOptions): NdArray {
  return randn([inputs, outputs], 1 / Math.sqrt(inputs), options);
}
