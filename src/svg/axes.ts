import { line, text } from "./elements.js";
import { PALETTE } from "./palette.js";
import { powerText, tickText } from "./ticks.js";

/** Where the curves are, in pixels. */
export interface Area {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** From a value to its place in pixels. */
export type Scale = (value: number) => number;

export function linearScale(low: number, high: number, from: number, to: number): Scale {
  return (value) => from + ((value - low) / (high - low || 1)) * (to - from);
}

/** Equal factors are equally far apart. */
export function logScale(low: number, high: number, from: number, to: number): Scale {
  const place = linearScale(Math.log10(low), Math.log10(high), from, to);
  return (value) => place(Math.log10(value));
}

export interface AxisOptions {
  xTitle: string;
  yTitle: string;
  /** Powers of ten up the side. Default false. */
  log?: boolean | undefined;
}

/** Lines across with their numbers, ticks along the bottom with theirs, and what both stand for. */
export function axes(
  { xTitle, yTitle, log = false }: AxisOptions,
  { left, right, top, bottom }: Area,
  x: Scale,
  y: Scale,
  xTicks: readonly number[],
  yTicks: readonly number[],
): string[] {
  const style = { size: 11, colour: PALETTE.faint } as const;
  return [
    ...yTicks
      .filter((tick) => y(tick) > top - 1 && y(tick) < bottom + 1)
      .flatMap((tick) => [
        line([left, y(tick)], [right, y(tick)]),
        text(left - 6, y(tick) + 4, log ? powerText(tick) : tickText(tick), { ...style, anchor: "end" }),
      ]),
    ...xTicks.flatMap((tick) => [
      line([x(tick), bottom], [x(tick), bottom + 4], PALETTE.faint),
      text(x(tick), bottom + 17, tickText(tick), { ...style, anchor: "middle" }),
    ]),
    text((left + right) / 2, bottom + 34, xTitle, { anchor: "middle" }),
    text(11, (top + bottom) / 2, yTitle, { anchor: "middle", turn: -90 }),
  ];
}
