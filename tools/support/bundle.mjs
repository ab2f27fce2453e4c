// What Node loads: the entry points and the command line in a few files instead of hundreds, which halves the time of an import.
// Bundlers take the modules in dist/ themselves, and leave out what a page does not use.

import { rmSync } from "node:fs";
import { rolldown } from "rolldown";

/** Reads what tsc wrote into dist/ and writes `folder`. */
export async function bundleForNode(folder, packages) {
  rmSync(folder, { recursive: true, force: true });
  const bundle = await rolldown({
    input: {
      index: "dist/index.js",
      data: "dist/data/with-readers.js",
      layers: "dist/layers/index.js",
      interchange: "dist/interchange/index.js",
      serve: "dist/serve/index-node.js",
      svg: "dist/svg/index.js",
      tasks: "dist/tasks/index.js",
      cli: "dist/cli/main.js",
    },
    external: packages,
    platform: "node",
    // Every module stays: the package's own `sideEffects` is for those who bundle it.
    treeshake: { moduleSideEffects: true },
    logLevel: "warn",
  });
  await bundle.write({ dir: folder, format: "esm", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" });
  await bundle.close();
}
