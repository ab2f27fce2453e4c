import { describe, expect, test } from "vitest";
import { CALENDAR, calendarNumbers, calendarWidth, usualCalendar } from "../../../src/tasks/forecast/calendar.js";
import {
  axisOf,
  stepsBetween,
  stepText,
  timeAfter,
  timeOf,
  timeText,
  usualSeason,
} from "../../../src/tasks/forecast/time-axis.js";

const at = (text: string) => timeOf(text)!.time;
const each =
  (...series: number[][]): Parameters<typeof axisOf>[0] =>
  (told) => {
    for (const times of series) for (const [i, time] of times.entries()) told(time, i === 0);
  };
const axisOfTexts = (...texts: string[]) => axisOf(each(texts.map(at)), timeOf(texts[0]!)!.form !== "number")!;

describe("the step of a series", () => {
  test.each([
    ["1 day", 7, ["day-of-week", "day-of-year"], ["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"]],
    ["7 days", 52, ["day-of-year"], ["2024-12-20", "2024-12-27", "2025-01-03", "2025-01-10"]],
    [
      "1 hour",
      24,
      ["hour", "day-of-week", "day-of-year"],
      ["2024-12-31T22:00", "2024-12-31T23:00", "2025-01-01 00:00"],
    ],
    [
      "15 minutes",
      96,
      ["hour", "day-of-week", "day-of-year"],
      ["2024-01-01T23:45Z", "2024-01-02T00:00Z", "2024-01-02T00:15Z"],
    ],
    ["1 month", 12, ["month"], ["2023-12-01", "2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"]],
    ["1 month", 12, ["month"], ["2023-11", "2023-12", "2024-01", "2024-02"]],
    ["1 month", 12, ["month"], ["2023-11-30", "2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31"]],
    ["3 months", 4, ["month"], ["2023-10-15", "2024-01-15", "2024-04-15", "2024-07-15"]],
    ["1 year", 1, [], ["2023-07-01", "2024-07-01", "2025-07-01"]],
    ["1", 1, [], ["1999", "2000", "2001"]],
    ["0.1", 1, [], ["0.1", "0.2", "0.3", "0.4"]],
  ])("%s, season %d", (text, season, calendar, times) => {
    const axis = axisOfTexts(...times);
    expect([stepText(axis), usualSeason(axis), usualCalendar(axis)]).toEqual([text, season, calendar]);
    for (const [i, time] of times.entries()) {
      expect(stepsBetween(axis, at(times[0]!), at(time))).toBe(i);
      const { form } = timeOf(times[0]!)!;
      expect(at(timeText(timeAfter(axis, at(times[0]!), i), form))).toBeCloseTo(at(time), 9);
    }
  });

  test.each([
    ["2023-01-31", 1, "2023-02-28"],
    ["2023-01-31", 13, "2024-02-29"],
    ["2024-02-29", 1, "2024-03-31"],
    ["2023-12-31", -12, "2022-12-31"],
  ])("the last day of a month stays it: %s and %d months", (from, steps, to) => {
    expect(timeText(timeAfter({ unit: "month", step: 1 }, at(from), steps), "day")).toBe(to);
  });

  test("the most frequent one, whatever is amiss", () => {
    expect(axisOfTexts("2024-01-01", "2024-01-02", "2024-01-05", "2024-01-04", "2024-01-05").step).toBe(86_400_000);
    expect(axisOf(each([3], [4]), false)).toBeNull();
    expect(axisOf(each([5, 4, 3]), false)).toBeNull();
  });
});

describe("the calendar", () => {
  test.each(CALENDAR.map((name) => [name]))("%s: a cycle, whose ends meet", (name) => {
    const width = calendarWidth([name]);
    const numbers = (time: string) => calendarNumbers([name], at(time));
    expect(numbers("2024-03-05T10:00")).toHaveLength(width);
    expect(Math.max(...numbers("2024-03-05T10:00").map(Math.abs))).toBeLessThanOrEqual(1);
    const [end, begin] = [numbers("2023-12-31T23:59"), numbers("2024-01-01")];
    const apart = Math.hypot(...end.map((value, i) => value - begin[i]!));
    // Months step; days of the week go on from Sunday to Monday.
    expect(apart).toBeLessThan(name === "month" ? 2.5 : 0.7);
  });

  test("seven days are told apart by a linear layer: their numbers have full rank", () => {
    const days = [1, 2, 3, 4, 5, 6, 7].map((day) => calendarNumbers(["day-of-week"], at(`2024-01-0${day}`)));
    for (const [i, a] of days.entries()) {
      for (const b of days.slice(i + 1))
        expect(a.reduce((sum, value, k) => sum + value * b[k]!, 0)).toBeCloseTo(-0.5, 9);
    }
  });

  test("by hand", () => {
    // 2024-01-03 is a Wednesday, day 3 of 7; at noon half a day more.
    const angle = (2 * Math.PI * 3.5) / 7;
    const [sin, cos] = calendarNumbers(["day-of-week"], at("2024-01-03T12:00"));
    expect([sin, cos]).toEqual([expect.closeTo(Math.sin(angle), 12), expect.closeTo(Math.cos(angle), 12)]);
  });
});
