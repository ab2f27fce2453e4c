#!/usr/bin/env node
// What `npm publish` would send: everything that package.json promises, nothing else, and it imports.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

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
    .filter((path) => !paths.includes(path.replace(/^\.\//, "")))
    .map((path) => `package.json names ${path}, which is not in the package`),
  ...["LICENSE", "README.md", "package.json"]
    .filter((path) => !paths.includes(path))
    .map((path) => `${path} is missing`),
  ...paths
    .filter((path) => !/^(dist\/.*\.(js|d\.ts)|[A-Z]+(\.md)?|package\.json)$/.test(path))
    .map((path) => `${path} must not be published`),
  ...["tensor/methods", "autograd/backward.js"]
    .filter((path) => !existsSync(`dist/${path}`))
    .map((path) => `sideEffects names dist/${path}, which does not exist`),
];
for (const problem of problems) console.error(`error: package: ${problem}.`);
if (problems.length > 0) process.exit(1);

const names = Object.keys(await import(manifest.name));
if (names.length === 0) throw new Error(`import("${manifest.name}") must export something, got nothing.`);
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(0)} kB`;
console.log(
  `package: ${paths.length} files, ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked, ${names.length} exports`,
);

function promisedFiles(target) {
  return typeof target === "string" ? [target] : Object.values(target).flatMap(promisedFiles);
}
