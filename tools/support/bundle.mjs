// What Node loads: the entry points and the command line in a few files instead of hundreds, which halves the time of an import.
// Bundlers take the modules in dist/ themselves, and leave out what a page does not use.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
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

/** The kernels inside the package as files, for who serves them. Their names are those of src/engine/given-kernels.ts. */
export async function writeKernels(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { kernelBytes } = await import(pathToFileURL(resolve("dist/engine/wasm/loader.js")).href);
  for (const variant of ["relaxed", "simd"]) {
    writeFileSync(join(folder, `${variant}.wasm`), kernelBytes(variant, false));
    writeFileSync(join(folder, `${variant}-threads.wasm`), kernelBytes(variant, true));
  }
}

/** Style sheets as modules that put themselves into the page: one file is all that a report takes with it. */
const stylesInScript = {
  name: "styles-in-script",
  resolveId(source, importer) {
    if (!source.endsWith(".css") || importer === undefined) return null;
    return `\0style:${resolve(dirname(importer), source)}.js`;
  },
  load(id) {
    if (!id.startsWith("\0style:")) return null;
    const text = readFileSync(id.slice("\0style:".length, -".js".length), "utf8").replace(/\s+/g, " ");
    const code = `const style = document.createElement("style"); style.textContent = ${JSON.stringify(text)}; document.head.append(style);`;
    return { code, moduleSideEffects: true };
  },
};

/** What draws the scores of a report, in one file without imports: `inspect --html` puts it into its pages. */
export async function bundleViewer(file, input = "studio/src/report/main.tsx") {
  const bundle = await rolldown({
    input,
    plugins: [stylesInScript],
    resolve: {
      alias: { "unrolled/svg": resolve("src/svg/index.ts") },
      extensionAlias: { ".js": [".ts", ".tsx", ".js"] },
    },
    tsconfig: "studio/tsconfig.json",
    platform: "browser",
    logLevel: "warn",
  });
  await bundle.write({ file, format: "iife", minify: true });
  await bundle.close();
}
