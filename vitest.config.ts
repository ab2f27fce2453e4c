import { defineConfig } from "vitest/config";
import { TestOrder, testWorlds } from "./tools/support/test-worlds.mjs";

const source = (path: string): string => new URL(`./src/${path}`, import.meta.url).pathname;
const { shared } = testWorlds(new URL(".", import.meta.url).pathname);

/** What holds for all tests. */
export const COMMON = {
  // Examples import the package by its name; tests run them on its source.
  resolve: {
    alias: {
      "unrolled/data": source("data/with-readers.ts"),
      "unrolled/layers": source("layers/index.ts"),
      "unrolled/interchange": source("interchange/index.ts"),
      "unrolled/serve": source("serve/index-node.ts"),
      "unrolled/svg": source("svg/index.ts"),
      "unrolled/tasks": source("tasks/index.ts"),
      unrolled: source("index.ts"),
    },
  },
  test: {
    pool: "threads",
    maxWorkers: 2,
    testTimeout: 60_000,
    // What a browser is waited for may take long on a busy machine; where it comes at once nothing is waited.
    expect: { poll: { timeout: 20_000 } },
    // Else it would follow what the machine has installed. For 256-bit kernels alone: tools/newer-nodes.
    env: { UNROLLED_ENGINE: process.env["UNROLLED_ENGINE"] ?? "wasm", UNROLLED_WASM256: "" },
  },
} as const;
export const REPORTERS = ["./tools/vitest-reporter.mjs"];

export default defineConfig({
  test: {
    reporters: REPORTERS,
    maxWorkers: COMMON.test.maxWorkers,
    sequence: { sequencer: TestOrder },
    projects: [
      { ...COMMON, test: { ...COMMON.test, name: "own", include: ["test/**/*.test.ts"], exclude: shared } },
      {
        ...COMMON,
        test: {
          ...COMMON.test,
          name: "shared",
          include: shared,
          isolate: false,
          setupFiles: ["test/support/shared-world.ts"],
        },
      },
    ],
  },
});
