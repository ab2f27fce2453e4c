import { checkArray, checkNumber, checkObject, checkString } from "../base/check.js";
import { textWidth } from "../base/width.js";
import { darkRules, PALETTE } from "./palette.js";

/** A piece of a picture: SVG elements in a box of this size, its origin at the upper left. */
export interface Drawing {
  width: number;
  height: number;
  body: string;
}

/** A place in a drawing. */
export type Point = readonly [x: number, y: number];

const { ink: INK, faint: FAINT, rule: RULE, card: CARD } = PALETTE;

/** Of a letter of size 12, on average. */
export const LETTER_WIDTH = 6.6;
export const BOLD_LETTER_WIDTH = 7.3;

const FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif";
export const MONOSPACE = "ui-monospace, 'DejaVu Sans Mono', Consolas, monospace";

/** What XML cannot hold in any form. */
const NO_XML = /[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** A text as it may stand in XML: control characters, of which it has none, become `\ufffd`. */
export function escapeXml(text: string): string {
  checkString("escapeXml", "text", text);
  const allowed = text.replace(NO_XML, "\ufffd");
  return allowed.replace(/[&<>"]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[char]!);
}

/** A tenth of a pixel is exact enough. */
export function short(x: number): string {
  return String(Math.round(x * 10) / 10);
}

/** How a text is drawn. */
export interface TextStyle {
  size?: number | undefined;
  colour?: string | undefined;
  anchor?: "start" | "middle" | "end" | undefined;
  bold?: boolean | undefined;
  mono?: boolean | undefined;
  /** Degrees, about the text's own place. */
  turn?: number | undefined;
}

export function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { size = 12, colour = INK, anchor = "start", bold = false, mono = false, turn = 0 } = style;
  const attributes = [
    `x="${short(x)}" y="${short(y)}"`,
    size === 12 ? "" : `font-size="${size}"`,
    colour === INK ? "" : `fill="${colour}"`,
    anchor === "start" ? "" : `text-anchor="${anchor}"`,
    bold ? 'font-weight="bold"' : "",
    mono ? `font-family="${MONOSPACE}"` : "",
    turn === 0 ? "" : `transform="rotate(${turn} ${short(x)} ${short(y)})"`,
  ];
  return `<text ${attributes.filter(Boolean).join(" ")}>${escapeXml(content)}</text>`;
}

/** Straight lines from point to point. */
export function pathData(points: readonly Point[]): string {
  return points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${short(x)} ${short(y)}`).join("");
}

/** A bold title, and under it what else there is to say, in as many lines as the width needs; and where these end. */
export function heading(title: string, subtitle: string, width: number): { parts: string[]; bottom: number } {
  const most = Math.max(20, Math.floor(width / 6.3));
  const lines: string[] = [];
  for (const word of subtitle.split(" ").filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(`${last} ${word}`) <= most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  const parts = lines.map((content, i) => text(0, 30 + 16 * i, content, { colour: FAINT }));
  return { parts: [text(0, 12, title, { size: 14, bold: true }), ...parts], bottom: 14 + 16 * lines.length };
}

export function line(from: Point, to: Point, stroke: string = RULE, more = ""): string {
  return `<path d="${pathData([from, to])}" stroke="${stroke}"${more && ` ${more}`}/>`;
}

function checkDrawings(op: string, drawings: readonly Drawing[], gap = 0): void {
  checkArray(op, "drawings", drawings, `Write ${op}([a, b]).`);
  checkNumber(op, "gap", gap);
  for (let i = 0; i < drawings.length; i++) {
    checkObject(op, "each drawing", drawings[i], "a drawing, as lineChart() gives it");
    const { width, height, body } = drawings[i];
    checkNumber(op, "width", width);
    checkNumber(op, "height", height);
    checkString(op, "body", body);
  }
}

/** Drawings one below the other. */
export function stack(drawings: readonly Drawing[], gap = 20): Drawing {
  checkDrawings("stack", drawings, gap);
  let y = 0;
  const parts = drawings.map(({ height, body }) => {
    const part = `<g transform="translate(0 ${short(y)})">\n${body}\n</g>`;
    y += height + gap;
    return part;
  });
  return { width: Math.max(...drawings.map(({ width }) => width)), height: y - gap, body: parts.join("\n") };
}

/** Drawings side by side. */
export function beside(drawings: readonly Drawing[], gap = 20): Drawing {
  checkDrawings("beside", drawings, gap);
  let x = 0;
  const parts = drawings.map(({ width, body }) => {
    const part = `<g transform="translate(${short(x)} 0)">\n${body}\n</g>`;
    x += width + gap;
    return part;
  });
  return { width: x - gap, height: Math.max(...drawings.map(({ height }) => height)), body: parts.join("\n") };
}

const MARGIN = 12;

/**
 * A drawing as an SVG file that stands alone, on a card of its own: white, or dark where the reader's pages are.
 * @param title  read aloud in place of the picture
 */
export function toSvg(drawing: Drawing, title: string): string {
  checkDrawings("toSvg", [drawing]);
  checkString("toSvg", "title", title);
  const { width, height, body } = drawing;
  const [w, h] = [Math.ceil(width + 2 * MARGIN), Math.ceil(height + 2 * MARGIN)];
  const card = `<rect x="${0.5 - MARGIN}" y="${0.5 - MARGIN}" width="${w - 1}" height="${h - 1}" rx="8" fill="${CARD}" stroke="${RULE}"/>`;
  const open =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-MARGIN} ${-MARGIN} ${w} ${h}" width="${w}" height="${h}" ` +
    `role="img" font-family="${FONT}" font-size="12" fill="${INK}">`;
  const style = `<style>${darkRules(open + card + body)}</style>`;
  return [open, `<title>${escapeXml(title)}</title>`, style, card, body, "</svg>", ""].join("\n");
}
