// The pages of the site: copies of the repository's Markdown, each at its place on the site, with links that hold there.
// On GitHub the same pages are read where they lie, so nothing in them is written for the site alone.

import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { linksOf } from "../support/markdown.mjs";

/** Folders and files that are pages, and where they begin on the site. The first that fits counts. */
const PLACES = [
  ["docs/README.md", "index.md"],
  ["README.md", "index.md"],
  ["README.ko.md", "ko/index.md"],
  ["CHANGELOG.md", "changelog.md"],
  ["SECURITY.md", "security.md"],
  ["AGENTS.md", "guides/develop/index.md"],
  ["bench/README.md", "results/speed.md"],
  ["bench/results.md", "results/all-figures.md"],
  ["bench/history/", "results/history/"],
  ["docs/results.md", "results/index.md"],
  ["docs/beyond.md", "beyond.md"],
  ["docs/browser.md", "guides/browser.md"],
  ["docs/engines.md", "guides/engines.md"],
  ["docs/lessons/ko/", "ko/lessons/"],
  ["docs/", ""],
];
/** Of a page that stands for two files, the one whose text it has. */
const ONLY_LINKED = new Set(["README.md"]);

/** Where a file of the repository is on the site, or undefined where it is no page. */
export function placeOf(file) {
  const place = PLACES.find(([from]) => (from.endsWith("/") ? file.startsWith(from) : file === from));
  if (place === undefined || !file.endsWith(".md")) return undefined;
  const [from, to] = place;
  const path = from.endsWith("/") ? to + file.slice(from.length) : to;
  return path.replace(/(^|\/)README\.md$/, "$1index.md");
}

/** `[file of the repository, place on the site]` of every page. */
export function pagesOf(root) {
  const files = ["README.md", "README.ko.md", "CHANGELOG.md", "SECURITY.md", "AGENTS.md", "bench", "docs"];
  return files
    .flatMap((file) => (file.endsWith(".md") ? [file] : markdownIn(root, file)))
    .flatMap((file) => (placeOf(file) === undefined || ONLY_LINKED.has(file) ? [] : [[file, placeOf(file)]]));
}

function markdownIn(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules" || entry.name.startsWith(".")) return [];
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return markdownIn(root, path);
    return path.endsWith(".md") ? [path] : [];
  });
}

/**
 * Writes all pages below `target`. `repository` is the address under which files that are no pages can be read (`https://.../blob/main`);
 * where there is none, a link to such a file becomes its text.
 */
export function writePages(root, target, repository) {
  for (const [file, place] of pagesOf(root)) {
    const path = join(target, place);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, siteText(root, file, place, { target, repository }));
  }
}

function siteText(root, file, place, { target, repository }) {
  let text = readFileSync(join(root, file), "utf8");
  for (const link of linksOf(text).reverse()) {
    if (/^([a-z][a-z\d+.-]*:|#|$)/i.test(link.target)) continue;
    const [path, anchor] = link.target.split("#");
    const to = posix.normalize(posix.join(posix.dirname(file), path)).replace(/\/$/, "");
    const linked = placeOf(to);
    if (linked !== undefined) {
      replace(link, relative(place, linked) + (anchor === undefined ? "" : `#${anchor}`));
    } else if (link.isPicture) {
      mkdirSync(dirname(join(target, "pictures", to)), { recursive: true });
      copyFileSync(join(root, to), join(target, "pictures", to));
      replace(link, relative(place, `pictures/${to}`));
    } else if (repository !== undefined) replace(link, `${repository}/${to}`);
    else text = withoutLink(text, link);
  }
  return withoutInfo(text);

  function replace({ start, target: old }, next) {
    text = text.slice(0, start) + next + text.slice(start + old.length);
  }
}

/** Where a lesson's code comes from is for `npm run lessons`; VitePress would take its numbers for lines to be marked. */
const withoutInfo = (text) => text.replace(/^(`{3,}\w+) .*$/gm, "$1");

function relative(from, to) {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith(".") ? path : `./${path}`;
}

/** `[text](target)` becomes `text`. */
function withoutLink(text, { start, target }) {
  const end = text.indexOf(")", start + target.length) + 1;
  const close = text.lastIndexOf("](", start);
  const open = openingBracket(text, close);
  return text.slice(0, open) + text.slice(open + 1, close) + text.slice(end);
}

function openingBracket(text, close) {
  let depth = 1;
  let i = close;
  while (depth > 0 && i > 0) {
    i--;
    if (text[i] === "]") depth++;
    else if (text[i] === "[") depth--;
  }
  return i;
}
