/**
 * Noise taken out of speech: DTLN (github.com/breizhn/DTLN, MIT), two stages of two LSTM layers in two ONNX files, hop by hop, their
 * states carried. `npm run example zoo/dtln [FOLDER OF MODELS]`
 */
import { noGrad, type Tensor, tensor, zeros } from "unrolled";
import { readOnnx } from "unrolled/interchange";
import { bytesOf, fft, MODELS, onnxruntime, samplesOf, timed } from "./support.js";

const BLOCK = 512;
const HOP = 128;

/** One stage on one frame: its output, its state kept inside. */
type Stage = (frame: Float32Array) => Float32Array | Promise<Float32Array>;

/** A file as a stage: an input and a state in, an output and a state out. */
export function stageOf(file: Uint8Array): Stage {
  const model = readOnnx(file, { source: "dtln" }).toModule();
  const [input, stateIn] = model.inputs.map(({ name }) => name) as [string, string];
  const [output, stateOut] = model.outputs.map(({ name }) => name) as [string, string];
  let state: Tensor = zeros(1, 2, 128, 2);
  return (frame) => {
    const results = noGrad(() =>
      model.run({ [input]: tensor(frame, { shape: [1, 1, frame.length] }), [stateIn]: state }),
    );
    state = results[stateOut]!;
    return results[output]!.data() as Float32Array;
  };
}

async function stageElsewhere(file: Uint8Array): Promise<Stage> {
  const ort = (await onnxruntime())!;
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  const [[input, stateIn], [output, stateOut]] = [session.inputNames, session.outputNames] as [string[], string[]];
  let state = new ort.Tensor("float32", new Float32Array(512), [1, 2, 128, 2]);
  return async (frame) => {
    const x = new ort.Tensor("float32", frame, [1, 1, frame.length]);
    const results = await session.run({ [input!]: x, [stateIn!]: state });
    state = results[stateOut!] as typeof state;
    return results[output!]!.data as Float32Array;
  };
}

/** Magnitudes are masked by the first stage, samples cleaned by the second, frames added up where they overlap. */
export async function enhance(samples: Float32Array, [first, second]: readonly [Stage, Stage]): Promise<Float32Array> {
  const hops = Math.floor(samples.length / HOP);
  const enhanced = new Float32Array(hops * HOP + BLOCK);
  const heard = new Float64Array(BLOCK);
  for (let hop = 0; hop < hops; hop++) {
    heard.copyWithin(0, HOP);
    heard.set(samples.subarray(hop * HOP, (hop + 1) * HOP), BLOCK - HOP);
    const [re, im] = [heard.slice(), new Float64Array(BLOCK)];
    fft(re, im, -1);
    const mask = await first(Float32Array.from({ length: BLOCK / 2 + 1 }, (_, k) => Math.hypot(re[k]!, im[k]!)));
    for (let k = 0; k < BLOCK; k++) {
      // The spectrum of real numbers is its own mirror image.
      const gain = mask[Math.min(k, BLOCK - k)]! / BLOCK;
      re[k]! *= gain;
      im[k]! *= gain;
    }
    fft(re, im, 1);
    const frame = await second(Float32Array.from(re));
    for (const [i, sample] of frame.entries()) enhanced[hop * HOP + i]! += sample;
  }
  return enhanced.subarray(0, hops * HOP);
}

export async function main([folder = MODELS]: string[]): Promise<void> {
  const first = bytesOf(folder, "dtln", "model_1.onnx");
  const second = bytesOf(folder, "dtln", "model_2.onnx");
  const samples = samplesOf(bytesOf(folder, "dtln", "noisy.wav"));
  const [enhanced, seconds] = await timed(() => enhance(samples, [stageOf(first), stageOf(second)]));
  const loudest = (x: Float32Array) => Math.max(...x).toFixed(4);
  console.log(`${samples.length} samples; the loudest ${loudest(samples)} before, ${loudest(enhanced)} behind`);
  console.log(`Unrolled: ${seconds.toFixed(2)} s, the files read`);
  if ((await onnxruntime()) === undefined) return;
  const other = async () => enhance(samples, [await stageElsewhere(first), await stageElsewhere(second)]);
  console.log(`onnxruntime: ${(await timed(other))[1].toFixed(2)} s`);
}
