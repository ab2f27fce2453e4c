import { bitmap, type Mark, paint, svgOf } from "./marks.js";

export interface Picture {
  marks: readonly Mark[];
  width: number;
  height: number;
  background: string;
}

export async function copySvg({ marks, background, ...size }: Picture): Promise<void> {
  await navigator.clipboard.writeText(
    svgOf(marks, size, background, (pixels) => bitmap(pixels).toDataURL("image/png")),
  );
}

export async function copyPng({ marks, width, height, background }: Picture): Promise<void> {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2 * Math.ceil(width), 2 * Math.ceil(height)];
  const context = canvas.getContext("2d")!;
  context.scale(2, 2);
  context.fillStyle = background;
  context.fillRect(0, 0, width, height);
  paint(context, marks);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob !== null) await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
}

/** A table that a spreadsheet takes: no cell holds a tab or a break, and none begins a formula. */
export async function copyRows(rows: readonly (readonly (string | number)[])[]): Promise<void> {
  const cell = (value: string | number): string =>
    typeof value === "number" ? String(value) : value.replace(/[\t\n\r]/g, " ").replace(/^[=+@]/, "'$&");
  await navigator.clipboard.writeText(rows.map((row) => row.map(cell).join("\t")).join("\n"));
}
