/** Drawing for the lessons: shapes in, one SVG file out. Legible on a light and on a dark page: the picture brings its own card. */

export type Colour = "blue" | "orange" | "green" | "purple" | "ink" | "faint";

/** Distinguishable without colour vision (after Okabe & Ito 2008); the second of each pair is for dark pages. */
const PALETTE: Record<Colour, [light: string, dark: string]> = {
  blue: ["#0067a8", "#58b3f0"],
  orange: ["#c04c00", "#f0944d"],
  green: ["#007a58", "#3fc79a"],
  purple: ["#9b4a80", "#d99cc4"],
  ink: ["#1f2328", "#e6edf3"],
  faint: ["#6b7280", "#9aa4b0"],
};
const CARD: [light: string, dark: string] = ["#ffffff", "#161b22"];
const RULE: [light: string, dark: string] = ["#d5dae0", "#39414b"];

export interface TextOptions {
  size?: number;
  colour?: Colour;
  anchor?: "start" | "middle" | "end";
  bold?: boolean;
  /** Degrees, about the text's own place. */
  turn?: number;
}

export interface StrokeOptions {
  colour?: Colour;
  width?: number;
  dash?: string;
  arrow?: boolean;
}

export type Point = readonly [x: number, y: number];

export class Picture {
  readonly width: number;
  readonly height: number;
  readonly #title: string;
  readonly #parts: string[] = [];

  /** @param title read aloud in place of the picture */
  constructor(width: number, height: number, title: string) {
    this.width = width;
    this.height = height;
    this.#title = title;
  }

  text(x: number, y: number, text: string, options: TextOptions = {}): void {
    const { size = 13, colour = "ink", anchor = "start", bold = false, turn = 0 } = options;
    const attributes = [
      `x="${short(x)}" y="${short(y)}" class="${colour}" font-size="${size}"`,
      anchor === "start" ? "" : ` text-anchor="${anchor}"`,
      bold ? ' font-weight="600"' : "",
      turn === 0 ? "" : ` transform="rotate(${turn} ${short(x)} ${short(y)})"`,
    ];
    this.#parts.push(`<text ${attributes.join("")}>${escapeXml(text)}</text>`);
  }

  path(points: readonly Point[], options: StrokeOptions = {}): void {
    const { colour = "ink", width = 2, dash, arrow = false } = options;
    const d = points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${short(x)} ${short(y)}`).join("");
    const dashes = dash ? ` stroke-dasharray="${dash}"` : "";
    this.#parts.push(`<path d="${d}" class="s-${colour}" stroke-width="${width}"${dashes}/>`);
    if (arrow) this.#head(points.at(-2)!, points.at(-1)!, colour);
  }

  arrow(x0: number, y0: number, x1: number, y1: number, colour: Colour = "ink"): void {
    const ends: Point[] = [
      [x0, y0],
      [x1, y1],
    ];
    this.path(ends, { colour, arrow: true });
  }

  /** A thin line of the scaffolding: axes, grid, cuts. */
  rule(from: Point, to: Point): void {
    const d = `M${short(from[0])} ${short(from[1])}L${short(to[0])} ${short(to[1])}`;
    this.#parts.push(`<path d="${d}" class="rule" stroke-width="1"/>`);
  }

  circle([x, y]: Point, radius: number, colour: Colour): void {
    this.#parts.push(`<circle cx="${short(x)}" cy="${short(y)}" r="${radius}" class="${colour}"/>`);
  }

  /** @param strength how much of the colour, from 0 (the card) to 1 */
  box(x: number, y: number, width: number, height: number, colour: Colour, strength = 1): void {
    const place = `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;
    this.#parts.push(`<rect ${place} class="${colour}" fill-opacity="${strength.toFixed(2)}"/>`);
  }

  /** A rounded frame with a name in the middle. */
  frame(x: number, y: number, width: number, height: number, name: string, colour: Colour = "ink"): void {
    const place = `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;
    this.#parts.push(`<rect ${place} rx="7" class="s-${colour}" stroke-width="1.5"/>`);
    this.text(x + width / 2, y + height / 2 + 5, name, { anchor: "middle", size: 14 });
  }

  toString(): string {
    const { width, height } = this;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif">`,
      `<title>${escapeXml(this.#title)}</title>`,
      `<style>${rules(0)}@media (prefers-color-scheme: dark){${rules(1)}}</style>`,
      `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="9" class="card"/>`,
      ...this.#parts,
      "</svg>\n",
    ].join("\n");
  }

  #head([x0, y0]: Point, [x1, y1]: Point, colour: Colour): void {
    const length = Math.hypot(x1 - x0, y1 - y0);
    const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
    const corner = (side: number) => `${short(x1 - 8 * ux - side * uy)} ${short(y1 - 8 * uy + side * ux)}`;
    this.#parts.push(`<path d="M${short(x1)} ${short(y1)}L${corner(4)}L${corner(-4)}Z" class="${colour}"/>`);
  }
}

function rules(mode: 0 | 1): string {
  const colours = Object.entries(PALETTE).flatMap(([name, pair]) => [
    `.${name}{fill:${pair[mode]}}`,
    `.s-${name}{fill:none;stroke:${pair[mode]}}`,
  ]);
  return [`.card{fill:${CARD[mode]};stroke:${RULE[mode]}}`, `.rule{fill:none;stroke:${RULE[mode]}}`, ...colours].join(
    "",
  );
}

/** One digit after the point is a tenth of a pixel. */
function short(x: number): string {
  return String(Math.round(x * 10) / 10);
}

function escapeXml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
