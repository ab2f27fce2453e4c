import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Tensor, tensor } from "../../../src/index.js";

/** A tensor of an `expected.json`. */
export interface Expected {
  dtype: string;
  shape: number[];
  data: (number | string)[];
}

const beside = fileURLToPath(new URL("../../../../shared/models", import.meta.url));
/** The folder of other people's models, or undefined where there is none. */
export const MODELS: string | undefined = [process.env["UNROLLED_MODELS"], beside].find(
  (folder) => folder !== undefined && existsSync(folder),
);

/** For the title of a test that needs it. */
export const NO_MODELS = MODELS === undefined ? "skip: no folder of models (UNROLLED_MODELS)" : "";

export function bytesOf(...path: string[]): Uint8Array {
  return new Uint8Array(readFileSync(join(MODELS!, ...path)));
}

export function jsonOf<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(MODELS!, ...path), "utf8")) as T;
}

/** Numbers; NaN and infinities are texts. */
export function numbersOf({ data }: Expected): number[] {
  return data.map(Number);
}

export function tensorOf(expected: Expected): Tensor {
  const dtype = expected.dtype === "float32" ? "float32" : "int32";
  return tensor(numbersOf(expected), { shape: expected.shape, dtype });
}
