import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { startWorker } from "../../../src/engine/wasm/worker-thread.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const { at } = temporaryFolder();

/** In place of an addon: takes its time, and leaves a file where it begins and where it is done. */
beforeEach(() => {
  const file = (name: string) => `require("node:fs").writeFileSync(${JSON.stringify(at(name))}, "");`;
  const wait = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);";
  writeFileSync(at("addon.cjs"), `${file("begun")}\n${wait}\n${file("done")}\n`);
});

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function start() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const blas = { source: "() => () => {}", koffi: at("addon.cjs"), library: { file: "", oneThread: [] } };
  const data = { module: {} as never, memory: memory as never, thread: 1, blas };
  return startWorker(data, { started() {}, lost() {} });
}

test("a worker is not ended while it loads an addon, nor does it begin to after", async () => {
  const loading = start();
  while (!existsSync(at("begun"))) sleep(5);
  expect(existsSync(at("done"))).toBe(false);
  const ended = loading.terminate();
  expect(existsSync(at("done"))).toBe(true);
  await ended;
});

test("a worker that is ended before it loads does not begin to", async () => {
  await start().terminate();
  expect(existsSync(at("begun"))).toBe(false);
});

test.each([
  ["exit", 7],
  ["throw", 1],
  ["nothing left to do", 7],
])("nor does the end of the process end it: %s", (how, status) => {
  const argv = ["test/engine/wasm/loading-worker.mjs", at("addon.cjs"), at("begun"), how];
  const ended = spawnSync(process.execPath, argv, { encoding: "utf8" });
  expect(ended.status).toBe(status);
  expect(existsSync(at("done"))).toBe(true);
});
