import { expect, test } from "vitest";
import { dateOf } from "../../../src/data/readers/cells.js";
import { calendarNumbers } from "../../../src/tasks/forecast/calendar.js";
import { timeOf, timeText } from "../../../src/tasks/forecast/time-axis.js";

const two = (n: number) => String(n).padStart(2, "0");

test("years below 100 are themselves, as ISO 8601 has them", () => {
  for (let year = 0; year < 110; year++) {
    const text = `${String(year).padStart(4, "0")}-${two(1 + ((year * 5) % 12))}-${two(1 + ((year * 11) % 28))}`;
    expect(dateOf(text), text).toBe(Date.parse(`${text}T00:00:00Z`));
    expect(dateOf(`${text}T23:05:59.5-01:30`), text).toBe(Date.parse(`${text}T23:05:59.500-01:30`));
    expect(timeText(timeOf(text)!.time, "day")).toBe(text);
  }
});

test.each([
  ["0000-02-29", true],
  ["0004-02-29", true],
  ["0050-02-29", false],
  ["0099-04-31", false],
  ["1900-02-29", false],
])("%s is a day: %s", (text, is) => expect(dateOf(text) !== null).toBe(is));

test("the day of the year is the one of its own year", () => {
  const of = (text: string) => calendarNumbers(["day-of-year"], Date.parse(text));
  // Of the same day the same, whatever the century: both years have 365 days.
  expect(of("0050-03-01T00:00:00Z")).toEqual(of("2050-03-01T00:00:00Z"));
  expect(of("0050-03-01T00:00:00Z")).not.toEqual(of("0050-06-01T00:00:00Z"));
});
