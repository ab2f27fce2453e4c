import { dateOf } from "./cells.js";

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const monthNamed = (name: string): number => 1 + MONTHS.indexOf(name.slice(0, 3).toLowerCase());

const YEAR_FIRST = "Write the year first, then month and day: 2024-02-29.";

/** How to write what was meant as a date; empty for what is none. */
export function dateAdvice(cell: string): string {
  const text = cell.trim();
  const clock = /[ T,]+\d{1,2}:\d{2}.*$/i.exec(text)?.[0] ?? "";
  const day = text.slice(0, text.length - clock.length);
  const iso = isoOf(day);
  if (iso === null) return /\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2}/.test(day) ? YEAR_FIRST : "";
  if (dateOf(iso.length === 7 ? `${iso}-01` : iso) === null) return `There is no day ${iso}: write one that there is.`;
  if (clock === "") return `Write it as ${iso}.`;
  const hours = /^(\d{2}:\d{2}(:\d{2}(\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?$/.exec(clock.replace(/^[ T,]+/, ""))?.[0];
  const whole = hours === undefined ? null : `${iso}T${hours}`;
  if (whole !== null && dateOf(whole) !== null) return `Write it as ${whole}.`;
  return `Write hours from 00 to 23, and minutes and seconds from 00 to 59: ${iso}T13:30.`;
}

/** Whether a cell is a date, or one that is written otherwise than in ISO 8601. */
export function looksLikeDate(cell: string): boolean {
  return dateOf(cell.trim()) !== null || /^Write /.test(dateAdvice(cell));
}

/** The first day of a week of ISO 8601: the first week of a year has its 4 January. */
function mondayOf(year: number, week: number): number[] {
  const fourth = new Date(Date.UTC(year, 0, 4));
  const monday = new Date(Date.UTC(year, 0, 4 - ((fourth.getUTCDay() + 6) % 7) + 7 * (week - 1)));
  return [monday.getUTCFullYear(), monday.getUTCMonth() + 1, monday.getUTCDate()];
}

/** Ways to write a day, as year, month and day. */
const WAYS: readonly (readonly [written: RegExp, parts: (found: string[]) => readonly (number | string)[]])[] = [
  [/^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/, ([y, m, d]) => [y, m, d]],
  [/^(\d{4})(\d{2})(\d{2})$/, ([y, m, d]) => [y, m, d]],
  [/^(\d{1,2})\.(\d{1,2})\.(\d{4})$/, ([d, m, y]) => [y, m, d]],
  // Of 03/04/2024 nobody can tell which is the month.
  [/^(1[3-9]|2\d|3[01])[-/](\d{1,2})[-/](\d{4})$/, ([d, m, y]) => [y, m, d]],
  [/^(\d{1,2})[-/](1[3-9]|2\d|3[01])[-/](\d{4})$/, ([m, d, y]) => [y, m, d]],
  [/^(?:[a-z]{3,9}, ?)?(\d{1,2})[-. ]+([a-z]{3,9})[-., ]+(\d{4})$/i, ([d, m, y]) => [y, monthNamed(m), d]],
  [/^(?:[a-z]{3,9}, ?)?([a-z]{3,9})[. ]+(\d{1,2})[, ]+(\d{4})$/i, ([m, d, y]) => [y, monthNamed(m), d]],
  [/^(\d{4})[- ]?Q([1-4])$/i, ([y, q]) => [y, 3 * Number(q) - 2]],
  [/^(\d{4})-?W([0-4]\d|5[0-3])$/i, ([y, week]) => mondayOf(Number(y), Number(week))],
  [/^((?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6})[-., ]+(\d{4})$/i, ([m, y]) => [y, monthNamed(m)]],
  [/^(\d{4})[- ]((?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6})$/i, ([y, m]) => [y, monthNamed(m)]],
];

/** In the way of ISO 8601, whether or not there is such a day; null for what can be read in two ways, or in none. */
function isoOf(day: string): string | null {
  for (const [written, parts] of WAYS) {
    const found = written.exec(day);
    if (found !== null)
      return parts(found.slice(1))
        .map((part) => String(part).padStart(2, "0"))
        .join("-");
  }
  return null;
}
