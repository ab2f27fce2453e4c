import { describe, expect, test } from "vitest";
import { anomaly } from "../../src/tasks/anomaly/task.js";
import { classify } from "../../src/tasks/classify/task.js";
import type { CommandTask } from "../../src/tasks/commands.js";
import { lookHandlers } from "../../studio/src/worker/look.js";
import { dailyTable, groupTable, seriesTable } from "../support/rows.js";
import { begin, KINDS, trainingOf } from "../support/tiny-tasks.js";

const sourceOf = (name: string, text: string) => ({ name, bytes: new TextEncoder().encode(text) });
const logs = Array.from({ length: 60 }, (_, i) => `user ${i % 7} came from 10.0.0.${i % 13}`).join("\n");
const series = { time: "day", target: "load", id: "site", context: 6, lags: "1,7" };
const made = (task: unknown, name: string, text: string, settings: object) => () =>
  trainingOf(task as CommandTask, sourceOf(name, text), { hidden: 6, batch: 4, seed: 1, ...settings });

const MODELS = {
  ...Object.fromEntries(KINDS.map((kind) => [kind, () => begin(kind, {})])),
  "forecast, known ahead": () => begin("forecast", { known: "holiday" }),
  "forecast, counts": () => begin("forecast", { output: "quantiles", decoding: "recursive" }),
  "tag, words alone": () => begin("tag", { chars: "none" }),
  "classify, numbers": made(classify, "s.csv", seriesTable(40), { label: "label" }),
  "classify, groups": made(classify, "g.csv", groupTable(40), { group: "id", label: "way" }),
  "anomaly, a series": made(anomaly, "d.csv", dailyTable(60), series),
  "anomaly, lines": made(anomaly, "l.log", logs, { embed: 4 }),
};

describe("a model that is opened reads something that it knows at once", () => {
  test.each(Object.entries(MODELS))("%s", async (key, model) => {
    const handlers = lookHandlers(() => {});
    const about = await handlers["look.open"]({ key, bytes: model().encode() });
    const { usual } = about as { usual: string };
    expect(usual).not.toMatch(/^$|NaN|undefined|null/);
    const { scores, warnings } = (await handlers["look.score"]({ key, text: usual })) as never as {
      scores: { steps: unknown[]; tracks: unknown[] }[];
      warnings: { check: string }[];
    };
    expect(scores[0]!.steps.length).toBeGreaterThan(0);
    expect(scores[0]!.tracks.length).toBeGreaterThan(2);
    // It learned nothing, and says so; but what it reads is none of its faults.
    expect(warnings.map(({ check }) => check)).not.toEqual(expect.arrayContaining(["unknown"]));
    expect(warnings.map(({ check }) => check)).not.toEqual(expect.arrayContaining(["outside"]));
  });
});
