/**
 * Where somebody speaks: Silero's voice activity detector (github.com/snakers4/silero-vad, MIT), an ONNX file with nested graphs, run on
 * a stream of chunks of 32 ms with its state carried. `npm run example zoo/silero-vad [FOLDER OF MODELS]`
 */
import { noGrad, type Tensor, tensor, zeros } from "unrolled";
import { readOnnx } from "unrolled/interchange";
import { bytesOf, MODELS, onnxruntime, samplesOf, timed } from "./support.js";

const CHUNK = 512;
/** Samples of the chunk before, which the network sees again. */
const CONTEXT = 64;
const RATE = 16_000;

/** Windows of a context and a chunk, as sound comes in. */
export function* windows(samples: Float32Array): Generator<Float32Array> {
  for (let start = 0; start < samples.length; start += CHUNK) {
    const window = new Float32Array(CONTEXT + CHUNK);
    const from = Math.max(0, start - CONTEXT);
    window.set(samples.subarray(from, start + CHUNK), CONTEXT - (start - from));
    yield window;
  }
}

/** The probability of speech in each chunk, and the last state. */
export function listen(bytes: Uint8Array, samples: Float32Array): { speech: number[]; state: Tensor } {
  const model = readOnnx(bytes, { source: "silero_vad" }).toModule();
  const sr = tensor(RATE, { dtype: "int32" });
  let state = zeros(2, 1, 128);
  const speech: number[] = [];
  for (const window of windows(samples)) {
    const input = tensor(window, { shape: [1, window.length] });
    const { output, stateN } = noGrad(() => model.run({ input, state, sr }));
    speech.push(output!.item());
    state = stateN!;
  }
  return { speech, state };
}

/** What onnxruntime hears, for its time. */
async function listenElsewhere(bytes: Uint8Array, samples: Float32Array): Promise<number[]> {
  const ort = (await onnxruntime())!;
  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  const sr = new ort.Tensor("int64", BigInt64Array.of(BigInt(RATE)), []);
  let state = new ort.Tensor("float32", new Float32Array(256), [2, 1, 128]);
  const speech: number[] = [];
  for (const window of windows(samples)) {
    const results = await session.run({ input: new ort.Tensor("float32", window, [1, window.length]), state, sr });
    speech.push(Number(results["output"]!.data[0]));
    state = results["stateN"] as typeof state;
  }
  return speech;
}

export async function main([folder = MODELS]: string[]): Promise<void> {
  const bytes = bytesOf(folder, "silero-vad", "silero_vad_16k_op15.onnx");
  const samples = samplesOf(bytesOf(folder, "silero-vad", "speech.wav"));
  const [{ speech }, seconds] = await timed(() => listen(bytes, samples));
  const spoken = speech.filter((p) => p > 0.5).length;
  console.log(speech.map((p) => "▁▂▃▄▅▆▇█"[Math.min(7, Math.floor(p * 8))]).join(""));
  console.log(`${spoken} of ${speech.length} chunks are speech; ${(samples.length / RATE).toFixed(1)} s of sound`);
  console.log(`Unrolled: ${seconds.toFixed(2)} s, the file read`);
  if ((await onnxruntime()) === undefined) return;
  const [other, theirs] = await timed(() => listenElsewhere(bytes, samples));
  const worst = Math.max(...other.map((p, i) => Math.abs(p - speech[i]!)));
  console.log(`onnxruntime: ${theirs.toFixed(2)} s; probabilities differ by ${worst.toExponential(1)} at most`);
}
