import type { PlotSeries } from "../ui/plot.js";

/** The curves as a picture that stands alone, in light and in dark. */
export async function curveSvg(title: string, series: readonly PlotSeries[]): Promise<string> {
  // Nobody needs it until a picture is asked for.
  const { lineChart, toSvg } = await import("unrolled/svg");
  const drawn = series
    .filter(({ curve }) => curve.steps.length > 0)
    .map(({ name, curve, scale = 1 }) => ({
      name,
      points: curve.steps.map((step, i) => [step, scale * curve.values[i]] as const),
    }));
  return toSvg(lineChart({ title, xTitle: "step", yTitle: title, series: drawn }), title);
}

/** The numbers: a row a point. */
export function curveTable(series: readonly PlotSeries[]): string {
  const rows = series.flatMap(({ name, curve, scale = 1 }) =>
    curve.steps.map((step, i) => `${cell(name)},${step},${scale * curve.values[i]}`),
  );
  return `curve,step,value\n${rows.join("\n")}\n`;
}

const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
