import { svg } from "../../diagnostics/index.js";
import type { Warning } from "../health/warnings.js";
import type { Block, TableBlock, Weighed } from "./blocks.js";
import { picture, rangeOf } from "./pictures.js";

const { DIVERGING, divergingLevel, escapeXml, onDark, PALETTE, textOn, toSvg } = svg;

/** What all reports look like, light or dark as the reader's pages are. */
export const STYLE = [
  "body{font:15px/1.5 system-ui,'Segoe UI','DejaVu Sans',sans-serif;color:#222;background:#fff;max-width:900px;margin:2em auto;padding:0 1em}",
  "h1,h2,h3,p,li{overflow-wrap:anywhere}h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}",
  "table{border-collapse:collapse}td,th{padding:.15em .9em .15em 0;text-align:left;font-weight:normal}th{color:#666}",
  ".n{text-align:right;font-variant-numeric:tabular-nums}tr.total td{border-top:1px solid #bbb}",
  // On a narrow page what is wide moves by itself, and stays large enough to be read.
  ".wide{overflow-x:auto}svg{max-width:max(100%,600px);height:auto}",
  ".unit{font:14px/1.7 ui-monospace,'DejaVu Sans Mono',Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:.2em 0 1.2em}",
  ".unit span{padding:.15em 0}h3{font-size:.95em;font-weight:normal;margin:0;color:#444}",
  ".found{color:#8a3a00}",
  "nav ul{display:flex;flex-wrap:wrap;gap:.2em 1.4em;list-style:none;padding:0;margin:.6em 0 1.4em}nav a{color:#126ad0}",
  // The score is as wide as the window: it is what one came to see.
  "#score{width:min(1500px,calc(100vw - 3em));margin-left:calc(50% - min(750px,50vw - 1.5em))}",
  ...DIVERGING.map((colour, level) => `.c${level}{background:${colour};color:${textOn(level)}}`),
  // The pictures follow the reader's choice, and so must the page about them.
  "@media (prefers-color-scheme:dark){",
  `body{color:${onDark(PALETTE.ink)};background:#0d1117}th,h3{color:${onDark(PALETTE.faint)}}tr.total td{border-color:${onDark(PALETTE.rule)}}`,
  `.found{color:${onDark(PALETTE.orange)}}nav a{color:${onDark(PALETTE.blue)}}`,
  ...DIVERGING.map((colour, level) => `.c${level}{background:${onDark(colour)};color:${onDark(textOn(level))}}`),
  "}",
].join("\n");

/** What a page may load: nothing. Its own script and style stand in it. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:";

/** A page that stands alone: no font, no file beside it, no request; with contents where there are sections to go to. */
export function page(title: string, body: string): string {
  const { named, list } = contents(body);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escapeXml(title)}</title>
<style>${STYLE}</style>
</head>
<body><main>
<h1>${escapeXml(title)}</h1>
${list}${named}
</main></body>
</html>
`;
}

/** Sections under names that can be gone to, and the list of them. Headings are of this page's own making: no text is one. */
function contents(body: string): { named: string; list: string } {
  const items: string[] = [];
  const named = body.replace(/^<h2(?: id="[^"]*")?>(.*)<\/h2>$/gm, (_, heading: string) => {
    const id = `part-${items.length + 1}`;
    items.push(`<li><a href="#${id}">${heading}</a></li>`);
    return `<h2 id="${id}">${heading}</h2>`;
  });
  const list = items.length < 2 ? "" : `<nav aria-label="contents"><ul>${items.join("")}</ul></nav>\n`;
  return { named, list };
}

/** What is wrong, and what to do; nothing where all is well. */
export function warningsHtml(warnings: readonly Warning[]): string {
  if (warnings.length === 0) return "";
  const items = warnings.map(({ found, fix }) => `<li>${escapeXml(`${found}. ${fix}`)}</li>`);
  return `<ul class="found" aria-label="warnings">${items.join("")}</ul>`;
}

/** Blocks as elements of a page. */
export function blocksHtml(blocks: readonly Block[]): string {
  return blocks.map(html).join("\n");
}

function html(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `<h2>${escapeXml(block.text)}</h2>`;
    case "text":
      return `<p>${escapeXml(block.text)}</p>`;
    case "table":
      return `<h3>${escapeXml(block.title)}</h3>\n${tableHtml(block.rows, block.isRight ?? (() => false))}`;
    default: {
      const drawn = toSvg(picture(block)!, block.title);
      return block.kind === "weighed" ? weighedHtml(block, drawn) : wide(drawn);
    }
  }
}

/** The first row is the head. @param isRight  default: all but the first column */
export function tableHtml(
  [head, ...body]: TableBlock["rows"],
  isRight: (column: number) => boolean = (column) => column > 0,
): string {
  const cell = (text: string, name: string, k: number) =>
    `<${name}${isRight(k) ? ' class="n"' : ""}>${escapeXml(text)}</${name}>`;
  // A head that names nothing is none.
  const row = (cells: readonly string[], name: "td" | "th") =>
    `<tr>${cells.map((text, k) => cell(text, text === "" ? "td" : name, k)).join("")}</tr>`;
  return wide(["<table>", row(head, "th"), ...body.map((cells) => row(cells, "td")), "</table>"].join("\n"));
}

/** What may be broader than the page: keys scroll it too. */
export function wide(html: string): string {
  return `<div class="wide" tabindex="0">${html}</div>`;
}

/** Of a text, the text itself on the colours of its weights: neighbours of one colour share an element. */
function weighedHtml({ title, about, steps, weights }: Weighed, drawn: string): string {
  if (steps.some(({ written }) => written === undefined)) return wide(drawn);
  const range = rangeOf(weights);
  const parts: { level: number; text: string }[] = [];
  for (const [t, { written }] of steps.entries()) {
    const level = divergingLevel(weights[t] / range);
    const last = parts.at(-1);
    if (last?.level === level) last.text += written;
    else parts.push({ level, text: written! });
  }
  const spans = parts
    .map(({ level, text }) => `<span class="c${level}">${escapeXml(text).replaceAll("↵", "↵\n")}</span>`)
    .join("");
  return `<h3>${escapeXml(`${title}. ${about}`)}</h3>\n<p class="unit">${spans}</p>`;
}
