// Links inside the repository that lead nowhere: to a file that git does not have, or to a heading that its page does not have.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { anchorsOf, linksOf } from "./markdown.mjs";

/** An address with a scheme, or `//host`: not ours to follow. */
const OUTSIDE = /^([a-z][a-z\d+.-]*:|\/\/)/i;

/** `{ page, line, target, because }` of every dead link in the Markdown that git has, or would take. */
export function deadLinks(root) {
  const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  }).split("\0");
  const known = new Set(files.filter((file) => file !== "" && existsSync(join(root, file))));
  const anchors = new Map();
  const read = (page) => readFileSync(join(root, page), "utf8");
  const anchorsIn = (page) => anchors.get(page) ?? anchors.set(page, anchorsOf(read(page))).get(page);
  const dead = [];
  for (const page of [...known].filter((file) => file.endsWith(".md"))) {
    for (const { target, line } of linksOf(read(page))) {
      const because = whyDead(root, page, target, known, anchorsIn);
      if (because !== undefined) dead.push({ page, line, target, because });
    }
  }
  return dead;
}

function whyDead(root, page, target, known, anchorsIn) {
  if (OUTSIDE.test(target)) return undefined;
  if (target === "") return "it is empty";
  if (target.startsWith("/")) return "it is absolute: write it relative to the page";
  const [path, anchor] = decodeURI(target).split("#");
  const file = path === "" ? page : posix.normalize(posix.join(posix.dirname(page), path)).replace(/\/$/, "");
  const isFolder = existsSync(join(root, file)) && statSync(join(root, file)).isDirectory();
  if (!isFolder && !known.has(file)) return "there is no such file in git";
  if (anchor === undefined) return undefined;
  if (!file.endsWith(".md")) return "only pages have headings";
  return anchorsIn(file).has(anchor) ? undefined : `${file} has no such heading`;
}
