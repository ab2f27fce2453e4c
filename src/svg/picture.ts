import { checkArray, checkKnownOptions, checkNumber, checkOneOf, checkString } from "../base/check.js";
import { checkPair } from "./checks.js";
import { type Drawing, line, type Point, pathData, short, type TextStyle, text } from "./elements.js";
import { PALETTE } from "./palette.js";

/** How a line is drawn. */
export interface StrokeStyle {
  /** Default: ink. */
  colour?: string | undefined;
  /** Default 2. */
  width?: number | undefined;
  /** SVG's stroke-dasharray: `"5 4"`. */
  dash?: string | undefined;
  /** A head at the last point. Default false. */
  arrow?: boolean | undefined;
}

/** A drawing made by hand: boxes, arrows and words at given places, in pixels from the upper left. */
export class Picture implements Drawing {
  readonly width: number;
  readonly height: number;
  readonly #parts: string[] = [];

  constructor(width: number, height: number) {
    for (const [argument, size] of Object.entries({ width, height }))
      checkNumber("Picture", argument, size, { min: 0 });
    this.width = width;
    this.height = height;
  }

  get body(): string {
    return this.#parts.join("\n");
  }

  /** @param y  of the line that the letters stand on */
  text(x: number, y: number, content: string, style: TextStyle = {}): this {
    const op = "Picture.text";
    for (const [argument, place] of Object.entries({ x, y })) checkNumber(op, argument, place);
    checkString(op, "content", content);
    checkKnownOptions(op, style, ["size", "colour", "anchor", "bold", "mono", "turn"]);
    const { size = 12, turn = 0, colour = "", anchor = "start" } = style;
    for (const [argument, number] of Object.entries({ size, turn })) checkNumber(op, argument, number);
    checkString(op, "colour", colour);
    checkOneOf(op, "anchor", anchor, ["start", "middle", "end"]);
    this.#parts.push(text(x, y, content, style));
    return this;
  }

  path(points: readonly Point[], style: StrokeStyle = {}): this {
    checkArray("Picture.path", "points", points);
    for (let i = 0; i < points.length; i++) checkPair("Picture.path", `points[${i}]`, points[i]);
    checkKnownOptions("Picture.path", style, ["colour", "width", "dash", "arrow"]);
    const { colour = PALETTE.ink, width = 2, dash, arrow = false } = style;
    const dashes = dash === undefined ? "" : ` stroke-dasharray="${dash}"`;
    this.#parts.push(`<path d="${pathData(points)}" fill="none" stroke="${colour}" stroke-width="${width}"${dashes}/>`);
    if (arrow && points.length > 1) this.#parts.push(arrowHead(points.at(-2)!, points.at(-1)!, colour));
    return this;
  }

  arrow(from: Point, to: Point, colour: string = PALETTE.ink): this {
    checkString("Picture.arrow", "colour", colour);
    return this.path([from, to], { colour, arrow: true });
  }

  /** A thin line of the scaffolding: an axis, a grid. */
  rule(from: Point, to: Point): this {
    for (const [argument, point] of Object.entries({ from, to })) checkPair("Picture.rule", argument, point);
    this.#parts.push(line(from, to));
    return this;
  }

  /** A rounded frame with a name in the middle. */
  frame(at: Point, width: number, height: number, name: string, colour: string = PALETTE.ink): this {
    const op = "Picture.frame";
    checkPair(op, "at", at);
    for (const [argument, size] of Object.entries({ width, height })) checkNumber(op, argument, size);
    for (const [argument, word] of Object.entries({ name, colour })) checkString(op, argument, word);
    const [x, y] = at;
    const place = `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;
    this.#parts.push(`<rect ${place} rx="7" fill="none" stroke="${colour}" stroke-width="1.5"/>`);
    return this.text(x + width / 2, y + height / 2 + 5, name, { anchor: "middle", size: 14 });
  }
}

function arrowHead([x0, y0]: Point, [x1, y1]: Point, colour: string): string {
  const length = Math.hypot(x1 - x0, y1 - y0) || 1;
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  const corner = (side: number): Point => [x1 - 8 * ux - side * uy, y1 - 8 * uy + side * ux];
  return `<path d="${pathData([[x1, y1], corner(4), corner(-4)])}Z" fill="${colour}"/>`;
}
