import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { afterEach, describe, expect, test, vi } from "vitest";
import { BlasEngine } from "../../../src/engine/blas/blas-engine.js";
import { hasRelaxedSimd, hasSharedMemory, hasSimd, load } from "../../../src/engine/wasm/loader.js";
import { OP_NOTHING, OP_STALL } from "../../../src/engine/wasm/ops.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { jsBlas } from "../blas/engines.js";
import { Bench, product } from "./kernel-runs.js";

const engines: WasmEngine[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function startedEngine(threads: number): Promise<WasmEngine> {
  const engine = new WasmEngine({ threads, worthSharing: 0 });
  engines.push(engine);
  await engine.startThreads();
  expect(engine.describe()).toEqual({ name: "wasm", variant: "relaxed-simd", threads });
  return engine;
}

/** 2 threads, of which the worker's products are made by this code. */
function engineWithBlas(workerSource: string): WasmEngine {
  const blas = jsBlas();
  const forWorkers = { ...blas.forWorkers, source: workerSource };
  const engine = new BlasEngine(
    { name: blas.name, forWorkers, bind: (memory) => blas.bind(memory) },
    { threads: 2, worthSharing: 0 },
  );
  engines.push(engine);
  return engine;
}

class RefusedWorker {
  constructor() {
    throw new Error("not allowed.");
  }
}

class SilentWorker {
  on(): void {}
  unref(): void {}
  terminate(): void {}
}

/** Instead of Node's worker threads. */
function stubWorkers(Worker: unknown): void {
  const { getBuiltinModule } = process;
  vi.spyOn(process, "getBuiltinModule").mockImplementation(((name: string) =>
    name === "node:worker_threads" ? { Worker } : getBuiltinModule(name)) as typeof getBuiltinModule);
}

function warnings(): unknown[][] {
  return vi.spyOn(console, "warn").mockImplementation(() => {}).mock.calls;
}

/** 2 · 3 on this engine. */
function six(engine: WasmEngine): number {
  const operand = (value: number) => {
    const buffer = engine.alloc("float32", 1);
    engine.write(buffer, [value]);
    return { buffer, offset: 0, shape: [1, 1], strides: [1, 1] };
  };
  const out = operand(0);
  engine.matmul(out, operand(2), operand(3));
  return engine.readSync(out.buffer)[0]!;
}

describe("worker pool", () => {
  test("raises an error when a worker stalls with work in hand, then goes on alone", async () => {
    const engine = await startedEngine(2);
    engine.core.pool!.timeoutMs = 50;
    expect(() => {
      // The stalling parts are for workers only, and this thread gives them time.
      for (let i = 0; i < 50; i++) engine.core.launch(OP_STALL, 4);
    }).toThrow(/^worker pool: .*, got no answer for 0.05 s\. The engine goes on with one thread/);
    expect(engine.core.pool!.broken).toBe(true);
    expect(engine.core.parts(1e9)).toBe(1);
    expect(six(engine)).toBe(6);
  });

  test("raises an error when a worker has ended, then goes on alone", async () => {
    const engine = await startedEngine(3);
    await engine.core.pool!.workers[0]!.terminate();
    await new Promise((r) => setTimeout(r, 20));
    expect(() => engine.core.launch(OP_NOTHING, 3)).toThrow(/^worker pool: .*, got a worker that ended/);
    expect(six(engine)).toBe(6);
  });

  test("raises an error at once when a kernel fails in a worker, then goes on alone", async () => {
    const engine = engineWithBlas(`() => () => { throw new Error("broken") }`);
    await engine.startThreads();
    expect(() => {
      for (let i = 0; i < 50; i++) product(new Bench(engine), 256, 240, 200, "nn");
    }).toThrow(/^worker pool: .*, got a kernel that failed in it\. The engine goes on with one thread/);
    expect(engine.describe()).toMatchObject({
      threads: 1,
      oneThreadBecause: "a worker thread was lost: a kernel that failed in it",
    });
    expect(six(engine)).toBe(6);
  });

  for (const [what, Worker, why] of [
    ["refuses", RefusedWorker, "Error: not allowed"],
    ["never answers", SilentWorker, "no answer for 0.02 s"],
  ] as const) {
    test(`goes on alone, with one line, where the platform ${what}`, async () => {
      stubWorkers(Worker);
      const said = warnings();
      const engine = new WasmEngine({ threads: 3, worthSharing: 0 });
      engine.core.pool!.startMs = 20;
      await Promise.all([engine.startThreads(), engine.startThreads()]);
      const oneThreadBecause = `a worker thread cannot be started: ${why}`;
      expect(engine.describe()).toMatchObject({ threads: 1, oneThreadBecause });
      expect(six(engine)).toBe(6);
      await engine.startThreads();
      expect(said).toEqual([[`unrolled: one thread is used, because ${oneThreadBecause}`]]);
    });
  }

  test("goes on alone, with one line, where a worker fails before it runs", async () => {
    const said = warnings();
    const engine = engineWithBlas(`() => { throw new Error("no library here") }`);
    await engine.startThreads();
    const oneThreadBecause = "a worker thread cannot be started: Error: no library here";
    expect(engine.describe()).toMatchObject({ threads: 1, oneThreadBecause });
    expect(six(engine)).toBe(6);
    expect(said).toEqual([[`unrolled: one thread is used, because ${oneThreadBecause}`]]);
  });

  test("runs the job at hand where the platform refuses in the middle of it", () => {
    stubWorkers(RefusedWorker);
    warnings();
    const engine = new WasmEngine({ threads: 3, worthSharing: 0 });
    const plain = new WasmEngine();
    const results = [engine, plain].map((engine) => {
      const bench = new Bench(engine);
      product(bench, 40, 50, 30, "nn");
      return bench.results();
    });
    expect(results[0]).toEqual(results[1]);
    expect(engine.core.pool!.broken).toBe(true);
  });

  test("has one thread where this one may not wait, and says so; a document alone is no reason", () => {
    vi.stubGlobal("document", {});
    expect(new WasmEngine({ threads: 2 }).describe().threads).toBe(2);
    vi.spyOn(Atomics, "wait").mockImplementation(() => {
      throw new TypeError("Atomics.wait cannot be called in this context");
    });
    const engine = new WasmEngine({ threads: 2 });
    expect(engine.describe()).toMatchObject({
      threads: 1,
      oneThreadBecause: "the main thread of a page may not wait: train in a Worker",
    });
    expect(six(engine)).toBe(6);
  });

  test("starts no worker before a kernel is worth it", () => {
    const engine = new WasmEngine({ threads: 4 });
    engines.push(engine);
    expect(six(engine)).toBe(6);
    expect(engine.core.pool!.workers.length).toBe(0);
  });

  test("keeps no process alive, and the process ends clean", async () => {
    const folder = mkdtempSync(join(tmpdir(), "unrolled-pool-"));
    try {
      const file = join(folder, "main.mjs");
      const bundle = await rolldown({ input: join(import.meta.dirname, "fixture-two-threads.ts") });
      await bundle.write({ file, format: "esm" });
      const { status, stdout, stderr } = spawnSync(process.execPath, [file], { timeout: 30_000, encoding: "utf8" });
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "1 worker\n", stderr: "" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("loader", () => {
  test("finds on this Node: vectors, relaxed vectors, shared memory", () => {
    expect([hasSimd(), hasRelaxedSimd(), hasSharedMemory()]).toEqual([true, true, true]);
  });

  test("takes the fastest build by default, the named one if asked, and shares memory only when asked", () => {
    expect(load()).toMatchObject({ variant: "relaxed", shared: false });
    expect(load({ variant: "simd", shared: true })).toMatchObject({ variant: "simd", shared: true });
    expect(new WasmEngine({ variant: "simd" }).describe()).toEqual({ name: "wasm", variant: "simd", threads: 1 });
  });

  test("falls back to one thread in a page that is not cross-origin isolated", () => {
    const scope = globalThis as { crossOriginIsolated?: boolean };
    scope.crossOriginIsolated = false;
    try {
      const engine = new WasmEngine({ threads: 4 });
      expect(engine.describe()).toMatchObject({
        threads: 1,
        oneThreadBecause: expect.stringMatching(/^memory cannot be shared here/),
      });
      expect(six(engine)).toBe(6);
    } finally {
      delete scope.crossOriginIsolated;
    }
  });
});
