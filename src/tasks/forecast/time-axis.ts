import { dateOf, numberOf } from "../../data/readers/cells.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** How times follow one another: by a number, by milliseconds, or by calendar months. */
export interface TimeAxis {
  unit: "number" | "ms" | "month";
  step: number;
}

/** How a file writes its times. */
export const TIME_FORMS = ["number", "month", "day", "instant"] as const;
export type TimeForm = (typeof TIME_FORMS)[number];

/** A cell as a time: a number, or milliseconds since 1970; null for what is none. */
export function timeOf(cell: string): { time: number; form: TimeForm } | null {
  const text = cell.trim();
  const number = numberOf(text);
  if (number !== null) return { time: number, form: "number" };
  if (/^\d{4}-\d{2}$/.test(text)) {
    const time = dateOf(`${text}-01`);
    return time === null ? null : { time, form: "month" };
  }
  const time = dateOf(text);
  return time === null ? null : { time, form: text.length === 10 ? "day" : "instant" };
}

/** A time as the file writes it, in ISO 8601. */
export function timeText(time: number, form: TimeForm): string {
  // Dates end 8.64e15 milliseconds from 1970.
  if (form === "number" || !(Math.abs(time) <= 8.64e15)) return String(Number(time.toPrecision(12)));
  const iso = new Date(time).toISOString();
  if (form === "instant") return iso.replace(/\.000Z$/, "Z");
  return iso.slice(0, form === "month" ? 7 : 10);
}

interface Months {
  month: number;
  /** Of the month, with its part of the day. */
  day: number;
  isLast: boolean;
}

function monthsOf(time: number): Months {
  const date = new Date(time);
  const month = 12 * date.getUTCFullYear() + date.getUTCMonth();
  const days = (monthBegin(month + 1) - monthBegin(month)) / DAY;
  return { month, day: (time - monthBegin(month)) / DAY, isLast: date.getUTCDate() === days };
}

/** @param month  counted from the beginning of the year 0 */
function monthBegin(month: number): number {
  return new Date(0).setUTCFullYear(Math.floor(month / 12), month - 12 * Math.floor(month / 12), 1);
}

/** Tells of the times of a file, series after series, as often as it is asked. */
export type EachTime = (told: (time: number, isFirst: boolean) => void) => void;

/**
 * How far two times lie apart most often.
 * @returns null where no time comes after another
 */
export function axisOf(each: EachTime, isDate: boolean): TimeAxis | null {
  const apart = (of: (time: number) => number) => {
    const found = new Counts();
    let before = 0;
    each((time, isFirst) => {
      const at = of(time);
      if (!isFirst) found.add(at - before);
      before = at;
    });
    return found.commonest;
  };
  const step = apart((time) => time);
  if (step === null || !isDate) return step === null ? null : { unit: "number", step };
  if (step >= 28 * DAY && haveOneDay(each)) return { unit: "month", step: apart((time) => monthsOf(time).month) ?? 1 };
  return { unit: "ms", step };
}

/** Whether most are the same day of their months, or the last. */
function haveOneDay(each: EachTime): boolean {
  const days = new Counts();
  let [all, last, same] = [0, 0, 0];
  each((time) => {
    const { day, isLast } = monthsOf(time);
    days.add(day + 1);
    all++;
    if (isLast) last++;
  });
  const usual = days.commonest;
  each((time) => {
    if (monthsOf(time).day + 1 === usual) same++;
  });
  return 2 * Math.max(last, same) > all;
}

/** Of more different numbers than these, those that come later are not counted. */
const MOST_COUNTED = 2 ** 20;

/** How often positive numbers occur. */
class Counts {
  readonly #counts = new Map<number, number>();
  #last = Number.NaN;
  #key = 0;

  add(number: number): void {
    if (number !== this.#last) {
      this.#last = number;
      // Times such as 0.1, 0.2, 0.3 are not evenly apart in binary.
      this.#key = Number(number.toPrecision(9));
    }
    const count = this.#counts.get(this.#key) ?? 0;
    if (this.#key > 0 && (count > 0 || this.#counts.size < MOST_COUNTED)) this.#counts.set(this.#key, count + 1);
  }

  /** The one that occurs most often; of several the smallest. */
  get commonest(): number | null {
    let best: number | null = null;
    let most = 0;
    for (const [number, count] of this.#counts) {
      if (count > most || (count === most && number < best!)) [best, most] = [number, count];
    }
    return best;
  }
}

/** How many steps `time` is after `from`: whole for a time that fits. */
export function stepsBetween({ unit, step }: TimeAxis, from: number, time: number): number {
  if (unit === "month") {
    const [a, b] = [monthsOf(from), monthsOf(time)];
    const sameDay = a.day === b.day || (a.isLast && b.isLast);
    return (b.month - a.month) / step + (sameDay ? 0 : 0.5);
  }
  const steps = (time - from) / step;
  return Math.abs(steps - Math.round(steps)) < 1e-6 * Math.max(1, Math.abs(steps)) ? Math.round(steps) : steps;
}

/** The time so many steps after `from`. */
export function timeAfter({ unit, step }: TimeAxis, from: number, steps: number): number {
  if (unit !== "month") return from + steps * step;
  const { month, day, isLast } = monthsOf(from);
  const to = month + steps * step;
  const last = (monthBegin(to + 1) - monthBegin(to)) / DAY - 1;
  const part = day - Math.floor(day);
  return monthBegin(to) + Math.round(DAY * ((isLast ? last : Math.min(Math.floor(day), last)) + part));
}

/** A step as a person says it. */
export function stepText({ unit, step }: TimeAxis): string {
  if (unit === "number") return String(step);
  const [size, name] =
    unit === "month"
      ? step % 12 === 0
        ? [12, "year"]
        : [1, "month"]
      : step % DAY === 0
        ? [DAY, "day"]
        : step % MINUTE === 0
          ? step % (60 * MINUTE) === 0
            ? [60 * MINUTE, "hour"]
            : [MINUTE, "minute"]
          : [1000, "second"];
  return `${step / (size as number)} ${name}${step === size ? "" : "s"}`;
}

/**
 * Steps after which a series repeats, when nobody says: a week of days, a day of hours, a year of months or weeks.
 * @param values  that it has: where a day is not seen twice, it is an hour or a minute that repeats
 */
export function usualSeason({ unit, step }: TimeAxis, values = Number.POSITIVE_INFINITY): number {
  if (unit === "number") return 1;
  if (unit === "month") return 12 % step === 0 ? 12 / step : 1;
  const stepsIn = (of: number) => (of % step === 0 ? of / step : 1);
  if (step < DAY) return [DAY, 60 * MINUTE, MINUTE].map(stepsIn).find((steps) => 2 * steps <= values) ?? 1;
  return stepsIn(step < 7 * DAY ? 7 * DAY : step === 7 * DAY ? 52 * step : step);
}
