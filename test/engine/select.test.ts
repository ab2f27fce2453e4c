import { afterEach, describe, expect, test, vi } from "vitest";
import { configure, currentEngine, engineInfo } from "../../src/engine/select.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("choice of the engine", () => {
  test("configure wins over the environment", () => {
    vi.stubEnv("UNROLLED_ENGINE", "wasm");
    configure({ engine: "reference" });
    expect(engineInfo()).toEqual({ name: "reference", variant: "typescript", threads: 1 });
    configure({ engine: "wasm", threads: 2 });
    expect(engineInfo()).toMatchObject({ name: "wasm", threads: 2 });
    expect(currentEngine()).toBe(currentEngine());
  });

  test("refuses what it does not know", () => {
    const options = (o: object) => () => configure(o);
    expect(options({ engine: "webgpu" })).toThrow(
      'configure: engine must be one of "blas", "wasm", "reference", got "webgpu".',
    );
    expect(options({ threads: 0 })).toThrow("configure: threads must be a positive integer, got 0. Use 1 to 256.");
    expect(options({ threads: 257 })).toThrow("configure: threads");
    expect(options({ thread: 2 })).toThrow(
      'configure: options must be only these: engine, threads, wasm256, kernels, got "thread".',
    );
  });

  test("reads UNROLLED_ENGINE and UNROLLED_THREADS, and refuses bad ones", async () => {
    const fresh = async () => {
      vi.resetModules();
      return await import("../../src/engine/select.js");
    };
    vi.stubEnv("UNROLLED_ENGINE", "reference");
    expect((await fresh()).engineInfo().name).toBe("reference");
    vi.stubEnv("UNROLLED_ENGINE", "wasm");
    vi.stubEnv("UNROLLED_THREADS", "3");
    expect((await fresh()).engineInfo()).toMatchObject({ name: "wasm", threads: 3 });
    vi.stubEnv("UNROLLED_THREADS", "two");
    await expect(fresh().then((m) => m.engineInfo())).rejects.toThrow(
      'engine: UNROLLED_THREADS must be a positive integer, got "two". Use 1 to 256.',
    );
    vi.stubEnv("UNROLLED_ENGINE", "gpu");
    await expect(fresh().then((m) => m.engineInfo())).rejects.toThrow("engine: UNROLLED_ENGINE must be one of");
  });
});
