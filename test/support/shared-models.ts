import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { tensor } from "../../src/tensor/create.js";
import type { Tensor } from "../../src/tensor/tensor.js";

/** Models of others with their numbers, which are not in the repository: UNROLLED_MODELS, or beside it. */
export const MODELS =
  process.env["UNROLLED_MODELS"] ?? fileURLToPath(new URL("../../../shared/models", import.meta.url));

/** Whether there are such models; a test says so in its title. */
export const hasModels = (name: string): boolean => existsSync(`${MODELS}/${name}`);
export const titled = (title: string, name: string): string =>
  hasModels(name) ? title : `${title} (skip: no folder of models, UNROLLED_MODELS)`;

/** A tensor as the expected numbers have it. */
export interface StoredTensor {
  dtype: "float32" | "float64" | "int32";
  shape: number[];
  data: (number | string)[];
}

export const modelJson = <T>(path: string): T => JSON.parse(readFileSync(`${MODELS}/${path}`, "utf8")) as T;
export const modelBytes = (path: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(`${MODELS}/${path}`));

export const storedTensor = ({ dtype, shape, data }: StoredTensor): Tensor =>
  tensor(Array.from(data, Number), { shape, dtype });

/** The largest difference. */
export function apart(found: Tensor, expected: StoredTensor): number {
  const data = found.data();
  if (JSON.stringify(found.shape) !== JSON.stringify(expected.shape)) return Infinity;
  return expected.data.reduce<number>((most, value, i) => Math.max(most, Math.abs(data[i]! - Number(value))), 0);
}
