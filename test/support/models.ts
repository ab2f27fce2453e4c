import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "vitest";

/** Where models of others lie that tests are run on: not in the repository. */
const ROOT = process.env["UNROLLED_MODELS"] ?? join(import.meta.dirname, "../../../shared/models");

/** The path of a file of a model: `modelFile("g2p-en", "checkpoint20.npz")`. */
export function modelFile(...path: string[]): string {
  return join(ROOT, ...path);
}

export function modelBytes(...path: string[]): Uint8Array {
  return new Uint8Array(readFileSync(modelFile(...path)));
}

export function modelJson<T>(...path: string[]): T {
  return JSON.parse(readFileSync(modelFile(...path), "utf8")) as T;
}

/** Tests on a folder of models; skipped where there is none. */
export function describeModels(folder: string, title: string, body: () => void): void {
  if (existsSync(modelFile(folder))) describe(title, body);
  else test.skip(`${title} (skip: there is no ${folder}; UNROLLED_MODELS names the folder of models)`);
}

/** A tensor of an expected.json. */
export interface ExpectedTensor {
  dtype: string;
  shape: number[];
  data: (number | string | boolean)[];
}

/** Its numbers; NaN, infinities and large integers are written as texts. */
export function numbersOf({ data }: ExpectedTensor): number[] {
  return data.map(Number);
}
