import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configure, type EngineOptions, engineInfo } from "../../src/engine/select.js";
import { type Tensor, tensor } from "../../src/tensor/index.js";
import { WIDE_ALONE } from "./builds.js";
import { type FixtureCase, type FixtureTensor, under } from "./fixtures.js";

const CONFIGURED: { name: string; options: EngineOptions; dtypes: ("float32" | "float64")[] }[] = WIDE_ALONE
  ? [{ name: "wasm, 256-bit", options: { engine: "wasm", threads: 2, wasm256: true }, dtypes: ["float32"] }]
  : [
      { name: "reference", options: { engine: "reference" }, dtypes: ["float32", "float64"] },
      { name: "wasm", options: { engine: "wasm", threads: 2 }, dtypes: ["float32"] },
    ];

/** One `describe` for each engine that users can choose, which is in use inside it. */
export function describeEngines(
  title: string,
  body: (dtypes: ("float32" | "float64")[], engine: string) => void,
): void {
  for (const { name, options, dtypes } of CONFIGURED) {
    describe(`${name}: ${title}`, () => {
      beforeAll(() => configure(options));
      // Whatever else the file tests does not depend on the last engine.
      afterAll(() => configure({ engine: WIDE_ALONE ? "wasm" : "reference", threads: 1 }));
      if (options.wasm256) test("the 256-bit kernels are in use", () => expect(engineInfo().variant).toBe("wasm-256"));
      body(dtypes, name);
    });
  }
}

/** A fixture's tensor on the engine in use. */
export function fromFixture({ data, shape }: FixtureTensor, requiresGrad = false): Tensor {
  return tensor(data, { shape, requiresGrad });
}

/** A state dict out of the tensors called `{prefix}.{name}`. */
export function stateFrom(found: FixtureCase<unknown>, prefix: string): Map<string, Tensor> {
  return new Map(Object.entries(under(found, prefix)).map(([name, value]) => [name, fromFixture(value)]));
}
