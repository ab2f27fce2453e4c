const MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*";
const WEEKDAY = "(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +)?";
const CLOCK = "\\d{1,2}:\\d{2}:\\d{2}(?:[.,]\\d+)?(?: ?[ap]m\\b)?";
const ZONE = "(?: ?(?:z|utc|gmt|[+-]\\d{2}:?\\d{2})\\b)?";

/** Dates and times as logs write them. A clock alone may be a duration: it is a time where the line begins with it. */
const TIMES = new RegExp(
  [
    `\\b\\d{4}[-/.]\\d{2}[-/.]\\d{2}(?:[t ]+\\d{2}:\\d{2}(?::\\d{2}(?:[.,]\\d+)?)?${ZONE})?`,
    `\\b\\d{1,2}[/-]${MONTH}[/-]\\d{4}(?:[: ]${CLOCK}${ZONE})?`,
    `\\b${WEEKDAY}${MONTH} {1,2}\\d{1,2},?(?: \\d{4})? ${CLOCK}${ZONE}(?: \\d{4})?`,
    `\\b${WEEKDAY}\\d{1,2} ${MONTH},? \\d{4}(?: ${CLOCK}${ZONE})?`,
    `\\b\\d{1,2}[/.]\\d{1,2}[/.]\\d{4},? +${CLOCK}`,
    `^\\W?${CLOCK}`,
    "^\\W?\\d{6} \\d{6}\\b",
    "^\\W?1\\d{9}(?:\\d{3})?(?:[.,]\\d+)?\\b",
    "^\\[ *\\d+\\.\\d{6}\\]",
  ].join("|"),
  "giu",
);

/** A line whose dates and times are all alike, as long as it was: those of tomorrow are none that were learned. */
export function withoutTimes(text: string): string {
  return text.replace(TIMES, (time) =>
    time
      .replace(/ (?= *\d)/g, "0")
      .replace(/\d/g, "0")
      .replace(/\p{L}/gu, "x"),
  );
}

/** Whether most of some lines hold a time. */
export function holdTimes(lines: readonly string[]): boolean {
  return lines.length > 0 && 2 * lines.filter((line) => withoutTimes(line) !== line).length > lines.length;
}
