// The suite of test/runtimes/app as one script for every runtime, made of the built package.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { rolldown } from "rolldown";
import { root } from "./process.mjs";

const app = join(root, "test/runtimes/app");
const sources = join(root, "src/");

/** What the tests import of src/ is taken from dist/, and Vitest is the part of it that they use. */
const builtPackage = {
  name: "built-package",
  resolveId(id, importer) {
    if (id === "vitest") return join(app, "vitest-part.ts");
    if (importer === undefined || !id.startsWith(".")) return null;
    const path = resolve(importer, "..", id);
    return path.startsWith(sources) ? join(root, "dist", path.slice(sources.length)) : null;
  },
};

/** @type {Promise<string> | undefined} */
let made;

/** @returns an ES module without imports, made once */
export function runtimeSuite() {
  made ??= bundled();
  return made;
}

async function bundled() {
  if (!existsSync(join(root, "dist/index.js"))) throw new Error("dist/index.js is missing: run `npm run build` first");
  const input = join(app, "main.ts");
  const bundle = await rolldown({
    input,
    platform: "browser",
    external: /^node:/,
    plugins: [builtPackage],
    tsconfig: false,
    logLevel: "silent",
  });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  return output[0].code;
}
