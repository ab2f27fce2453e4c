/** What a column holds. `date` is a day or a day and time; `missing` a column without a value. */
export type ColumnType = "number" | "integer" | "boolean" | "date" | "text" | "missing";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DATE = /^(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** A text as a finite number written with digits; null where it is none. */
export function numberOf(text: string): number | null {
  if (!NUMBER.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

/** `true` and `false`, in any case; null for all else. */
export function booleanOf(text: string): boolean | null {
  if (text.length > 5) return null;
  const word = text.toLowerCase();
  return word === "true" ? true : word === "false" ? false : null;
}

/**
 * A date of ISO 8601 (`2024-02-29`, `2024-02-29 13:30`, `2024-02-29T13:30:00.5+09:00`), also with slashes, in milliseconds since
 * 1970. Without a zone it is UTC, on every machine. Null for what is none, and for days that there are not.
 */
export function dateOf(text: string): number | null {
  const found = text.length >= 10 ? DATE.exec(text) : null;
  if (found === null) return null;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0));
  if (hour > 23 || minute > 59 || second > 59) return null;
  // `Date.UTC` takes the years 0 to 99 for those of the 20th century.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  const time = date.setUTCHours(hour, minute, second) + Math.floor(1000 * Number(found[7] ?? 0));
  return time - zoneMinutes(found[8] ?? "Z") * 60_000;
}

function zoneMinutes(zone: string): number {
  if (zone === "Z") return 0;
  const minutes = 60 * Number(zone.slice(1, 3)) + Number(zone.slice(-2));
  return zone[0] === "-" ? -minutes : minutes;
}

/** Zip codes, telephone numbers: as numbers they would lose their zeros. */
export function hasLeadingZero(text: string): boolean {
  return /^[+-]?0\d/.test(text);
}

/** How to write what was meant as a number. */
export function numberAdvice(cell: string): string {
  // Full-width digits, a minus sign of print.
  const text = cell.normalize("NFKC").replace("\u2212", "-").trim();
  if (NUMBER.test(text)) {
    if (numberOf(text) === null) return "Write the numbers of this column in a larger unit.";
    return text === cell.trim() ? "" : `Write it as ${text}.`;
  }
  if (/^[+-]?\d{1,3},\d{3}$/.test(text))
    return `Write it as ${text.replace(",", "")}, or as ${text.replace(",", ".")} if the comma stands before a fraction.`;
  if (/^[+-]?\d+,\d+$/.test(text)) return `Write it with a point: ${text.replace(",", ".")}.`;
  if (/^[+-]?\d{1,3}([,' _]\d{3})+(\.\d+)?$/.test(text))
    return `Write it without marks between thousands: ${text.replace(/[,' _]/g, "")}.`;
  if (/^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$/.test(text))
    return `Write it without marks between thousands: ${text.replaceAll(".", "").replace(",", ".")}.`;
  if (/^0(x[\da-f]+|b[01]+|o[0-7]+)$/i.test(text)) return `Write it in decimal: ${Number(text)}.`;
  if (/^[+-]?\d+(\.\d+)?\s*%$/.test(text)) return "Write it without the sign, and say per cent in the column's name.";
  if (/^[+-]?(inf|infinity|∞)$/i.test(text))
    return "No model learns from infinity: write a finite number, or leave the cell empty.";
  if (/^(nan|n\/?a|null|none|nil|-|\?|#(n\/a|div\/0!|ref!|value!|name\?|num!|null!))$/i.test(text))
    return "Leave the cell of a missing value empty.";
  const negative = /^\((\d+(?:\.\d+)?)\)$/.exec(text);
  if (negative !== null) return `Write it as -${negative[1]}.`;
  const unit = /^(?:\p{Sc}\s*)?([+-]?\d+(?:\.\d+)?)\s*(?:[^\d\s.,/:_-]+)?$/u.exec(text);
  return unit === null ? "" : `Write the number alone: ${unit[1]}.`;
}
