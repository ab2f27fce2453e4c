import * as nodeFs from "node:fs";
import { expect, test } from "vitest";
import { workDone } from "../../../src/train/collective/work-node.js";

/** /proc of a process with the threads 10 and 12, of which 11 asks. Its files are as in proc(5). */
const FILES: Readonly<Record<string, string>> = {
  "/proc/self/task/10/stat": "10 (a (odd) R) S 1 10 10 0 -1 4194304 2000 0 3 0 70 5 0 0 20 0 11 0 100 200 300",
  "/proc/self/task/11/stat": "11 (node) R 1 10 10 0 -1 4194304 2000 0 3 0 900 900 0 0 20 0 11 0 100 200 300",
  "/proc/self/task/12/stat": "12 (node) D 1 10 10 0 -1 4194304 2000 0 3 0 8 0 0 0 20 0 11 0 100 200 300",
  "/proc/self/task/10/io":
    "rchar: 1\nwchar: 20\nsyscr: 7\nsyscw: 7\nread_bytes: 300\nwrite_bytes: 4000\ncancelled_write_bytes: 9\n",
  "/proc/self/task/11/io": "rchar: 5\nwchar: 5\nsyscr: 5\nsyscw: 5\nread_bytes: 5\nwrite_bytes: 5\n",
  "/proc/self/task/12/io": "rchar: 50000\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\n",
  "/proc/vmstat": "nr_free_pages 5\nnr_written 1234\nnr_dirtied 9\n",
};

const fsOf = (files: Readonly<Record<string, string>>) =>
  ({
    readlinkSync: () => "10/task/11",
    readdirSync: () => ["10", "11", "12"],
    readFileSync(path: string) {
      if (path in files) return files[path];
      throw new Error(`ENOENT: ${path}`);
    },
  }) as unknown as typeof nodeFs;

test("what a process did is the sum over its threads, without the one that asks", () => {
  expect(workDone(fsOf(FILES))).toEqual({ ticks: 83, bytes: 54_321, isReady: false, pages: 1234 });
  const ready = { ...FILES, "/proc/self/task/12/stat": FILES["/proc/self/task/12/stat"]!.replace(" D ", " R ") };
  expect(workDone(fsOf(ready))?.isReady).toBe(true);
});

test("a system that does not tell all of it tells nothing", () => {
  for (const path of Object.keys(FILES).filter((name) => !name.includes("/11/"))) {
    const { [path]: _, ...others } = FILES;
    expect(workDone(fsOf(others)), path).toBeNull();
  }
});

test.skipIf(process.platform !== "linux")("this system tells it (skip: elsewhere than on Linux)", () => {
  const found = workDone(nodeFs);
  expect(found?.bytes).toBeGreaterThan(0);
  expect(found?.ticks).toBeGreaterThan(0);
});
