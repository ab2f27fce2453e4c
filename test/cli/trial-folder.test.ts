import { existsSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { TrialFolder } from "../../src/cli/search/trial-folder.js";
import { RunFolder } from "../../src/runs/run-folder-node.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const { at } = temporaryFolder();
const silent = { event: () => {}, sample: () => {}, warn: () => {} };

test("a training holds its folder until it is closed", () => {
  const run = new RunFolder(at("001"));
  run.create({});
  run.unlock();
  const trial = new TrialFolder(new RunFolder(at("001")), {}, silent);
  expect([trial.checkpoint, existsSync(at("001/.lock"))]).toEqual([null, true]);
  trial.close();
  expect(existsSync(at("001/.lock"))).toBe(false);
});

test.each(["last.safetensors", "best.safetensors"])("%s of nonsense: refused each time, and no lock stays", (name) => {
  const run = new RunFolder(at("001"));
  run.create({});
  run.unlock();
  writeFileSync(at("001", name), "nonsense");
  for (let tries = 0; tries < 2; tries++) {
    expect(() => new TrialFolder(new RunFolder(at("001")), {}, silent)).toThrow(name);
    expect(existsSync(at("001/.lock"))).toBe(false);
  }
});
