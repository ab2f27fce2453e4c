import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FileError } from "../../src/base/errors.js";
import { listRuns } from "../../src/runs/list-node.js";
import { recover } from "../../src/runs/recovery.js";
import { RunFolder } from "../../src/runs/run-folder-node.js";
import { runName } from "../../src/runs/run-name-node.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const { at } = temporaryFolder();
const one = Uint8Array.of(1);
const two = Uint8Array.of(2);
const three = Uint8Array.of(3);
const content = (name: string) => [...fs.readFileSync(at("run", name))];

/** The system, but for operations on a name that matches. */
function failingOn(pattern: RegExp, code = "ENOSPC") {
  const state = { isOn: true };
  const renameSync: typeof fs.renameSync = (from, to) => {
    if (state.isOn && pattern.test(String(to))) throw Object.assign(new Error(code), { code });
    fs.renameSync(from, to);
  };
  return { state, files: { ...fs, renameSync } };
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof FileError) return error.code;
    throw error;
  }
  return "nothing was thrown";
}

test.each([
  ["corpus.txt", "corpus"],
  ["a/b/Moby Dick.tar.gz", "Moby Dick"],
  ["a/b/", "b"],
  ["...", "run"],
  ["....txt", "run"],
  [".", "run"],
  ["..", "run"],
  ["/", "run"],
  ["", "run"],
  ["-", "run"],
  ["--.txt", "run"],
  [" ", "run"],
  [".txt", "txt"],
  ["..hidden.txt", "hidden"],
  ["../../..", "run"],
  ["한글.txt", "한글"],
])("the run of %j is called %j, which is a folder of its own", (file, name) => {
  expect(runName(file)).toBe(name);
  expect(join("runs", runName(file))).toBe(`runs/${name}`);
});

describe("the order of a save", () => {
  test("best, then what is told, then last", () => {
    const run = new RunFolder(at("run"));
    run.create({});
    run.save(["last", "best"], one);
    const seen: number[][] = [];
    run.save(["last", "best"], two, () => seen.push(content("best.safetensors"), content("last.safetensors")));
    run.unlock();
    expect(seen).toEqual([[2], [1]]);
    expect(content("last.safetensors")).toEqual([2]);
  });

  test("what failed to be written is written with the next save", () => {
    const { state, files } = failingOn(/safetensors$/);
    const run = new RunFolder(at("run"), files);
    expect(codeOf(() => run.save(["last", "best"], one))).toBe("ENOSPC");
    state.isOn = false;
    run.save(["last"], two);
    expect(content("last.safetensors")).toEqual([2]);
    expect(content("best.safetensors")).toEqual([1]);
  });

  test("as long as best cannot be written, last holds it, and what came later waits", () => {
    const { state, files } = failingOn(/best/);
    const run = new RunFolder(at("run"), files);
    let told = 0;
    const save = (kinds: ("last" | "best")[], bytes: Uint8Array) => codeOf(() => run.save(kinds, bytes, () => told++));
    expect(save(["last"], one)).toBe("nothing was thrown");
    expect(save(["last", "best"], two)).toBe("ENOSPC");
    expect(content("last.safetensors")).toEqual([2]);
    expect(save(["last"], three)).toBe("ENOSPC");
    expect(content("last.safetensors")).toEqual([2]);
    expect(told).toBe(3);
    state.isOn = false;
    expect(save(["last"], three)).toBe("nothing was thrown");
    expect([content("best.safetensors"), content("last.safetensors")]).toEqual([[2], [3]]);
  });
});

describe("recovery", () => {
  const state = (step: number, bestStep: number | null = step) => ({ step, bestStep });
  test.each([
    ["nothing", null, null, -1, null],
    ["a whole run", state(60, 40), state(40), 60, { from: "last", rewrite: null, lost: null }],
    ["no validation yet", state(10, null), null, 10, { from: "last", rewrite: null, lost: null }],
    ["best alone, told of", null, state(20), 20, { from: "best", rewrite: "last", lost: null }],
    ["best alone, not told of", null, state(20), -1, { from: "best", rewrite: "last", lost: null }],
    ["best ahead, told of", state(20), state(40), 40, { from: "best", rewrite: "last", lost: null }],
    ["best ahead, not told of", state(20), state(40), 30, { from: "last", rewrite: null, lost: null }],
    ["best behind what last was", state(40), state(20), 40, { from: "last", rewrite: "best", lost: null }],
    ["best never written", state(40), null, 40, { from: "last", rewrite: "best", lost: null }],
    ["best gone", state(60, 40), null, 60, { from: "last", rewrite: null, lost: 40 }],
    ["best of before", state(60, 40), state(20), 60, { from: "last", rewrite: null, lost: 40 }],
  ] as const)("%s", (_, last, best, told, plan) => {
    expect(recover(last, best, told)).toEqual(plan);
  });

  test("the file is written again, and a line says so", () => {
    const run = new RunFolder(at("run"));
    run.create({});
    run.save(["last", "best"], Uint8Array.of(20));
    run.save(["last"], Uint8Array.of(40));
    const lines: string[] = [];
    run.onNotice = (line) => lines.push(line);
    const read = (path: string) => state(fs.readFileSync(path)[0]!);
    expect(run.recover(read, (found) => found)).toEqual(state(40));
    run.unlock();
    expect(content("best.safetensors")).toEqual([40]);
    expect(lines.join()).toContain("best.safetensors is written again from last.safetensors");
  });
});

