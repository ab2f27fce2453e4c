import { describe, expect, test } from "vitest";
import { FormatError } from "../../../src/base/errors.js";
import { inferTask, taskNamed } from "../../../src/tasks/registry.js";

const day = (t: number) => new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(0, 10);
const rows = (count: number, of: (t: number) => unknown[]) => Array.from({ length: count }, (_, t) => of(t).join(","));
const table = (columns: string, ...all: string[]) => `${columns}\n${all.join("\n")}\n`;
/** Rows of some shops on each of some days. */
const panel = (columns: string, days: number, shops: number, of: (t: number, s: number) => unknown[]) =>
  table(columns, ...rows(days * shops, (i) => of(Math.floor(i / shops), i % shops)));

const promoted = panel("date,store_id,city,promo,price,units", 20, 6, (t, s) => [day(t), s + 1, "ab"[s % 2], (t * s) % 3 === 0 ? 1 : 0, 9.99 - ((t * s) % 3), (7 * t + s * s) % 23]); // biome-ignore format: a table
const clock = table(
  "Datetime,PJME_MW",
  ...rows(60, (t) => [`2023-10-${29 + Math.floor((t < 3 ? t : t - 1) / 24)} ${String((t < 3 ? t : t - 1) % 24).padStart(2, "0")}:00:00`, 100 + t]),
); // biome-ignore format: a table

const UNASKED: Record<string, [string, string]> = {
  "shops told apart by numbers": [promoted, "time=date, target=units, id=store_id (6 series)"],
  "a number that is measured tells nothing apart": [panel("day,shop,temp,sales", 12, 2, (t, s) => [day(t), "xy"[s], 10 * t + s, t + s]), "time=day, target=sales, id=shop (2 series)"],
  "an hour that a clock has twice": [clock, "time=Datetime, target=PJME_MW, one series"],
  "what is sold, not at what price": [table("date,price,sales", ...rows(9, (t) => [day(t), 5 + (t % 2), 3 * t])), "time=date, target=sales, one series"],
  "a price where there is nothing else": [table("date,price,rate", ...rows(9, (t) => [day(t), 5 + (t % 2), 3 * t])), "time=date, target=price, one series"],
  "visits before what they are made of": [table("day,visits,bounce_rate,holiday", ...rows(9, (t) => [day(t), 50 + t, 0.4, t === 3 ? "May" : ""])), "time=day, target=visits, one series"],
  "a time that comes twice in one of several series": [`${panel("day,shop,sales", 60, 2, (t, s) => [day(t), "ab"[s], (t * s) % 7])}${day(59)},b,3\n`, "time=day, target=sales, id=shop (2 series)"],
  "no header": [table("2024-01-01,3.5", ...rows(9, (t) => [day(1 + t), t])), "time=2024-01-01, target=3.5, one series; the first line is taken for the header, though it holds a time and a number"],
  "no column of faults": [table("time,vib,is_anomaly", ...rows(9, (t) => [`${day(t)}T00:00:00`, Math.sin(t), t % 5 === 4 ? 1 : 0])), "time=time, target=vib, one series"],
  "many kinds of failures are numbers as others": [table("day,x,failure", ...rows(9, (t) => [day(t), t, t])), "time=day, target=failure, one series"],
}; // biome-ignore format: a table

describe("what a table says of itself", () => {
  const inferred = (text: string, given: object, name?: string) => {
    const bytes = () => new TextEncoder().encode(text);
    if (name !== undefined) return taskNamed(name).infer!("x.csv", bytes, given, true)?.found;
    const { task, inferred: found } = inferTask("x.csv", bytes, given as Record<string, unknown>);
    return `${task.name}: ${found?.found}`;
  };

  test.each(Object.entries(UNASKED))("%s", (_, [text, found]) => {
    expect(inferred(text, {})).toBe(`forecast: ${found}`);
  });

  test.each([
    ["forecast", table("ts,temp", ...rows(9, (t) => [1_700_000_000 + 10 * t, 20 + (t % 3)])), {}, "time=ts, target=temp, one series"],
    ["forecast", table("volt,tick", ...rows(9, (t) => [t % 2, 3 * t])), {}, "time=tick, target=volt, one series"],
    ["anomaly", UNASKED["no column of faults"]![0], {}, "time=time, target=vib, one series, label=is_anomaly"],
    ["anomaly", UNASKED["no column of faults"]![0], { label: "is_anomaly" }, "time=time, target=vib, one series"],
    ["anomaly", table("t,x,ok", ...rows(9, (t) => [t, t % 4, 1])), {}, "time=t, target=ok, one series"],
  ])("asked for %s of %j", (name, text, given, found) => {
    expect(inferred(text, given, name)).toBe(found);
  }); // biome-ignore format: a table

  test.each([["forecast"], ["anomaly"]])("%s of a table without times says so", (name) => {
    for (const text of ["volt\n3\n1\n2\n", "a,b\n3,1\n1,2\n2,1\n", "name,n\nx,1\ny,0\n"]) {
      const refused = () => inferred(text, {}, name);
      expect(refused).toThrow(FormatError);
      expect(refused).toThrow(/must have a column of times: dates, or numbers that rise from row to row, got \[".*Add one/);
    }
    // Whoever names one is told of that one.
    expect(() => inferred("a,b\n3,1\n1,2\n", { time: "c" }, name)).toThrow(/"c"/);
  }); // biome-ignore format: a line
});
