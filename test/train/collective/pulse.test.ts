import { expect, test } from "vitest";
import { LONG, Local } from "../../../src/train/collective/collective.js";
import { Pulse } from "../../../src/train/collective/pulse.js";

test("a rank says now and then that it is at work, and asks for the more time the longer its steps take", () => {
  let now = 5000;
  const said: [at: number, seconds: number][] = [];
  const pulse = new Pulse(
    Object.assign(new Local(), { alive: (seconds: number) => said.push([now, seconds]) }),
    () => now,
  );
  const steps = (count: number, milliseconds: number) => {
    for (let i = 0; i < count; i++) {
      now += milliseconds;
      pulse.step();
    }
  };
  pulse.long();
  expect(said).toEqual([[5000, LONG]]);
  // How long steps take is known after the second, however long it took to read before the first.
  now += 60_000;
  steps(4, 200);
  expect(said.slice(1)).toEqual([[65_400, 4]]);
  steps(2, 200);
  expect(said).toHaveLength(2);
  steps(1, 700);
  expect(said.slice(2)).toEqual([[66_900, 14]]);
  pulse.long();
  now += 30_000;
  steps(2, 10);
  expect(said.slice(3)).toEqual([
    [66_900, LONG],
    [96_910, 14],
  ]);
});
