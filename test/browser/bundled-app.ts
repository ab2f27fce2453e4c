import { join } from "node:path";
import { rolldown } from "rolldown";

/** One script without imports, as a bundler makes it: nothing lies beside it that a worker could be loaded from. */
export async function bundledApp(): Promise<string> {
  const input = join(import.meta.dirname, "app/main.ts");
  // The package's `sideEffects` speaks of dist/ alone.
  const bundle = await rolldown({ input, treeshake: false, logLevel: "silent" });
  const { output } = await bundle.generate({ format: "iife", name: "main" });
  await bundle.close();
  return output[0].code;
}

/** The page that loads it. */
export const PAGE = '<!doctype html><link rel="icon" href="data:,"><script src="app.js"></script>';
