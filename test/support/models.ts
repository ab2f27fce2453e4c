import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tensor } from "../../src/tensor/create.js";
import type { Tensor } from "../../src/tensor/tensor.js";

/** Where models of others lie that tests are run on, which are not in the repository: UNROLLED_MODELS, or beside it. */
export const MODELS = process.env["UNROLLED_MODELS"] ?? join(import.meta.dirname, "../../../shared/models");

/** The path of a file of a model: `modelFile("g2p-en", "checkpoint20.npz")`. */
export const modelFile = (...path: string[]): string => join(MODELS, ...path);

export const modelBytes = (...path: string[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(modelFile(...path)));

export const modelJson = <T>(...path: string[]): T => JSON.parse(readFileSync(modelFile(...path), "utf8")) as T;

/**
 * Tests on models; without them, one that is skipped in their place.
 * @param paths  folders or files that they need, in the folder of models
 * @param body   only run where all are there, so that it may read them to say which tests there are
 */
export function describeModels(paths: string | readonly string[], title: string, body: () => void): void {
  const absent = [paths].flat().filter((path) => !existsSync(modelFile(path)));
  const isThere = absent.length === 0;
  const reason = `skip: no ${absent.join(", ")} in the folder of models, which UNROLLED_MODELS names`;
  describe.skipIf(!isThere)(isThere ? title : `${title}, ${reason}`, () => {
    if (isThere) body();
    else test(reason, () => expect(absent).toEqual([]));
  });
}

/** A tensor of an expected.json: NaN, infinities and large integers are written as texts. */
export interface StoredTensor {
  dtype: string;
  shape: number[];
  data: (number | string | boolean)[];
}

export const numbersOf = ({ data }: StoredTensor): number[] => data.map(Number);

/** Integers of any width, and booleans, as int32. */
export function storedTensor({ dtype, shape, data }: StoredTensor): Tensor {
  const own = dtype === "float32" || dtype === "float64" ? dtype : "int32";
  return tensor(Array.from(data, Number), { shape, dtype: own });
}

/** The largest difference; infinity for another shape. */
export function apart(found: Tensor, expected: StoredTensor): number {
  const data = found.data();
  if (JSON.stringify(found.shape) !== JSON.stringify(expected.shape)) return Infinity;
  return expected.data.reduce<number>((most, value, i) => Math.max(most, Math.abs(data[i]! - Number(value))), 0);
}
