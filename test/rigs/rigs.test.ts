import { existsSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { FileError } from "../../src/base/errors.js";
import { RunFolder } from "../../src/runs/run-folder-node.js";
import { aborts } from "../../tools/rigs/aborts.mjs";
import { crashes } from "../../tools/rigs/crash.mjs";
import { fileFaults } from "../../tools/rigs/faults.mjs";
import { powerLosses } from "../../tools/rigs/power-loss.mjs";
import { serves } from "../../tools/rigs/serve.mjs";
import { signals } from "../../tools/rigs/signals.mjs";
import { temporaryFolder } from "../support/temporary-folder.js";

/** Short forms of what `npm run rigs` does by hand. */
const { at } = temporaryFolder();

beforeAll(() => {
  if (!existsSync(resolve("dist/node/cli.js"))) throw new Error("dist/ is missing: run `npm run build` first");
});

test("power lost after any operation of a run, and what was not flushed lost or torn", () => {
  expect(powerLosses(RunFolder, { count: 1200, seed: 3, folder: at() })).toEqual({ cases: 1200, faults: [] });
});

test("the rig sees what a run folder that is wrong loses", () => {
  class LastFirst extends RunFolder {
    override save(kinds: readonly ("last" | "best")[], bytes: Uint8Array, tell?: () => void): void {
      super.save(["last"], bytes, tell);
      if (kinds.includes("best")) super.save(["best"], bytes);
    }
  }
  mkdirSync(at("rig"));
  const { faults } = powerLosses(LastFirst, { count: 400, seed: 3, folder: at("rig") });
  expect(faults.length).toBeGreaterThan(20);
});

test("every operation of a save fails in turn", () => {
  const { cases, faults } = fileFaults({ RunFolder, FileError }, { count: 150, seed: 3, folder: at() });
  expect([cases, faults]).toEqual([150, []]);
});

test("a run that is killed goes on", async () => {
  expect(await crashes({ count: 5, seed: 5, folder: at() })).toEqual({ cases: 5, faults: [] });
});

test("a server under load answers as the library does, and ends and starts again", async () => {
  expect(await serves({ count: 1500, seed: 2, folder: at() })).toEqual({ cases: 1500, faults: [] });
});

test("a signal at each phase saves", async () => {
  expect(await signals({ count: 6, seed: 4, folder: at() })).toEqual({ cases: 6, faults: [] });
});

test("a run that ends while its threads still start does not abort", async () => {
  expect(await aborts({ count: 4, folder: at() })).toEqual({ cases: 4, faults: [] });
});
