import { escapeXml } from "unrolled/svg";

/** RGBA, a pixel a number, row by row. */
export interface Pixels {
  width: number;
  height: number;
  data: Uint32Array;
}

/** What a track is drawn of: no canvas is needed to make it, so tests and SVG files read it too. */
export type Mark =
  | { kind: "rect"; x: number; y: number; width: number; height: number; colour: string; opacity?: number }
  | { kind: "text"; x: number; y: number; text: string; colour: string; size?: number; anchor?: "start" | "middle" | "end"; mono?: boolean; most?: number } // biome-ignore format: one mark a line
  | { kind: "line"; points: readonly number[]; colour: string; width?: number; dash?: readonly number[] }
  | { kind: "area"; points: readonly number[]; colour: string; opacity: number }
  | { kind: "pixels"; x: number; y: number; width: number; height: number; pixels: Pixels };

export const MONO = "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace";
export const SANS = "system-ui, 'Segoe UI', 'Helvetica Neue', 'Noto Sans', sans-serif";

/** Canvases of pixels, made once: they are scaled when they are drawn. */
const bitmaps = new WeakMap<Pixels, HTMLCanvasElement>();

export function bitmap(pixels: Pixels): HTMLCanvasElement {
  const found = bitmaps.get(pixels);
  if (found !== undefined) return found;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [pixels.width, pixels.height];
  const data = new Uint8ClampedArray(pixels.data.buffer as ArrayBuffer, pixels.data.byteOffset, pixels.data.byteLength);
  canvas.getContext("2d")!.putImageData(new ImageData(data, pixels.width, pixels.height), 0, 0);
  bitmaps.set(pixels, canvas);
  return canvas;
}

export function paint(context: CanvasRenderingContext2D, marks: readonly Mark[]): void {
  context.imageSmoothingEnabled = false;
  for (const mark of marks) paintOne(context, mark);
}

function paintOne(context: CanvasRenderingContext2D, mark: Mark): void {
  switch (mark.kind) {
    case "rect":
      context.globalAlpha = mark.opacity ?? 1;
      context.fillStyle = mark.colour;
      context.fillRect(mark.x, mark.y, mark.width, mark.height);
      context.globalAlpha = 1;
      return;
    case "text":
      context.fillStyle = mark.colour;
      context.font = `${mark.size ?? 13}px ${mark.mono === false ? SANS : MONO}`;
      context.textAlign = ({ start: "left", middle: "center", end: "right" } as const)[mark.anchor ?? "start"];
      if (mark.most === undefined) context.fillText(mark.text, mark.x, mark.y);
      else context.fillText(mark.text, mark.x, mark.y, mark.most);
      return;
    case "line":
    case "area": {
      const { points } = mark;
      context.beginPath();
      for (let i = 0; i < points.length; i += 2) context.lineTo(points[i]!, points[i + 1]!);
      if (mark.kind === "area") {
        context.globalAlpha = mark.opacity;
        context.fillStyle = mark.colour;
        context.fill();
        context.globalAlpha = 1;
        return;
      }
      context.strokeStyle = mark.colour;
      context.lineWidth = mark.width ?? 1.5;
      // A round corner at each of hundreds of points would cost most of a frame.
      context.lineJoin = points.length > 200 ? "bevel" : "round";
      context.setLineDash([...(mark.dash ?? [])]);
      context.stroke();
      context.setLineDash([]);
      return;
    }
    case "pixels":
      context.drawImage(bitmap(mark.pixels), mark.x, mark.y, mark.width, mark.height);
  }
}

const short = (value: number): string => String(Math.round(value * 100) / 100);

/** Marks as an SVG file. @param pngOf  pixels as the address of a picture */
export function svgOf(
  marks: readonly Mark[],
  size: { width: number; height: number },
  background: string,
  pngOf: (pixels: Pixels) => string,
): string {
  const body = marks.map((mark) => elementOf(mark, pngOf)).join("\n");
  const box = `0 0 ${short(size.width)} ${short(size.height)}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}" width="${short(size.width)}" height="${short(size.height)}">\n<rect width="100%" height="100%" fill="${background}"/>\n${body}\n</svg>\n`;
}

function elementOf(mark: Mark, pngOf: (pixels: Pixels) => string): string {
  switch (mark.kind) {
    case "rect":
      return `<rect ${box(mark)} fill="${mark.colour}"${mark.opacity === undefined ? "" : ` opacity="${short(mark.opacity)}"`}/>`;
    case "text": {
      const anchor = mark.anchor === undefined ? "" : ` text-anchor="${mark.anchor}"`;
      const font = `font-family="${mark.mono === false ? SANS : MONO}" font-size="${mark.size ?? 13}"`;
      return `<text x="${short(mark.x)}" y="${short(mark.y)}" fill="${mark.colour}" ${font}${anchor}>${escapeXml(mark.text)}</text>`;
    }
    case "line":
      return `<polyline points="${mark.points.map(short).join(" ")}" fill="none" stroke="${mark.colour}" stroke-width="${mark.width ?? 1.5}"${mark.dash === undefined ? "" : ` stroke-dasharray="${mark.dash.join(" ")}"`}/>`;
    case "area":
      return `<polygon points="${mark.points.map(short).join(" ")}" fill="${mark.colour}" opacity="${short(mark.opacity)}"/>`;
    case "pixels":
      return `<image ${box(mark)} preserveAspectRatio="none" style="image-rendering:pixelated" href="${pngOf(mark.pixels)}"/>`;
  }
}

function box({ x, y, width, height }: { x: number; y: number; width: number; height: number }): string {
  return `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;
}
