import { describe, expect, test } from "vitest";
import { Generator } from "../../../src/base/random.js";
import { holdTimes, withoutTimes } from "../../../src/tasks/anomaly/line-times.js";
import * as tasks from "../../../src/tasks/index.js";

const two = (n: number) => String(n).padStart(2, "0");
const NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const clockOf = (d: Date) => `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
const iso = (d: Date) => d.toISOString();

/** How programs write the time before what they say, as long for every time. */
const WAYS: Record<string, (d: Date) => string> = {
  "RFC 3339": (d) => `${iso(d)} app: `,
  "ISO without a zone": (d) => `${iso(d).slice(0, 19)},${iso(d).slice(20, 23)} INFO `,
  "ISO with an offset": (d) => `[${iso(d).slice(0, 19)}+02:00] `,
  "a day alone": (d) => `${iso(d).slice(0, 10)} `,
  "slashes": (d) => `${iso(d).slice(0, 10).replaceAll("-", "/")} ${clockOf(d)} [error] `,
  "the common log format": (d) => `10.0.0.7 - - [${two(d.getUTCDate())}/${NAMES[d.getUTCMonth()]}/2024:${clockOf(d)} +0000] `,
  "syslog": (d) => `${NAMES[d.getUTCMonth()]} ${String(d.getUTCDate()).padStart(2)} ${clockOf(d)} web01 `,
  "Apache's errors": (d) => `[${DAYS[d.getUTCDay()]} ${NAMES[d.getUTCMonth()]} ${two(d.getUTCDate())} ${clockOf(d)}.123456 2024] `,
  "RFC 1123": (d) => `${d.toUTCString()} `,
  "months first": (d) => `${two(d.getUTCMonth() + 1)}/${two(d.getUTCDate())}/2024 ${clockOf(d)} `,
  "a clock": (d) => `${clockOf(d)} `,
  "a clock in brackets": (d) => `[${clockOf(d)}.${iso(d).slice(20, 23)}] `,
  "HDFS": (d) => `${iso(d).slice(2, 10).replaceAll("-", "")} ${clockOf(d).replaceAll(":", "")} `,
  "seconds since 1970": (d) => `${(d.getTime() / 1000).toFixed(3)} `,
  "milliseconds since 1970": (d) => `${d.getTime()} `,
  "the kernel's seconds": (d) => `[${String((d.getTime() % 1e6) / 10).split(".")[0]!.padStart(5)}.${two(d.getUTCSeconds())}0042] `,
}; // biome-ignore format: a table

describe.each(Object.entries(WAYS))("times as %s", (_, way) => {
  test("are all alike, as long as they are, and the rest is as it was", () => {
    const draw = new Generator(4);
    const said = "user 12 paid 3.50 for 2 of 2024, v1.2.3, 10.0.0.7:8080";
    const lines = Array.from({ length: 60 }, () => `${way(new Date(Date.UTC(2024, 0, 1) + Math.floor(draw.uniform() * 3e10)))}${said}`); // biome-ignore format: a line
    expect(new Set(lines).size).toBeGreaterThan(40);
    const masked = lines.map(withoutTimes);
    expect(new Set(masked).size).toBe(1);
    for (const [i, line] of lines.entries()) {
      expect(masked[i]).toHaveLength(line.length);
      expect(masked[i]!.endsWith(said)).toBe(true);
    }
    expect(holdTimes([...lines, ...lines.map(() => said).slice(1)])).toBe(true);
    expect(holdTimes([...lines, ...lines.map(() => said)])).toBe(false);
  });
});

test.each([
  ["job 12 took 00:05:12 of 00:10:00"],
  ["version 10.2.2024 of 3/4"],
  ["id 1234567890123 and 4111111111111111"],
  ["may 5 be 12:30"],
  ["GET /2024/05/index.html 200"],
  ["한글 🙂 12-34"],
  [""],
])("%j holds no time", (line) => {
  expect(withoutTimes(line)).toBe(line);
});

test("lines of tomorrow are usual, what happens in them need not be", async () => {
  const draw = new Generator(8);
  const line = (day: number, i: number, path = ["/", "/about", "/api/items"][draw.integer(3)]!) =>
    `${two(day)}/May/2024:${two(i % 24)}:${two((7 * i) % 60)}:${two((11 * i) % 60)} "GET ${path}" 200`;
  const log = Array.from({ length: 400 }, (_, i) => line(1, i)).join("\n");
  const file = { name: "web.log", bytes: new TextEncoder().encode(log) };
  const settings = { task: "anomaly", hidden: 16, epochs: 6, lr: 0.02, quantile: 0.999, seed: 3 } as const;
  const { model } = await tasks.train(file, settings);
  const told: unknown[] = [];
  for await (const { unusual } of model.predict([line(2, 5), line(17, 6), line(28, 7), line(2, 8, "/.env")])) told.push(unusual);
  expect(told).toEqual([false, false, false, true]);
  const read = await tasks.train(file, { ...settings, maskTimes: false });
  const others: unknown[] = [];
  for await (const { unusual } of read.model.predict([line(2, 5), line(17, 6), line(28, 7)])) others.push(unusual);
  expect(others).toContain(true);
}); // biome-ignore format: a line
