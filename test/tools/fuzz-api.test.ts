import { expect, test, vi } from "vitest";
import * as unrolled from "../../src/index.js";
import * as layers from "../../src/layers/index.js";
import { fuzzApi } from "../../tools/fuzz/api.mjs";

// Some 15 s of a quiet core; the limit is for busy ones.
test("20,000 drawn calls of everything public raise our errors alone, and leave products and memory right", async () => {
  // A scaler says that drawn columns never change.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const result = await fuzzApi({ unrolled, layers }, { calls: 20_000, seed: 1 });
  const findings: { call: number; target: string; fault: unknown }[] = result.findings;
  expect(findings.map(({ call, target, fault }) => `${call} ${target}: ${fault}`)).toEqual([]);
  // Both ways are taken: enough calls are refused, and enough are not.
  expect(result.targets).toBeGreaterThan(1000);
  expect(result.throws).toBeGreaterThan(5000);
  expect(result.calls - result.throws).toBeGreaterThan(5000);
}, 300_000);
