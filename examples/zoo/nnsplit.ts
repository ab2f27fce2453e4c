/**
 * Where sentences and tokens end, from raw bytes: nnsplit (github.com/bminixhofer/nnsplit, MIT), three bidirectional LSTM layers in an
 * ONNX file. `npm run example zoo/nnsplit [FOLDER OF MODELS] [TEXT]`
 */
import { noGrad, type Tensor, tensor } from "unrolled";
import { type OnnxModule, readOnnx } from "unrolled/interchange";
import { bytesOf, MODELS, onnxruntime, timed } from "./support.js";

/** Zeros before and after a text. */
const MARGIN = 5;
const THRESHOLD = 0.8;
/** Columns of the output. */
const LEVELS = ["Sentence", "Token"] as const;

/** UTF-8 with its margins, of an even length. */
export function padded(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const out = new Uint8Array(2 * Math.ceil((bytes.length + 2 * MARGIN) / 2));
  out.set(bytes, MARGIN);
  return out;
}

/** Logits [1, length, 2]. */
export function logitsOf(model: OnnxModule, text: string): Tensor {
  const bytes = padded(text);
  return noGrad(() => model.forward(tensor(Int32Array.from(bytes), { shape: [1, bytes.length] })));
}

/** The pieces of a text: a cut behind each byte that is likely to end one, never inside a character. */
export function split(text: string, logits: ArrayLike<number>, level: (typeof LEVELS)[number]): string[] {
  const column = LEVELS.indexOf(level);
  const pieces: string[] = [];
  let piece = "";
  let at = MARGIN;
  for (const character of text) {
    piece += character;
    at += new TextEncoder().encode(character).length;
    const logit = logits[(at - 1) * LEVELS.length + column]!;
    if (1 / (1 + Math.exp(-logit)) <= THRESHOLD) continue;
    pieces.push(piece);
    piece = "";
  }
  return piece === "" ? pieces : [...pieces, piece];
}

const TEXT = "This is a test This is another test. It has no full stop Nobody knows where it ends";

export async function main([folder = MODELS, text = TEXT]: string[]): Promise<void> {
  const file = bytesOf(folder, "nnsplit-en", "model.onnx");
  const model = readOnnx(file, { source: "nnsplit" }).toModule();
  const [logits, seconds] = await timed(() => logitsOf(model, text).data());
  for (const sentence of split(text, logits, "Sentence")) console.log(JSON.stringify(sentence));
  console.log(split(text, logits, "Token").join("|"));
  console.log(`Unrolled: ${(seconds * 1000).toFixed(1)} ms`);
  const ort = await onnxruntime();
  if (ort === undefined) return;
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  const bytes = padded(text);
  const input = new ort.Tensor("uint8", bytes, [1, bytes.length]);
  const [results, theirs] = await timed(() => session.run({ [session.inputNames[0]!]: input }));
  const other = results[session.outputNames[0]!]!.data as Float32Array;
  const worst = other.reduce((most, logit, i) => Math.max(most, Math.abs(logit - logits[i]!)), 0);
  console.log(`onnxruntime: ${(theirs * 1000).toFixed(1)} ms; logits differ by ${worst.toExponential(1)} at most`);
}
