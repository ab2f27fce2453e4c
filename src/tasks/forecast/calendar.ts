import type { TimeAxis } from "./time-axis.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Cycle {
  name: string;
  /** How far a time is through the cycle, in [0, 1). */
  phase(date: Date): number;
  /** Sines and cosines of 1 to so many times its frequency: three tell seven days apart. */
  harmonics: number;
}

const CYCLES: readonly Cycle[] = [
  { name: "hour", harmonics: 4, phase: (date) => (date.getTime() / DAY) % 1 },
  { name: "day-of-week", harmonics: 3, phase: (date) => (date.getUTCDay() + hoursOf(date) / 24) / 7 },
  { name: "day-of-month", harmonics: 2, phase: (date) => (date.getUTCDate() - 1) / 31 },
  { name: "month", harmonics: 3, phase: (date) => date.getUTCMonth() / 12 },
  {
    name: "day-of-year",
    harmonics: 3,
    phase: (date) => (date.getTime() - new Date(0).setUTCFullYear(date.getUTCFullYear(), 0, 1)) / DAY / 366,
  },
];

function hoursOf(date: Date): number {
  return date.getUTCHours() + date.getUTCMinutes() / 60;
}

/** What a step can read of its time. */
export const CALENDAR: readonly string[] = CYCLES.map(({ name }) => name);

/** What says something where steps are so long: days of the week for days, months for months. */
export function usualCalendar({ unit, step }: TimeAxis): string[] {
  if (unit === "number") return [];
  if (unit === "month") return step < 12 ? ["month"] : [];
  if (step < DAY) return ["hour", "day-of-week", "day-of-year"];
  return step < 7 * DAY ? ["day-of-week", "day-of-year"] : ["day-of-year"];
}

/** How many numbers a step reads of its time. */
export function calendarWidth(names: readonly string[]): number {
  return CYCLES.filter(({ name }) => names.includes(name)).reduce((sum, { harmonics }) => sum + 2 * harmonics, 0);
}

/** Of each of those numbers, what it is read of. */
export function calendarNames(names: readonly string[]): string[] {
  return CYCLES.filter(({ name }) => names.includes(name)).flatMap(({ name, harmonics }) =>
    new Array<string>(2 * harmonics).fill(name),
  );
}

/** Those numbers: sines and cosines, so that the last hour of a day is next to the first. @param time  milliseconds since 1970 */
export function calendarNumbers(names: readonly string[], time: number): number[] {
  const date = new Date(time);
  return CYCLES.filter(({ name }) => names.includes(name)).flatMap(({ phase, harmonics }) => {
    const angle = 2 * Math.PI * phase(date);
    return Array.from({ length: 2 * harmonics }, (_, i) => (i % 2 === 0 ? Math.sin : Math.cos)(angle * (1 + (i >> 1))));
  });
}
