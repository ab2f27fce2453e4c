import { defineConfig } from "vitest/config";
import { COMMON, REPORTERS } from "../vitest.config.js";
import { WIDE_TESTS } from "./support/tests.mjs";

/** The 256-bit kernels alone. They need a newer Node: `npm test -- test/engine/wasm` runs this with those of tools/newer-nodes. */
export default defineConfig({
  ...COMMON,
  test: {
    ...COMMON.test,
    reporters: REPORTERS,
    include: WIDE_TESTS.map((start) => `${start}*.test.ts`),
    // What has nothing to do with how kernels are compiled.
    exclude: ["test/engine/wasm/memory.test.ts", "test/engine/wasm/pool.test.ts"],
    // On V8 14.6 the kernels are for main threads alone.
    pool: "forks",
    env: { ...COMMON.test.env, UNROLLED_WASM256: "1" },
  },
});
