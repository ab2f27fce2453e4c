import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Modules that must run though nothing of them is imported: they give tensors their methods. */
const ACTS = /\/src\/(index|(tensor|autograd)\/(index|methods(\/[\w-]+)?))\.ts$/;

/**
 * The library from its sources, as package.json says it of `dist/`: where a module has a twin for browsers that one is taken, and what
 * only acts stays.
 */
function librarySources(): Plugin {
  return {
    name: "library-sources",
    enforce: "pre",
    async resolveId(source, importer, options) {
      if (!source.startsWith(".") || importer === undefined) return null;
      const found = await this.resolve(source, importer, { ...options, skipSelf: true });
      if (found === null || !found.id.startsWith(at("../src/"))) return found;
      const twin = found.id.replace(/\.ts$/, "-browser.ts");
      return { ...found, id: existsSync(twin) ? twin : found.id, moduleSideEffects: ACTS.test(found.id) };
    },
  };
}

/** With these a browser lets the page and its workers share memory: threads. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  root: at("."),
  // Any host and any folder of it can serve the built site.
  base: "./",
  publicDir: false,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [librarySources()],
  resolve: {
    alias: [
      { find: /^unrolled$/, replacement: at("../src/index.ts") },
      { find: /^unrolled\/data$/, replacement: at("../src/data/with-readers.ts") },
      { find: /^unrolled\/(layers|interchange|svg|tasks)$/, replacement: at("../src/$1/index.ts") },
    ],
  },
  worker: { format: "es", plugins: () => [librarySources()] },
  build: {
    outDir: at("../dist/studio"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    // Fonts and pictures there are none; what little there is stays in its file.
    assetsInlineLimit: 0,
  },
  server: { host: "127.0.0.1", headers },
  preview: { host: "127.0.0.1", headers },
});
