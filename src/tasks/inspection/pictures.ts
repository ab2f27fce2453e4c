import { svg } from "../../diagnostics/index.js";
import type { Bars, Block, Curves, MapBlock, Weighed } from "./blocks.js";

const WIDTH = 860;

/** A block as a picture; null for what is text alone. */
export function picture(block: Block): svg.Drawing | null {
  switch (block.kind) {
    case "weighed":
      return weighedPicture(block);
    case "map":
      return mapPicture(block);
    case "curves":
      return curvesPicture(block);
    case "bars":
      return barPicture(block);
    default:
      return null;
  }
}

/** Of a model that is broken there may be no numbers: its bars say so in words. */
function barPicture({ title, about, bars }: Bars): svg.Drawing {
  const drawn = bars.map((bar) => (Number.isFinite(bar.value) ? bar : { ...bar, value: 0 }));
  return svg.barChart({ title, subtitle: about, bars: drawn, width: WIDTH });
}

/** The largest of these, or 1 where all are 0. */
export function rangeOf(values: readonly number[]): number {
  const most = values.reduce((sum, value) => Math.max(sum, Math.abs(value)), 0);
  return most > 0 && Number.isFinite(most) ? Number(most.toPrecision(2)) : 1;
}

function weighedPicture({ title, about, steps, weights }: Weighed): svg.Drawing {
  const rows = [{ name: "decided", values: weights }];
  return svg.heatMap({
    title,
    subtitle: about,
    rows,
    columns: short(steps.map(({ label }) => label)),
    range: rangeOf(weights),
    width: WIDTH,
  });
}

function mapPicture({ title, about, rows, columns, values }: MapBlock): svg.Drawing {
  const names = short(rows).map((name, r) => ({ name, values: values[r] }));
  return svg.heatMap({
    title,
    subtitle: about,
    rows: names,
    columns: short(columns),
    range: rangeOf(values.flat()),
    width: WIDTH,
  });
}

const LONGEST = 14;
const short = (labels: readonly string[]): string[] =>
  labels.map((label) => ([...label].length > LONGEST ? `${[...label].slice(0, LONGEST - 1).join("")}…` : label));

function curvesPicture({ title, about, xTitle, yTitle, series, log = false, yRange }: Curves): svg.Drawing {
  return svg.lineChart({
    ...{ title, subtitle: about, xTitle, yTitle, log, width: WIDTH, height: 240 },
    ...(yRange !== undefined && { yRange }),
    series: series.map(({ name, values, from = 0, dash }) => ({
      name,
      points: values.map((value, t): svg.Point => [from + t, value]),
      ...(dash !== undefined && { dash }),
    })),
  });
}
