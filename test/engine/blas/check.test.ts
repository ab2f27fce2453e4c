import { afterEach, describe, expect, test, vi } from "vitest";
import { doubtAboutBlas } from "../../../src/engine/blas/check.js";
import { betterCore } from "../../../src/engine/blas/libraries.js";
import { findBlas } from "../../../src/engine/blas/system-blas.js";
import { jsBlas, noSystemBlas, systemBlas } from "./engines.js";

describe("the check of a BLAS before it is trusted", () => {
  test("finds every kind of wrong product, and says which", () => {
    // m and n by place: a library for 64-bit integers, or one that is not what its name says, does worse
    const broken = {
      "one k too few": jsBlas((args) => args.with(4, args[4] - 1) as typeof args),
      "A is never transposed": jsBlas((args) => args.with(0, 0) as typeof args),
      "B is never transposed": jsBlas((args) => args.with(1, 0) as typeof args),
      "C is forgotten": jsBlas((args) => args.with(9, 0) as typeof args),
      "the last row is left out": jsBlas((args) => args.with(2, args[2] - 1) as typeof args),
    };
    for (const [what, blas] of Object.entries(broken)) {
      expect(doubtAboutBlas(blas), what).toMatch(/^its product \[\d+, \d+\]ᵀ? · \[\d+, \d+\]ᵀ? is off by [\d.e-]+$/);
    }
  });

  test("finds a result that is not a number", () => {
    // beta that is NaN, where C is kept
    const poisoned = jsBlas((args) => args.with(9, args[9] === 1 ? Number.NaN : 0) as typeof args);
    expect(doubtAboutBlas(poisoned)).toMatch(/ is off by NaN$/);
  });

  test("takes an exception for a doubt", () => {
    const throwing = jsBlas(() => {
      throw new Error("no such instruction");
    });
    expect(doubtAboutBlas(throwing)).toBe("no such instruction");
  });

  test("does not take one that is right but slower than our own kernels", () => {
    expect(doubtAboutBlas(jsBlas())).toMatch(/^it makes \d+ GFLOP\/s, less than 1\.1 times WebAssembly's \d+$/);
  });

  test.skipIf(noSystemBlas !== undefined)(
    noSystemBlas === undefined ? "finds nothing wrong in the system's" : `skip: ${noSystemBlas}`,
    () => {
      expect(doubtAboutBlas(systemBlas()) ?? "it makes").toMatch(/^it makes/);
    },
  );
});

describe("kernels of OpenBLAS for a processor that it does not know", () => {
  const avx512 = ["sse", "avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl"];

  test("are chosen by what the processor has", () => {
    expect(betterCore("Prescott", avx512)).toBe("SkylakeX");
    expect(betterCore("Prescott", ["sse", "avx2", "fma"])).toBe("Haswell");
    expect(betterCore("Core2", ["sse", "avx2"])).toBeUndefined();
  });

  test("stay when it knew it", () => {
    for (const known of ["Haswell", "Zen", "SkylakeX", "Cooperlake", "Sandybridge", "ARMV8"]) {
      expect(betterCore(known, avx512)).toBeUndefined();
    }
  });
});

describe("the choice of blas", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  const fresh = async () => {
    vi.resetModules();
    return await import("../../../src/engine/select.js");
  };

  test("says why a library is not used, once, and goes on with wasm", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    vi.stubEnv("UNROLLED_ENGINE", "blas");
    vi.stubEnv("UNROLLED_BLAS", "/nowhere/libblas.so");
    const { configure, engineInfo } = await fresh();
    expect(engineInfo().name).toBe("wasm");
    configure({ threads: 1 });
    expect(engineInfo()).toMatchObject({ name: "wasm", threads: 1 });
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toMatch(
      /^unrolled: the system's BLAS is not used: UNROLLED_BLAS=\/nowhere\/libblas\.so: /,
    );
    expect(warn.mock.calls[0]![0]).not.toContain("\n");
  });

  test("does not take a library without cblas_sgemm", () => {
    const found = findBlas(process.platform === "linux" ? "libm.so.6" : "/nowhere");
    expect("none" in found && found.none).toMatch(/no cblas_sgemm|nowhere/);
  });

  test("is refused by UNROLLED_ENGINE=wasm, without a word", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    vi.stubEnv("UNROLLED_ENGINE", "wasm");
    vi.stubEnv("UNROLLED_BLAS", "/nowhere/libblas.so");
    expect((await fresh()).engineInfo().name).toBe("wasm");
    expect(warn).not.toHaveBeenCalled();
  });
});
