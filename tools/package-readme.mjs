#!/usr/bin/env node
/**
 * The README as npm's page shows it: there are no files beside it, so links lead to those of the published package.
 *
 *   node tools/package-readme.mjs pack      before packing: rewrites README*.md, and keeps the originals
 *   node tools/package-readme.mjs unpack    after it: puts them back, as the next `pack` does after one that was interrupted
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { linksOf } from "./support/markdown.mjs";

const PAGES = ["README.md", "README.ko.md"];
const KEPT = "build/readme";

const isRelative = (target) => target !== "" && !/^([a-z][a-z\d+.-]*:|\/|#)/i.test(target);

/** What the page's relative links lead to, anchors left out. */
export function ownTargets(markdown) {
  return linksOf(markdown).flatMap(({ target }) => (isRelative(target) ? [decodeURI(target).split("#")[0]] : []));
}

/** The page with links into the published package: pictures as they are, pages where they can be read. */
export function published(markdown, { name, version }) {
  let text = markdown;
  for (const { target, start, isPicture } of linksOf(markdown).reverse()) {
    if (!isRelative(target)) continue;
    const base = `https://unpkg.com/${isPicture ? "" : "browse/"}${name}@${version}/`;
    text = text.slice(0, start) + base + text.slice(start);
  }
  return text;
}

function unpack() {
  for (const page of PAGES) if (existsSync(`${KEPT}/${page}`)) renameSync(`${KEPT}/${page}`, page);
}

function pack() {
  unpack();
  mkdirSync(KEPT, { recursive: true });
  const manifest = JSON.parse(readFileSync("package.json", "utf8"));
  for (const page of PAGES) {
    copyFileSync(page, `${KEPT}/${page}`);
    writeFileSync(page, published(readFileSync(page, "utf8"), manifest));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const action = { pack, unpack }[process.argv[2]];
  if (action === undefined) throw new Error(`package-readme: pack or unpack, got ${process.argv[2]}.`);
  action();
}
