import { afterAll, beforeAll, describe } from "vitest";
import { configure, type EngineOptions } from "../../src/engine/select.js";

/** The choices of `configure()` under which the tensor layer must behave alike. */
const CHOICES: readonly (EngineOptions & { name: string })[] = [
  { name: "reference", engine: "reference", threads: 1 },
  { name: "wasm", engine: "wasm", threads: 1 },
];

/** Runs the tests once on every engine that tensors can live on. */
export function eachEngine(suite: (engine: string) => void): void {
  describe.each(CHOICES)("on $name", ({ name, ...options }) => {
    beforeAll(() => configure(options));
    afterAll(() => configure({ engine: "reference", threads: 1 }));
    suite(name);
  });
}
