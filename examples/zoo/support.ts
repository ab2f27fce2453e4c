// What the pages of the zoo share: where the models are, sound as numbers, and how long something took.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Other people's models with their expected numbers. They are not part of the repository. */
export const MODELS = process.env["UNROLLED_MODELS"] ?? "../shared/models";

export function bytesOf(folder: string, ...path: string[]): Uint8Array {
  const file = join(folder, ...path);
  if (!existsSync(file)) throw new Error(`there is no ${file}: name the folder of the models, or set UNROLLED_MODELS`);
  return new Uint8Array(readFileSync(file));
}

/** The samples of a 16-bit wav file of one channel, between -1 and 1. */
export function samplesOf(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 12;
  while (String.fromCharCode(...bytes.subarray(at, at + 4)) !== "data") at += 8 + view.getUint32(at + 4, true);
  const count = view.getUint32(at + 4, true) / 2;
  return Float32Array.from({ length: count }, (_, i) => view.getInt16(at + 8 + 2 * i, true) / 32768);
}

export async function timed<T>(work: () => T | Promise<T>): Promise<[T, seconds: number]> {
  const start = performance.now();
  const result = await work();
  return [result, (performance.now() - start) / 1000];
}

/** onnxruntime where it is installed and has binaries. */
export const onnxruntime = () => import("onnxruntime-node").catch(() => undefined);

/** The Fourier transform in place, of a power of two of complex numbers (Cooley and Tukey 1965); `sign` -1 forward, 1 back (undivided). */
export function fft(re: Float64Array, im: Float64Array, sign: 1 | -1): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) for (const x of [re, im]) [x[i], x[j]] = [x[j]!, x[i]!];
  }
  for (let size = 2; size <= n; size *= 2) {
    for (let k = 0; k < size / 2; k++) {
      const [c, s] = [Math.cos((2 * Math.PI * k) / size), sign * Math.sin((2 * Math.PI * k) / size)];
      for (let a = k; a < n; a += size) {
        const b = a + size / 2;
        const [x, y] = [re[b]! * c - im[b]! * s, re[b]! * s + im[b]! * c];
        [re[b], im[b]] = [re[a]! - x, im[a]! - y];
        [re[a], im[a]] = [re[a]! + x, im[a]! + y];
      }
    }
  }
}
