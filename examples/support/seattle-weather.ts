import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Days of precipitation in mm, highest and lowest temperature in °C, and wind in m/s, of some years of 2012 to 2015; and the season, as
 * sine and cosine of the day of the year.
 */
export function seattleWeather(...years: string[]): number[][] {
  const main = createRequire(import.meta.url).resolve("vega-datasets");
  const lines = readFileSync(join(main, "../../data/seattle-weather.csv"), "utf8").split("\n");
  const days = lines.filter((line) => years.includes(line.slice(0, 4))).map((line) => line.split(","));
  return days.map(([date, ...numbers]) => {
    const angle = (2 * Math.PI * Date.parse(date!)) / (365.25 * 86_400_000);
    return [...numbers.slice(0, 4).map(Number), Math.sin(angle), Math.cos(angle)];
  });
}
