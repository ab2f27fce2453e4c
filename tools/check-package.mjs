#!/usr/bin/env node
// What `npm publish` would send: everything that package.json promises, nothing else, and it imports.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { ownTargets } from "./package-readme.mjs";
import { PARTS, sizeOf } from "./support/sizes.mjs";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts", "--loglevel=error"], {
  encoding: "utf8",
  maxBuffer: 1 << 26,
});
const report = JSON.parse(packed);
const { files, size, unpackedSize } = Object.values(report)[0];
const paths = files.map(({ path }) => path);
/** All that may be in it, but for what of the studio is no program. */
const PUBLISHED =
  /^(dist\/.*\.(js|d\.ts)|dist\/kernels\/(relaxed|simd)(-threads)?\.wasm|(docs|bench)\/.*\.(md|svg)|[A-Z]+((\.ko)?\.md)?|package\.json)$/;
const problems = [
  ...promisedFiles(manifest.exports)
    .concat(Object.values(manifest.bin))
    .concat(Object.entries(manifest.browser).flat())
    .filter((path) => !paths.includes(path.replace(/^\.\//, "")))
    .map((path) => `package.json names ${path}, which is not in the package`),
  ...["LICENSE", "README.md", "package.json"]
    .filter((path) => !paths.includes(path))
    .map((path) => `${path} is missing`),
  ...paths.filter((path) => !PUBLISHED.test(path) && !isOfStudio(path)).map((path) => `${path} must not be published`),
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
for (const entry of Object.keys(manifest.exports).filter((entry) => !/\.(json|wasm)$/.test(entry))) {
  const specifier = manifest.name + entry.slice(1);
  const exported = Object.keys(await import(specifier)).length;
  if (exported === 0) throw new Error(`import("${specifier}") must export something, got nothing.`);
  names += exported;
}
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(0)} kB`;
console.log(
  `package: ${paths.length} files, ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked, ${names} exports`,
);
for (const { name, text, most } of PARTS) {
  const size = await sizeOf(text);
  console.log(`package: ${name}: ${kilobytes(size)} in a browser, of ${most}`);
  if (size <= most * 1024) continue;
  console.error(
    `error: package: ${name} must take at most ${most} KiB in a browser. See what grew, and what imports it.`,
  );
  process.exitCode = 1;
}

function promisedFiles(target) {
  return typeof target === "string" ? [target] : Object.values(target).flatMap(promisedFiles);
}

/** Its page, the styles of its parts, its examples and the figures of the lessons: each by name, with the hash that its build adds. */
function isOfStudio(path) {
  const named = (folder, kind) => readdirSync(folder).filter((name) => name.endsWith(kind));
  const files = [
    ...["index.css", "train-view.css", "look-view.css", "learn-view.css", "score.css"],
    ...named("studio/src/examples", ".csv"),
    ...named("studio/src/examples", ".txt"),
    ...named("docs/lessons/figures", ".svg"),
  ];
  const [, stem, kind] = /^dist\/studio\/assets\/(.+)-[\w-]{8}(\.\w+)$/.exec(path) ?? [];
  return path === "dist/studio/index.html" || files.includes(`${stem}${kind}`);
}
