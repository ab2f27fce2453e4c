#!/usr/bin/env node
// What `npm publish` would send: everything that package.json promises, nothing else, and it imports.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { ownTargets } from "./package-readme.mjs";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts", "--loglevel=error"], {
  encoding: "utf8",
  maxBuffer: 1 << 26,
});
const report = JSON.parse(packed);
const { files, size, unpackedSize } = Object.values(report)[0];
const paths = files.map(({ path }) => path);
const problems = [
  ...promisedFiles(manifest.exports)
    .concat(Object.values(manifest.bin))
    .concat(Object.entries(manifest.browser).flat())
    .filter((path) => !paths.includes(path.replace(/^\.\//, "")))
    .map((path) => `package.json names ${path}, which is not in the package`),
  ...["LICENSE", "README.md", "package.json"]
    .filter((path) => !paths.includes(path))
    .map((path) => `${path} is missing`),
  ...paths
    .filter(
      (path) => !/^(dist\/.*\.(js|d\.ts)|(docs|bench)\/.*\.(md|svg)|[A-Z]+((\.ko)?\.md)?|package\.json)$/.test(path),
    )
    .map((path) => `${path} must not be published`),
  ...["README.md", "README.ko.md"].flatMap((page) =>
    ownTargets(readFileSync(page, "utf8"))
      .filter((path) => !paths.includes(path))
      .map((path) => `${page} leads to ${path}, which is not in the package`),
  ),
  ...manifest.sideEffects
    .filter((path) => !existsSync(path.replace(/\/\*\.js$/, "")))
    .map((path) => `sideEffects names ${path}, which does not exist`),
];
for (const problem of problems) console.error(`error: package: ${problem}.`);
if (problems.length > 0) process.exit(1);

let names = 0;
for (const entry of Object.keys(manifest.exports).filter((entry) => !entry.endsWith(".json"))) {
  const specifier = manifest.name + entry.slice(1);
  const exported = Object.keys(await import(specifier)).length;
  if (exported === 0) throw new Error(`import("${specifier}") must export something, got nothing.`);
  names += exported;
}
/** What a page that trains loads, the kernels included, in bytes of gzip. */
const MOST_IN_BROWSER = 150 * 1024;
const bundled = await bundledSize('export { nn, optim } from "unrolled";');
if (bundled > MOST_IN_BROWSER) {
  const fix = "See what grew: the kernels (src/engine/wasm/generated) are half of it.";
  console.error(`error: package: nn and optim must take at most ${MOST_IN_BROWSER} bytes, got ${bundled}. ${fix}`);
  process.exit(1);
}

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(0)} kB`;
console.log(
  `package: ${paths.length} files, ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked, ${names} exports`,
);
console.log(`package: nn and optim take ${kilobytes(bundled)} in a browser`);

/** Minified and compressed, of a module with this text. */
async function bundledSize(text) {
  const resolveId = (id) => (id === "entry" ? id : id === "unrolled" ? { id: `${process.cwd()}/dist/index.js` } : null);
  const load = (id) => (id === "entry" ? text : null);
  const bundle = await rolldown({ input: "entry", platform: "browser", plugins: [{ name: "entry", resolveId, load }] });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  return gzipSync(output[0].code, { level: 9 }).length;
}

function promisedFiles(target) {
  return typeof target === "string" ? [target] : Object.values(target).flatMap(promisedFiles);
}