test("a run of more lines than a call can have arguments goes on from its last whole one", () => {
  const run = new RunFolder(at("run"));
  run.create({});
  const lines = Array.from({ length: 200_000 }, (_, i) => `{"type":"report","step":${i + 1}}\n`);
  fs.writeFileSync(run.metrics.path, `${lines.join("")}{"type":"repo`);
  expect(run.metrics.lastStep).toBe(200_000);
  run.unlock();
});

describe("what others do to the folder in mid-run", () => {
  test("deleted, it is made anew with its config, and stays this writer's", () => {
    const run = new RunFolder(at("run"));
    const lines: string[] = [];
    run.onNotice = (line) => lines.push(line);
    run.create({ hidden: 8 });
    run.save(["last", "best"], one);
    fs.rmSync(at("run"), { recursive: true });
    expect(run.appendMetrics({ step: 1 })).toBeNull();
    run.save(["last"], two);
    expect(JSON.parse(fs.readFileSync(at("run/config.json"), "utf8"))).toEqual({ hidden: 8 });
    expect(fs.readdirSync(at("run")).sort()).toEqual([".lock", "config.json", "last.safetensors", "metrics.jsonl"]);
    expect(codeOf(() => new RunFolder(at("run")).lock())).toBe("locked");
    run.unlock();
    expect(lines).toEqual([expect.stringContaining("was gone: it is made anew")]);
  });

  test("taken by another writer, nothing more is written", () => {
    const run = new RunFolder(at("run"));
    run.create({});
    run.save(["last", "best"], one);
    fs.rmSync(at("run/.lock"));
    const other = new RunFolder(at("run"));
    other.lock();
    expect(codeOf(() => run.save(["last", "best"], two))).toBe("lock-lost");
    expect(run.appendMetrics({ step: 2 })?.code).toBe("lock-lost");
    expect([content("best.safetensors"), content("last.safetensors")]).toEqual([[1], [1]]);
    expect(fs.existsSync(at("run/metrics.jsonl"))).toBe(false);
    run.unlock();
    expect(fs.existsSync(at("run/.lock"))).toBe(true);
    other.unlock();
  });
});

test("another run that came and went where the folder was deleted is not written over", () => {
  const run = new RunFolder(at("run"));
  run.create({ hidden: 8 });
  fs.rmSync(at("run"), { recursive: true });
  const other = new RunFolder(at("run"));
  other.create({ hidden: 9 });
  other.save(["last", "best"], one);
  other.unlock();
  expect(codeOf(() => run.save(["last", "best"], two))).toBe("lock-lost");
  expect(codeOf(() => run.save(["last"], two))).toBe("lock-lost");
  expect([content("best.safetensors"), content("last.safetensors")]).toEqual([[1], [1]]);
  expect(fs.readdirSync(at("run"))).not.toContain(".lock");
});

test("what killed writers left half done is removed by the next one, and nothing else is", () => {
  fs.mkdirSync(at("run"));
  const left = [".last.safetensors.123-4.tmp", ".best.safetensors.0123456789abcdef.tmp", ".config.json.00.tmp"];
  const others = [".notes.tmp", ".mine.txt.00.tmp", "last.safetensors.tmp", ".lock.0011223344556677"];
  for (const name of [...left, ...others]) fs.writeFileSync(at("run", name), "");
  const run = new RunFolder(at("run"));
  run.lock();
  expect(fs.readdirSync(at("run")).sort()).toEqual([".lock", ...others].sort());
  fs.utimesSync(at("run/.lock.0011223344556677"), 0, 0);
  run.unlock();
  run.lock();
  run.unlock();
  expect(fs.readdirSync(at("run"))).not.toContain(".lock.0011223344556677");
});

test("what there is to start, to go on with, or neither", () => {
  const codes = (...files: string[]) => {
    fs.rmSync(at("run"), { recursive: true, force: true });
    fs.mkdirSync(at("run"));
    for (const name of files) fs.writeFileSync(at("run", name), "");
    const run = new RunFolder(at("run"));
    return [codeOf(() => run.checkFree()), codeOf(() => run.checkResumable())];
  };
  const fine = "nothing was thrown";
  expect(codes()).toEqual([fine, "no-run"]);
  expect(codes(".lock")).toEqual([fine, "no-run"]);
  expect(codes("config.json")).toEqual(["run-exists", fine]);
  expect(codes("best.safetensors")).toEqual(["run-exists", fine]);
  expect(codes("last.safetensors", "config.json")).toEqual(["run-exists", fine]);
  expect(codes("metrics.jsonl")).toEqual(["run-exists", "not-a-run"]);
});

test("lists runs, the latest first", () => {
  for (const name of ["a", "b", "c"]) {
    const run = new RunFolder(at(name));
    run.create({});
    run.unlock();
  }
  fs.mkdirSync(at("none"));
  fs.writeFileSync(at("file"), "");
  fs.utimesSync(at("a"), 10, 10);
  fs.utimesSync(at("b"), 30, 30);
  fs.utimesSync(at("c"), 20, 20);
  expect(listRuns(at())).toEqual([at("b"), at("c"), at("a")]);
  expect(listRuns(at("nowhere"))).toEqual([]);
});
