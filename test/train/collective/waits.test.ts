import { afterEach, expect, test, vi } from "vitest";
import { OptionError } from "../../../src/base/errors.js";
import { VARIABLES, waitsOfEnvironment } from "../../../src/train/collective/waits.js";

afterEach(() => vi.unstubAllEnvs());

test("how long ranks wait for each other is what the environment says, each by a name of its own", () => {
  const usual = waitsOfEnvironment();
  expect(usual).toEqual({ start: 60, stuck: 6, busy: 600 });
  for (const [kind, name] of Object.entries(VARIABLES)) {
    vi.stubEnv(name, "90");
    expect(waitsOfEnvironment()).toEqual({ ...usual, [kind]: 90 });
    vi.stubEnv(name, "");
    expect(waitsOfEnvironment()).toEqual(usual);
  }
});

test.each(["0", "-1", "1.5", "soon", "1e3", "Infinity", "10000000"])(
  "%s is refused, with advice that works",
  (text) => {
    for (const [kind, name] of Object.entries(VARIABLES)) {
      vi.stubEnv(name, text);
      let fix = "";
      try {
        waitsOfEnvironment();
      } catch (error) {
        expect(error).toBeInstanceOf(OptionError);
        expect((error as OptionError).message).toContain(`train: ${name} must be a positive integer, got `);
        fix = (error as OptionError).fix;
      }
      const seconds = /^Leave it out, or name seconds: (\d+)\.$/.exec(fix)![1]!;
      vi.stubEnv(name, seconds);
      expect(waitsOfEnvironment()).toMatchObject({ [kind]: Number(seconds) });
    }
  },
);
