import { currentEngine } from "../../../src/engine/select.js";
import { OP_NOTHING, OP_STALL } from "../../../src/engine/wasm/ops.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import * as unrolled from "../../../src/index.js";
import { patterns } from "../../../tools/rigs/memory-patterns.mjs";
import { runPattern } from "../../../tools/rigs/memory-run.mjs";
import { train } from "./train.js";

/** What was warned of since the last report. */
const warnings: string[] = [];
console.warn = (...parts: unknown[]) => void warnings.push(parts.join(" "));

function report() {
  const engine = currentEngine();
  const core = engine instanceof WasmEngine ? engine.core : undefined;
  return {
    engine: unrolled.engine(),
    shared: core?.loaded.shared,
    /** Parts of kernels that workers have done. */
    helped: core?.pool?.helped ?? 0,
    warnings: warnings.splice(0),
  };
}

/** Shared jobs until a worker has done a part of one: on a busy machine it may come late. */
function untilHelped({ core }: WasmEngine): number {
  const end = performance.now() + 10_000;
  while (core.pool!.helped === 0 && performance.now() < end) core.launch(OP_NOTHING, 256);
  return core.pool!.helped;
}

function messageOf(body: () => void): string {
  try {
    body();
    return "no error";
  } catch (error) {
    return String(error);
  }
}

/** What the tests ask a page or its worker to do: plain data in, plain data out. */
export const commands = {
  async start({ threads }: { threads: number }) {
    unrolled.configure({ threads });
    await unrolled.startThreads();
    return report();
  },

  /** With kernels that the page fetches, compiled while they arrive. */
  async startStreaming({ threads }: { threads: number }) {
    const file = unrolled.kernelFile();
    const kernels = await WebAssembly.compileStreaming(fetch(new URL(file, location.href)));
    unrolled.configure({ threads, kernels });
    await unrolled.startThreads();
    return { file, ...report() };
  },

  /** @param cores what the browser is made to say that it has */
  threadsByDefault({ cores }: { cores?: number }) {
    if (cores !== undefined)
      Object.defineProperty(navigator, "hardwareConcurrency", { value: cores, configurable: true });
    unrolled.configure({});
    return { cores: navigator.hardwareConcurrency, threads: unrolled.engine().threads };
  },

  /** @param without  what the browser is made to lack */
  async saveAndLoad({ path, without }: { path: string; without?: "createWritable" | "storage" }) {
    if (without === "createWritable") Reflect.deleteProperty(FileSystemFileHandle.prototype, without);
    if (without === "storage") Object.defineProperty(navigator, "storage", { value: undefined, configurable: true });
    const [one, other] = [new unrolled.nn.GRU(2, 3), new unrolled.nn.GRU(2, 3)];
    const failed = await unrolled.load(path, other).then(() => "no error", String);
    for (let time = 0; time < 2; time++) await unrolled.save(path, one);
    await unrolled.load(path, other);
    await unrolled.saveCheckpoint(`${path}.last`, { model: one, step: 3 });
    const { step } = await unrolled.loadCheckpoint(`${path}.last`, { model: other, step: 0 });
    const numbers = (module: unrolled.Module) => module.parameters().map((p) => [...p.data()]);
    const databases = (await indexedDB.databases()).map(({ name }) => name);
    return { failed, step, same: JSON.stringify(numbers(one)) === JSON.stringify(numbers(other)), databases };
  },

  train({ steps }: { steps: number }) {
    return { losses: train(steps), ...report() };
  },

  /** Steps again and again, until a worker has had a part in it. */
  trainUntilHelped({ steps }: { steps: number }) {
    for (let tries = 1; ; tries++) {
      const losses = train(steps);
      const found = report();
      if (found.helped > 0 || tries === 50) return { losses, ...found };
    }
  },

  /** Trains at once, and never gives the browser time to start threads. */
  trainWithoutStart({ threads, steps }: { threads: number; steps: number }) {
    unrolled.configure({ threads });
    (currentEngine() as WasmEngine).core.pool!.patienceMs = 0;
    return { losses: train(steps), ...report() };
  },

  /** The engine's worker stalls with work in hand, or is ended while it has none. */
  async loseWorker({ stalls }: { stalls: boolean }) {
    const engine = new WasmEngine({ threads: 2, worthSharing: 0 });
    await engine.startThreads();
    const pool = engine.core.pool!;
    pool.timeoutMs = 50;
    if (!stalls) pool.workers[0]!.terminate();
    const message = messageOf(() => {
      // The stalling parts are for workers only, and this thread gives them time.
      for (let i = 0; i < 50; i++) engine.core.launch(stalls ? OP_STALL : OP_NOTHING, 4);
    });
    engine.core.launch(OP_NOTHING, 4);
    return { message, engine: engine.describe() };
  },

  /** Runs patterns of the memory rig, and says what is over its bound, as far as the engine knows. */
  async memoryPatterns({ names }: { names: string[] }) {
    unrolled.configure({ threads: 1 });
    const over: string[] = [];
    for (const pattern of patterns(unrolled).filter(({ name }) => names.includes(name))) {
      const { peak, bound } = await runPattern(unrolled, pattern, () => unrolled.memory().reserved);
      if (peak >= bound) over.push(pattern.name);
    }
    return { over };
  },

  /** Several engines, each with its own memory and workers, that take turns. */
  async engines({ threads }: { threads: number[] }) {
    const engines = threads.map((n) => new WasmEngine({ threads: n, worthSharing: 0 }));
    await Promise.all(engines.map((engine) => engine.startThreads()));
    const helped = engines.map(untilHelped);
    const threadsOf = engines.map((engine) => engine.describe().threads);
    for (const engine of engines) engine.close();
    return { helped, threads: threadsOf };
  },
};

export type Commands = typeof commands;
export type Answer<K extends keyof Commands> = Awaited<ReturnType<Commands[K]>>;
