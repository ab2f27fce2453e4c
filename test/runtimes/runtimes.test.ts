import { beforeAll, describe, expect, test } from "vitest";
import { RUNTIMES } from "../../tools/support/runtimes.mjs";

/** A part of what `npm run runtimes` runs. */
const OPTIONS = { every: 60, steps: 20, threads: 2 };
const LIMIT_MS = 180_000;

describe("the built package", () => {
  let [fused, plain]: number[][] = [];

  beforeAll(async () => {
    const alone = { ...OPTIONS, every: 0, threads: 1 };
    [fused, plain] = await Promise.all(
      [false, true].map(async (isPlain) => (await RUNTIMES[0]!.run({ ...alone, isPlain })).losses),
    );
    expect(fused!.at(-1)).toBeLessThan(fused![0]!);
    expect(plain).not.toEqual(fused);
  }, LIMIT_MS);

  for (const { name, threads, fuses, missing, run } of RUNTIMES) {
    const none = name.startsWith("Firefox") ? "skip: it takes minutes; npm run runtimes has it" : missing();
    test.skipIf(none !== undefined)(
      `${name}: kernels conform, and losses have the bits of one thread of this Node${none ? `, ${none}` : ""}`,
      async () => {
        const report = await run(OPTIONS);
        expect(report.conformance.failed).toEqual([]);
        expect(report.conformance.passed).toBeGreaterThan(150);
        expect(report.losses).toEqual(fuses ? fused : plain);
        expect([report.engine, report.threads]).toEqual(["wasm", threads ? 2 : 1]);
        expect([report.helped > 0, report.conformance.helped > 0]).toEqual([threads, threads]);
      },
      LIMIT_MS,
    );
  }
});

test("the reference engine learns from the same losses, to rounding", async () => {
  const [wasm, reference] = await Promise.all(
    (["wasm", "reference"] as const).map((engine) => RUNTIMES[0]!.run({ every: 0, steps: 6, threads: 1, engine })),
  );
  for (const [i, loss] of wasm!.losses.entries()) expect(loss).toBeCloseTo(reference!.losses[i]!, 4);
}, 180_000);
