import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["./tools/vitest-reporter.mjs"],
    pool: "threads",
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
