import { describe, expect, test } from "vitest";
import { readOptions, UsageError } from "../../bench/options.mjs";

describe("the benchmark's command line", () => {
  test("takes the engines that there are, in every mode that has one", () => {
    for (const engine of ["wasm", "blas", "reference"]) {
      for (const mode of [[], ["--profile"], ["--cliffs"], ["--memory"], ["--against", "../other"]]) {
        expect(readOptions([...mode, "--engine", engine])).toMatchObject({ engine });
      }
    }
    expect(readOptions([])).toMatchObject({ mode: "alone", engine: undefined });
  });

  test("refuses any other, and says how 256 bits are asked for", () => {
    for (const engine of ["wasm-256", "WASM", ""]) {
      const read = () => readOptions(["--engine", engine]);
      expect(read).toThrow(UsageError);
      expect(read).toThrow(
        `--engine must be one of wasm, blas, reference, got ${JSON.stringify(engine)}. 256-bit vectors are a variant of wasm: UNROLLED_WASM256=1, on Node 24 or later.`,
      );
    }
  });
});
