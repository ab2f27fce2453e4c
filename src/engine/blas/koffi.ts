/** The part of koffi that is used: an optional peer dependency, reached at run time so that nothing needs it. */
import { builtin } from "../../base/builtin.js";
import { isForbidden } from "../../base/environment.js";

export interface KoffiLibrary {
  /** @throws when there is no such symbol */
  func(declaration: string): (...values: unknown[]) => unknown;
  unload(): void;
}

export interface Koffi {
  /** @param path null for what the process has loaded already */
  load(path: string | null): KoffiLibrary;
  address(array: Uint8Array): bigint;
}

/**
 * koffi and where it lies: beside this package, or in the project that runs.
 * @returns undefined where it is not installed, no Node is, or Deno does not allow it
 */
export function findKoffi(): { koffi: Koffi; path: string } | undefined {
  const module = builtin<{ createRequire(from: string): NodeJS.Require }>("node:module");
  if (module === undefined || isForbidden("ffi") || isForbidden("read")) return undefined;
  for (const from of [import.meta.url, `${process.cwd()}/package.json`]) {
    try {
      const require = module.createRequire(from);
      const path = require.resolve("koffi");
      return { koffi: require(path) as Koffi, path };
    } catch {
      // not there, or not for this platform
    }
  }
  return undefined;
}
