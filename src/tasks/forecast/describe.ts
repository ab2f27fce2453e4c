import { isObject } from "../../base/check.js";
import { FormatError, show } from "../../base/errors.js";
import type { Json } from "../../train/index.js";
import { isNumberColumn } from "../rows/number-columns.js";
import { CALENDAR } from "./calendar.js";
import type { Covariate } from "./covariates.js";
import type { ForecastMeta } from "./data.js";
import { OUTPUTS } from "./quantile-of.js";
import type { SeriesScale } from "./scale.js";
import { TIME_FORMS } from "./time-axis.js";

/** What a checkpoint says of the series. */
export function describeForecast(meta: ForecastMeta): Readonly<Record<string, Json>> {
  const { axis, form, season, output, calendar, covariates, scales } = meta;
  const series = [...scales].map(([id, { shift, scale, naive, until }]) => [id, shift, scale, naive, until]);
  return { series: { axis, form, season, output, calendar, covariates, scales: series } as unknown as Json };
}

/** @throws FormatError for what `describeForecast` does not give */
export function readForecast({ series }: Readonly<Record<string, Json>>): ForecastMeta {
  const given = (isObject(series) ? series : {}) as Partial<Record<keyof ForecastMeta, unknown>>;
  const { axis, form, season, output, calendar, covariates, scales } = given;
  const { unit, step } = (axis ?? {}) as Partial<Record<string, unknown>>;
  const isWhole =
    isOneOf(["number", "ms", "month"], unit) &&
    isPositive(step) &&
    isOneOf(TIME_FORMS, form) &&
    (form === "number") === (unit === "number") &&
    isPositive(season) &&
    Number.isInteger(season) &&
    isOneOf(OUTPUTS, output) &&
    isListOf(calendar, (name) => isOneOf(CALENDAR, name)) &&
    isListOf(covariates, isCovariate) &&
    isListOf(scales, isScale) &&
    scales.length > 0;
  if (!isWhole) {
    const must = "hold axis, form, season, output, calendar, covariates and scales";
    throw new FormatError({ op: "forecast", argument: "json", must, value: show(series) });
  }
  const known = (scales as Scale[]).map(
    ([id, shift, scale, naive, until]) => [id, { shift, scale, naive, until }] as const,
  );
  return { ...(given as unknown as ForecastMeta), scales: new Map<string, SeriesScale>(known) };
}

type Scale = readonly [id: string, shift: number, scale: number, naive: number, until: number];

function isOneOf(all: readonly string[], value: unknown): boolean {
  return typeof value === "string" && all.includes(value);
}

function isPositive(value: unknown): value is number {
  return typeof value === "number" && value > 0 && Number.isFinite(value);
}

function isListOf(value: unknown, isOne: (item: unknown) => boolean): value is unknown[] {
  return Array.isArray(value) && value.every(isOne);
}

function isScale(item: unknown): boolean {
  if (!Array.isArray(item) || item.length !== 5) return false;
  const [id, shift, scale, naive, until] = item;
  return typeof id === "string" && [shift, until].every(Number.isFinite) && isPositive(scale) && isPositive(naive);
}

function isCovariate(item: unknown): boolean {
  return isNumberColumn(item) && isOneOf(["known", "static"], (item as Partial<Covariate>).role);
}
