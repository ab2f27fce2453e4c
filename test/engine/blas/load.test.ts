import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { findKoffi } from "../../../src/engine/blas/koffi.js";
import { CANDIDATES } from "../../../src/engine/blas/libraries.js";
import { loadBlas } from "../../../src/engine/blas/load.js";
import { findBlas, SystemBlas } from "../../../src/engine/blas/system-blas.js";
import type { Sgemm } from "../../../src/engine/wasm/sgemm.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

type Functions = Readonly<Record<string, (...values: unknown[]) => unknown>>;

const CBLAS: Functions = { cblas_sgemm: () => undefined, cblas_isamax: () => 2 };

/** Libraries that are told by their files, and C's own; what is called is kept in order. */
function fakeKoffi(files: Readonly<Record<string, Functions>>) {
  const calls: string[] = [];
  const environment = new Map<string, string>();
  const libc: Functions = {
    getenv: (name) => environment.get(name as string) ?? null,
    setenv: (name, value) => environment.set(name as string, value as string),
    unsetenv: (name) => environment.delete(name as string),
  };
  const load = (path: string | null) => {
    const functions = path === null ? libc : files[path];
    if (functions === undefined) throw new Error("Failed to load shared library: cannot open shared object file");
    const func = (declaration: string) => {
      const name = /(\w+)\(/.exec(declaration)![1]!;
      if (functions[name] === undefined) throw new Error(`Cannot find function '${name}' in shared library`);
      return (...values: unknown[]) => {
        if (path !== null) calls.push(`${name}(${values.map(String).join(", ")})`);
        return functions[name]!(...values);
      };
    };
    return { func, unload: () => undefined };
  };
  return { koffi: { load, address: () => 4096n }, calls, environment };
}

const none = () => undefined;

describe("a library", () => {
  const FAMILIES: Readonly<Record<string, { has: Functions; calls: readonly string[] }>> = {
    OpenBLAS: { has: { openblas_set_num_threads: none }, calls: ["openblas_set_num_threads(1)"] },
    MKL: {
      has: { MKL_Set_Threading_Layer: none, MKL_Set_Interface_Layer: none, MKL_Set_Num_Threads_Local: none },
      calls: ["MKL_Set_Threading_Layer(1)", "MKL_Set_Interface_Layer(0)", "MKL_Set_Num_Threads_Local(1)"],
    },
    BLIS: {
      has: { bli_thread_set_num_threads: none, bli_thread_set_ways: none },
      calls: ["bli_thread_set_num_threads(1)", "bli_thread_set_ways(1, 1, 1, 1, 1)"],
    },
    Accelerate: { has: { BLASSetThreading: none }, calls: ["BLASSetThreading(1)"] },
    other: { has: {}, calls: [] },
  };

  for (const [family, { has, calls: expected }] of Object.entries(FAMILIES)) {
    test(`of family ${family} is known by its functions, and is asked for one thread before anything else, in every thread`, () => {
      const { koffi, calls } = fakeKoffi({ "libblas.so.3": { ...CBLAS, ...has } });
      const loaded = loadBlas(koffi, "libblas.so.3", "other");
      expect(loaded).toMatchObject({ name: family });
      expect(calls.slice(0, expected.length)).toEqual(expected);

      calls.length = 0;
      const { library } = loaded as Extract<typeof loaded, { name: string }>;
      const sgemm: Sgemm = new SystemBlas(family, koffi, "", library).bind({ buffer: new ArrayBuffer(8) } as never);
      expect(calls).toEqual(expected);
      sgemm(0, 1, 2, 3, 4, 0, 4, 16, 4, 0, 32, 3);
      expect(calls.at(-1)).toBe("cblas_sgemm(101, 111, 112, 2, 3, 4, 1, 4096, 4, 4112, 4, 0, 4128, 3)");
    });
  }

  test("is asked only what it has", () => {
    const { koffi, calls } = fakeKoffi({ a: { ...CBLAS, bli_thread_set_num_threads: none } });
    expect(loadBlas(koffi, "a", "")).toMatchObject({ name: "BLIS", library: { oneThread: [[expect.any(String), 1]] } });
    expect(calls).toEqual(["bli_thread_set_num_threads(1)", expect.stringMatching(/^cblas_isamax\(-4294967293, /)]);
  });

  const why = (functions: Functions, file = "libany.so", more: Readonly<Record<string, Functions>> = {}) =>
    loadBlas(fakeKoffi({ [file]: functions, ...more }).koffi, file, "");

  test("of 64-bit integers is refused, whatever its name", () => {
    expect(why({ ...CBLAS, cblas_isamax: () => 0 })).toEqual({
      why: "it was built for 64-bit integers; Unrolled calls the 32-bit interface",
      isMissing: false,
    });
    expect(why({ cblas_sgemm: none })).toHaveProperty("library");
  });

  test("that claims its buffers without locks is refused: OpenBLAS without threads", () => {
    const openblas = { ...CBLAS, openblas_set_num_threads: none };
    expect(why({ ...openblas, openblas_get_parallel: () => 0 })).toEqual({
      why: "it was built for one thread, and is wrong in several (Debian: apt install libopenblas0-openmp)",
      isMissing: false,
    });
    for (const parallel of [1, 2])
      expect(why({ ...openblas, openblas_get_parallel: () => parallel })).toHaveProperty("library");
  });

  test("without cblas_sgemm is not there, for one who did not name it", () => {
    expect(why({})).toEqual({ why: "it has no cblas_sgemm", isMissing: true });
  });

  test("MKL is refused where the parts are missing without which it ends the process", () => {
    const refused = (part: string) => ({
      why: `${part}, which it would end the process without, is not there`,
      isMissing: false,
    });
    const mkl = { ...CBLAS, MKL_Set_Threading_Layer: none };
    const [core, sequential] = ["/opt/lib/libmkl_core.so.2", "/opt/lib/libmkl_sequential.so.2"];
    const named = "/opt/lib/libmkl_rt.so.2";
    expect(why(mkl, named)).toEqual(refused("libmkl_core.so.2"));
    expect(why(mkl, named, { [core]: {} })).toEqual(refused("libmkl_sequential.so.2"));
    expect(why(mkl, named, { [core]: {}, [sequential]: {} })).toMatchObject({ name: "MKL" });
    expect(why(mkl, named, { "libmkl_core.so.2": {}, "libmkl_sequential.so.2": {} })).toMatchObject({ name: "MKL" });
    expect(why(mkl, "mkl_rt.2.dll")).toEqual(refused("mkl_core.2.dll"));
  });

  const setsVariables = process.platform === "linux";
  test.skipIf(!setsVariables)(
    setsVariables
      ? "that hides its functions reads BLIS_NUM_THREADS=1 at its first call; afterwards it is as it was"
      : "skip: variables are set on Linux alone",
    () => {
      for (const before of [undefined, "2"]) {
        const seen: unknown[] = [];
        const { koffi, environment } = fakeKoffi({
          a: { ...CBLAS, cblas_isamax: () => seen.push(environment.get("BLIS_NUM_THREADS")) + 1 },
        });
        if (before !== undefined) environment.set("BLIS_NUM_THREADS", before);
        expect(loadBlas(koffi, "a", "CBLAS")).toHaveProperty("library");
        expect(seen).toEqual(["1"]);
        expect(environment.get("BLIS_NUM_THREADS")).toBe(before);
      }
    },
  );
});

describe("the search", () => {
  const fileOf = (family: string): string =>
    CANDIDATES.find(({ name }) => name === family)?.files[process.platform]?.[0] ?? "";
  const [openblas, mkl, cblas] = ["OpenBLAS", "MKL", "CBLAS"].map(fileOf) as [string, string, string];
  const here = mkl !== "";
  const unless = (title: string) => (here ? title : `skip: no names of libraries for ${process.platform}`);
  const search = (files: Readonly<Record<string, Functions>>, doubt?: (blas: { name: string }) => string | undefined) =>
    findBlas(undefined, doubt, { koffi: fakeKoffi(files).koffi, path: "" });

  test.skipIf(!here)(unless("takes the first library that is neither refused nor doubted"), () => {
    const wide = { ...CBLAS, cblas_isamax: () => 0 };
    expect(search({ [openblas]: CBLAS, [cblas]: CBLAS })).toMatchObject({ blas: { name: "OpenBLAS" } });
    expect(search({ [openblas]: wide, [cblas]: CBLAS })).toMatchObject({ blas: { name: "CBLAS" } });
    const doubt = ({ name }: { name: string }) => (name === "OpenBLAS" ? "it is slow" : undefined);
    expect(search({ [openblas]: CBLAS, [cblas]: CBLAS }, doubt)).toMatchObject({ blas: { name: "CBLAS" } });
  });

  test.skipIf(!here)(unless("says what was wrong with the first, and nothing of what is not installed"), () => {
    const all = search({ [openblas]: CBLAS, [cblas]: CBLAS }, ({ name }) => `${name} is slow`);
    expect(all).toEqual({ none: `${openblas} (OpenBLAS): OpenBLAS is slow`, isWorthSaying: true });
    for (const files of [{}, { [cblas]: {} }] as Readonly<Record<string, Functions>>[]) {
      expect(search(files)).toEqual({ none: expect.stringMatching(/^none of .* is installed/), isWorthSaying: false });
    }
  });
});

const koffi = findKoffi();
const onLinux = koffi !== undefined && process.platform === "linux";
const reason = koffi === undefined ? "koffi is not installed" : "other systems' loaders have other words";

describe("UNROLLED_BLAS that is of no use", () => {
  const folder = temporaryFolder();
  const CASES: Readonly<Record<string, () => [path: string, why: RegExp]>> = {
    "a path where nothing is": () => ["/nowhere/libblas.so", /^there is no such file$/],
    "a name that the loader does not find": () => [
      "libnowhere.so",
      /^the system's loader finds no library of that name$/,
    ],
    "a folder": () => [folder.at(), /^cannot read file data: Is a directory$/],
    "a text": () => {
      const path = folder.at("text.so");
      writeFileSync(path, "not a library\n");
      return [path, /^(file too short|invalid ELF header)$/];
    },
    "a library without CBLAS": () => ["libm.so.6", /^it has no cblas_sgemm$/],
  };

  test("a library that is there, without one that it needs: the words are those of a missing file", () => {
    const path = folder.at("libatlas.so");
    writeFileSync(path, "");
    expect(loadBlas(fakeKoffi({}).koffi, path, "")).toEqual({
      why: expect.stringMatching(/^a library that it needs is not there/),
      isMissing: false,
    });
  });

  for (const [what, make] of Object.entries(CASES)) {
    test.skipIf(!onLinux)(onLinux ? `${what}: one line says why` : `skip: ${reason}`, () => {
      const [path, why] = make();
      const found = findBlas(path);
      expect(found).toEqual({ none: expect.stringMatching(/^UNROLLED_BLAS=[^\n]*$/), isWorthSaying: true });
      expect((found as { none: string }).none.slice(`UNROLLED_BLAS=${path}: `.length)).toMatch(why);
    });
  }
});
