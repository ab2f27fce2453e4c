/**
 * The 256-bit variant: V8 on x64 can fuse adjacent pairs of 128-bit operations into one AVX2 operation, behind experimental flags.
 * They are set only while our module compiles, with all of it compiled at once, so no other code in the process is touched.
 */
import { builtin } from "../../base/builtin.js";
import { environment } from "../../base/environment.js";
import { type WasmModule, webAssembly } from "./webassembly.js";

/** The word that tells kernels to take two panels at once (see assembly/gemm.ts), as an index into an Int32Array. */
export const WIDE_WORD = 960 >> 2;

/** With this one V8 crashes when code of another thread is compiled meanwhile, so it is not used from a worker. */
const NO_INLINING = "--no-wasm-inlining";

const ALL_AT_ONCE = ["--experimental-wasm-revectorize", "--no-liftoff", "--no-wasm-lazy-compilation"];

/**
 * By version of V8: the flags to set while the kernels compile, or why it is excluded. A version that is not here was not tried, and is
 * not used: what goes wrong under experimental flags may end the process, which no check at load can catch.
 */
export const V8_VERSIONS: Readonly<Record<string, readonly string[] | string>> = {
  "12.4": "it has the flag without the effect",
  "13.6": ALL_AT_ONCE,
  // Without the last flag it ends the process: "Check failed: function_feedback != feedback.feedback_for_function.end()".
  "14.6": [...ALL_AT_ONCE, NO_INLINING],
};

/** Why the variant cannot be had here; undefined where it can. */
export function wideUnavailable(
  v8 = globalThis.process?.versions?.v8,
  arch = globalThis.process?.arch,
  isMain = builtin<{ isMainThread: boolean }>("node:worker_threads")?.isMainThread !== false,
): string | undefined {
  if (v8 === undefined || builtin("node:v8") === undefined) return "it needs Node";
  if (arch !== "x64") return `it needs an x64 processor, this is ${arch}`;
  const known = V8_VERSIONS[versionOf(v8)];
  if (known === undefined) return `V8 ${versionOf(v8)} was not tried; Node 24 is`;
  if (typeof known === "string") return `V8 ${versionOf(v8)} is excluded: ${known}`;
  return known.includes(NO_INLINING) && !isMain ? `V8 ${versionOf(v8)} may crash in a worker thread` : undefined;
}

/** Major and minor: 13.6 of 13.6.233.17-node.53. */
function versionOf(v8: string): string {
  return v8.split(".", 2).join(".");
}

/** Tests break a kernel of the variant through this, to see that the check at load finds it. */
export const wideHooks: { patch: ((bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) | null } = {
  patch: null,
};

/** Compiles with the flags on. What the user gave Node on its command line stays as it was. */
export function compileWide(bytes: Uint8Array<ArrayBuffer>): WasmModule {
  const v8 = builtin<{ setFlagsFromString(flags: string): void }>("node:v8")!;
  const given = [...(globalThis.process?.execArgv ?? []), ...nodeOptions()].map((flag) => flag.replaceAll("_", "-"));
  const flags = (V8_VERSIONS[versionOf(process.versions.v8)] as readonly string[]).filter(
    (flag) => !given.includes(flag),
  );
  for (const flag of flags) v8.setFlagsFromString(flag);
  try {
    return new webAssembly!.Module(wideHooks.patch ? wideHooks.patch(bytes) : bytes);
  } finally {
    for (const flag of flags) v8.setFlagsFromString(opposite(flag));
  }
}

function opposite(flag: string): string {
  return flag.startsWith("--no-") ? `--${flag.slice(5)}` : `--no-${flag.slice(2)}`;
}

function nodeOptions(): string[] {
  return environment("NODE_OPTIONS")?.split(/\s+/) ?? [];
}
