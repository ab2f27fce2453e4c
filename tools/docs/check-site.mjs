// Whether every link inside the built site leads to a page, and every `#...` to something on it. VitePress looks for pages alone, and
// not at all into what TypeDoc made of the docstrings.

import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** `page: link` of each that leads nowhere. */
export function deadLinksOfSite(site) {
  const pages = new Map(
    readdirSync(site, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".html"))
      .map((file) => [file.replaceAll("\\", "/"), readFileSync(join(site, file), "utf8")]),
  );
  const ids = new Map([...pages].map(([page, html]) => [page, new Set(matches(html, / id="([^"]+)"/g))]));
  const dead = new Set();
  for (const [page, html] of pages) {
    for (const link of matches(html, /<a\b[^>]* href="([^"]+)"/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path, anchor] = decodeURI(link).split("#");
      const found = ids.get(path === "" ? page : pageOf(page, path));
      if (found === undefined || (anchor && !found.has(anchor))) dead.add(`${page}: ${link}`);
    }
  }
  return [...dead];
}

const matches = (html, pattern) => Array.from(html.matchAll(pattern), ([, found]) => found);

function pageOf(from, path) {
  const to = path.startsWith("/") ? path.slice(1) : posix.join(posix.dirname(from), path);
  const file = to.replace(/^\.\//, "");
  if (file === "" || file.endsWith("/")) return `${file}index.html`;
  return file.endsWith(".html") ? file : `${file}.html`;
}
