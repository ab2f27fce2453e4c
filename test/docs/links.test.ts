import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { GUIDES } from "../../tools/docs/sidebar.mjs";
import { deadLinks } from "../../tools/support/dead-links.mjs";
import { anchorsOf, fencesOf, linksOf } from "../../tools/support/markdown.mjs";
import { inTree } from "../tools/in-tree.js";

const shown = (folder: string) =>
  deadLinks(folder).map(({ page, line, target, because }) => `${page}:${line}: ${target}: ${because}`);

test("every link of every page leads to a file of the repository, and to a heading of it", () => {
  expect(shown(resolve("."))).toEqual([]);
});

test("every guide stands beside the pages of the site", () => {
  const named = Object.values(GUIDES).flat();
  const pages = ["", "develop/"].flatMap((folder) =>
    readdirSync(`docs/guides/${folder}`).flatMap((file) => (file.endsWith(".md") ? [folder + file.slice(0, -3)] : [])),
  );
  expect(named.filter((name) => !name.startsWith("../")).sort()).toEqual(pages.sort());
});

/** A page of links, each with what is said of it, or nothing where it leads somewhere. */
const links: [link: string, because: string | undefined][] = [
  ["[a](other.md)", undefined],
  ["[a](other.md#two-words)", undefined],
  ["[a](other.md#two-words-1)", undefined],
  ["[a](other.md#한국어)", undefined],
  ["[a](other.md#by-hand)", undefined],
  ["[a](#here)", undefined],
  ["[a](folder/)", undefined],
  ["[a [b] `c`](other.md 'title')".replaceAll("'", '"'), undefined],
  ["![a](picture.svg)", undefined],
  ["[![a](picture.svg)](other.md)", undefined],
  ["<a href='other.md'>a</a>".replaceAll("'", '"'), undefined],
  ["[a](https://example.org/none)", undefined],
  ["[a](mailto:a@example.org)", undefined],
  ["`[a](none.md)`", undefined],
  ["[a](none.md)", "none.md: there is no such file in git"],
  ["[a](ignored.md)", "ignored.md: there is no such file in git"],
  ["![a](none.svg)", "none.svg: there is no such file in git"],
  ["[![a](none.svg)](other.md)", "none.svg: there is no such file in git"],
  ["[a](other.md#three)", "other.md#three: other.md has no such heading"],
  ["[a](other.md#not-a-heading)", "other.md#not-a-heading: other.md has no such heading"],
  ["[a](#there)", "#there: page.md has no such heading"],
  ["[a](/other.md)", "/other.md: it is absolute: write it relative to the page"],
  ["[a]()", ": it is empty"],
  ["[a](picture.svg#x)", "picture.svg#x: only pages have headings"],
  ['<a href="none.md">a</a>', "none.md: there is no such file in git"],
  ["[a]: none.md", "none.md: there is no such file in git"],
];

test("dead links are found, with their line and the reason; live ones are not", () => {
  const page = ["# Here", "```md", "[a](none.md)", "```", ...links.map(([link]) => `${link}\n`)].join("\n");
  const other = '# Two `words`\n\n## Two words\n\n### 한국어\n\n```sh\n# not a heading\n```\n<a id="by-hand"></a>\n';
  const files = {
    "page.md": page,
    "other.md": other,
    "folder/x.ts": "",
    "picture.svg": "",
    "ignored.md": "",
    ".gitignore": "ignored.md",
  };
  inTree(files, (folder) => {
    execFileSync("git", ["init", "-q"], { cwd: folder });
    const expected = links.flatMap(([, because], i) =>
      because === undefined ? [] : [`page.md:${5 + 2 * i}: ${because}`],
    );
    expect(shown(folder)).toEqual(expected);
  });
});

describe("what is read of a page", () => {
  test("fences: language, the rest of the line, text and place, also of fences in fences", () => {
    const page = "a\n```ts file=x region=y\n1\n\n2\n```\n````md\n```ts\n3\n```\n````\n~~~\n4\n~~~";
    expect(fencesOf(page)).toEqual([
      { language: "ts", info: "file=x region=y", line: 3, text: "1\n\n2" },
      { language: "md", info: "", line: 8, text: "```ts\n3\n```" },
      { language: "", info: "", line: 13, text: "4" },
    ]);
  });

  test("a link's place is where its target stands, behind code as well", () => {
    const page = "```\n[a](b)\n```\n`[c](d)` ![e](f) [g](h#i)";
    const found = linksOf(page);
    expect(found.map(({ target, isPicture }) => [target, isPicture])).toEqual([
      ["f", true],
      ["h#i", false],
    ]);
    for (const { start, target } of found) expect(page.slice(start, start + target.length)).toBe(target);
  });

  test("anchors are GitHub's", () => {
    const page = "# A_b `c<T>`: d, e & f-g\n## [Link](x.md) *bold*\n## 2. Ça";
    expect([...anchorsOf(page)]).toEqual(["a_b-ct-d-e--f-g", "link-bold", "2-ça"]);
  });
});
