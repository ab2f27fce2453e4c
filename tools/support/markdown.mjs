// What the site, its link check and the tests of the guides need to know of a Markdown page: fences, links, anchors.
// Plain Node with no packages: links are checked before anything is installed for the site.

/** The fenced code of a page: the word after the fence, the rest of that line, the text, and the line (from 1) it begins on. */
export function fencesOf(markdown) {
  const fences = [];
  let open;
  for (const [index, line] of markdown.split("\n").entries()) {
    const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line);
    if (open === undefined && fence) {
      const [language = "", ...info] = fence[2].trim().split(/\s+/);
      open = { mark: fence[1], language, info: info.join(" "), line: index + 2, lines: [] };
    } else if (open !== undefined && fence?.[2].trim() === "" && fence[1].startsWith(open.mark)) {
      const { mark: _, lines, ...rest } = open;
      fences.push({ ...rest, text: lines.join("\n") });
      open = undefined;
    } else open?.lines.push(line);
  }
  return fences;
}

/** Code is blanked, character by character, so that nothing in it is taken for Markdown and columns stay. */
function withoutCode(markdown) {
  let mark = "";
  const lines = markdown.split("\n").map((line) => {
    const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line);
    if (mark === "" && fence) mark = fence[1];
    else if (mark === "") return line;
    else if (fence?.[2].trim() === "" && fence[1].startsWith(mark)) mark = "";
    return " ".repeat(line.length);
  });
  return lines.join("\n").replace(/(`+)(?!`)([^`\n]|(?!\1)`)+?\1(?!`)/g, (code) => code.replace(/[^\n]/g, " "));
}

/** Every link and picture: its target as written, whether it is a picture, its line (from 1), and where the target lies in the text. */
export function linksOf(markdown) {
  const text = withoutCode(markdown);
  const links = [];
  const add = (start, target, isPicture) => {
    links.push({ target, isPicture, start, line: text.slice(0, start).split("\n").length });
  };
  for (const match of text.matchAll(/(?<=\]\()<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?(?:\s+"[^"]*")?\)/g)) {
    const start = match.index + match[0].indexOf(match[1]);
    add(start, match[1], isPictureAt(text, match.index));
  }
  for (const match of text.matchAll(/(?<=^ {0,3}\[[^\]\n]+\]: +)\S+/gm)) add(match.index, match[0], false);
  for (const match of text.matchAll(/(?<=<(a|img)\b[^>]*\s(?:href|src)=")[^"]*(?=")/g)) {
    add(match.index, match[0], match[1] === "img");
  }
  return links.sort((a, b) => a.start - b.start);
}

/** Back from `](` to the bracket that opens the text. */
function isPictureAt(text, index) {
  let depth = 0;
  for (let i = index - 2; i >= 0; i--) {
    if (text[i] === "]") depth++;
    else if (text[i] === "[" && --depth === 0) return text[i - 1] === "!";
  }
  return false;
}

/** What a heading is called in an address, as GitHub does it: the site is told to do the same. */
export const slugOf = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");

/** All that `page#...` may name: headings, the second of a name with -1, and ids written as HTML. */
export function anchorsOf(markdown) {
  const text = blankFences(markdown);
  const seen = new Map();
  const anchors = new Set();
  for (const [, heading] of text.matchAll(/^ {0,3}#{1,6} +(.+?)(?: +#+)? *$/gm)) {
    const slug = slugOf(plain(heading));
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    anchors.add(times === 0 ? slug : `${slug}-${times}`);
  }
  for (const [, id] of text.matchAll(/<\w+\b[^>]*\s(?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** The first heading of a page, or "" where there is none. */
export const titleOf = (markdown) => plain(/^# +(.+)$/m.exec(blankFences(markdown))?.[1] ?? "");

/** A heading as it is read: links by their text, code and emphasis without their marks. */
const plain = (heading) => heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, "");

function blankFences(markdown) {
  const lines = markdown.split("\n");
  for (const { line, text } of fencesOf(markdown)) {
    lines.fill("", line - 2, line + text.split("\n").length);
  }
  return lines.join("\n");
}
