import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { namesWideTests, WIDE_TESTS } from "../../tools/support/tests.mjs";

test.each(WIDE_TESTS)("%s begins the path of a test", (start) => {
  const folder = start.endsWith("/") ? start.slice(0, -1) : dirname(start);
  const files = readdirSync(folder).map((name) => `${folder}/${name}`);
  expect(files.filter((file) => file.startsWith(start) && file.endsWith(".test.ts"))).not.toEqual([]);
});

test("newer Nodes run their tests unless other ones are named", () => {
  const named = (...args: string[]) => namesWideTests(args);
  expect([named(), named("-t", "lstm"), named("./test"), named("."), named("test/engine", "-t", "lstm")]).not.toContain(
    false,
  );
  expect(named("test/nn/losses.test.ts", "test/engine/wasm/math.test.ts")).toBe(true);
  expect([named("test/tools"), named("test/nn/losses.test.ts", "-t", "lstm")]).not.toContain(true);
});
