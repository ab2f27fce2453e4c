import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { grouped } from "../../../src/base/grouped.js";
import "uplot/dist/uPlot.min.css";
import type { Curve } from "../worker/runs.js";
import { numberText } from "./text.js";

export interface PlotSeries {
  readonly name: string;
  readonly curve: Curve;
  /** A custom property of style: `--curve-1`. */
  readonly colour: string;
  readonly scale?: number;
}

interface PlotProps {
  readonly title: string;
  readonly series: readonly PlotSeries[];
  /** Grows with what is drawn: curves grow in place. */
  readonly version: number;
  readonly height: number;
  /** The last step: plots of one training have one axis of time. */
  readonly end: number;
  /** A step to mark. */
  readonly mark?: number | null;
  /** Told of the values under the pointer, in the order of the series; null where it is elsewhere. */
  onHover?(hovered: Hovered | null): void;
}

export interface Hovered {
  readonly step: number;
  readonly values: readonly (number | null)[];
}

/** Curves over the steps of training. */
export function Plot({ title, series, version, height, end, mark = null, onHover }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const names = series.map(({ name }) => name).join("\n");
  const now = useRef({ mark, end, onHover });
  now.current = { mark, end, onHover };
  useThemeChange(() => {
    colours.clear();
    plot.current?.redraw(false);
  });

  useEffect(() => {
    const element = place.current!;
    const made = new uPlot(optionsOf(series, element, height, now), dataOf(series), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [names, height]);

  useEffect(() => {
    // At most once a frame, however often the worker tells.
    const frame = requestAnimationFrame(() => plot.current?.setData(dataOf(series)));
    return () => cancelAnimationFrame(frame);
  }, [version, names, mark]);

  const told = series.flatMap(({ name, curve, scale = 1 }) => {
    const last = curve.values.at(-1);
    return last === undefined ? [] : [`${name} ${numberText(scale * last)}`];
  });
  return (
    <div
      class="plot"
      role="img"
      aria-label={`${title}: ${told.join(", ")}`}
      ref={place}
      style={{ height: `${height}px` }}
    />
  );
}

/** Curves have steps of their own: one table of all, with gaps. */
function dataOf(series: readonly PlotSeries[]): uPlot.AlignedData {
  const tables = series.map(({ curve, scale = 1 }): uPlot.AlignedData => {
    const values = scale === 1 ? curve.values : curve.values.map((value) => scale * value);
    return [curve.steps, values];
  });
  return tables.length === 0 ? [[]] : uPlot.join(tables);
}

function optionsOf(
  series: readonly PlotSeries[],
  element: HTMLElement,
  height: number,
  now: { readonly current: { mark: number | null; end: number; onHover: PlotProps["onHover"] } },
): uPlot.Options {
  const colour = (name: string) => () => colourOf(name);
  const hover = (plot: uPlot) => {
    const { idx } = plot.cursor;
    const [steps, ...columns] = plot.data;
    if (idx === null || idx === undefined) now.current.onHover?.(null);
    else now.current.onHover?.({ step: steps[idx], values: columns.map((column) => column[idx] ?? null) });
  };
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const axis: uPlot.Axis = {
    stroke: colour("--faint"),
    font,
    grid: { stroke: colour("--rule"), width: 1 },
    ticks: { show: false },
    gap: 4,
  };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    padding: [8, 18, 0, 0],
    scales: {
      x: { time: false, range: () => [0, Math.max(now.current.end, 1)] },
      y: { range: (_, low, high) => rangeOf(low, high) },
    },
    axes: [
      { ...axis, size: 24, values: (_, ticks) => ticks.map((tick) => grouped(tick)) },
      { ...axis, size: 48, values: (_, ticks) => ticks.map((tick) => String(Number(tick.toPrecision(6)))) },
    ],
    series: [
      {},
      ...series.map(
        ({ name, colour: property }): uPlot.Series => ({
          label: name,
          stroke: colour(property),
          width: 1.5,
          spanGaps: true,
          points: { show: isShort, size: 5, fill: colour(property) },
        }),
      ),
    ],
    hooks: {
      setCursor: [hover],
      draw: [(plot) => drawMark(plot, now.current.mark, colour("--accent")())],
    },
  };
}

/** The moment that is looked at. */
function drawMark({ ctx, bbox, valToPos }: uPlot, mark: number | null, colour: string): void {
  if (mark === null) return;
  ctx.fillStyle = colour;
  ctx.fillRect(Math.round(valToPos(mark, "x", true)), bbox.top, devicePixelRatio, bbox.height);
}

/** A little more than what is drawn; of one value what is around it. */
function rangeOf(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  const room = low === high ? Math.abs(low) / 10 || 1 : (high - low) / 20;
  return [low - room, high + room];
}

/** Asking a style makes a browser lay out the page, which is too much for every drawing: kept until the appearance changes. */
const colours = new Map<string, string>();

function colourOf(name: string): string {
  const known = colours.get(name);
  if (known !== undefined) return known;
  const colour = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  colours.set(name, colour);
  return colour;
}

/** A line of one or two points is hardly a line. */
function isShort(plot: uPlot, index: number): boolean {
  let count = 0;
  for (const value of plot.data[index]) if (value !== null && value !== undefined && ++count > 2) return false;
  return true;
}

/** Colours are read when a plot is drawn: it is drawn anew when they change. */
function useThemeChange(redraw: () => void): void {
  useEffect(() => {
    const media = matchMedia("(prefers-color-scheme: dark)");
    const observer = new MutationObserver(redraw);
    observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    media.addEventListener("change", redraw);
    return () => {
      observer.disconnect();
      media.removeEventListener("change", redraw);
    };
  }, []);
}
