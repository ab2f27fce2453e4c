import { describe, expect, test } from "vitest";
import { type Trained, train } from "../../src/tasks/index.js";
import { taskNamed } from "../../src/tasks/registry.js";
import { TaskTraining } from "../../src/tasks/training/task-training.js";
import { reversedPairs } from "../support/pairs.js";
import { dailyTable, nameTable, priceTable } from "../support/rows.js";
import { conll, taggedSentences } from "../support/tagged.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const weightsOf = ({ model }: Trained) =>
  [...model.module.stateDict()].flatMap(([, tensor]) => [...(tensor.data() as Float32Array)]);

describe("a step of several batches", () => {
  const prices = { name: "p.csv", bytes: bytesOf(priceTable(41)) };
  const SETTINGS = { text: "what", label: "price", task: "regress", hidden: 5, embed: 4, epochs: 3, valid: 0, seed: 2 };

  test("is one of all their rows: a batch of one row counts as one row", async () => {
    const whole = await train(prices, { ...SETTINGS, batch: 41 });
    const parts = await train(prices, { ...SETTINGS, batch: 8, accumulate: 6 });
    expect([whole.result.step, parts.result.step]).toEqual([3, 3]);
    const [expected, found] = [weightsOf(whole), weightsOf(parts)];
    expect(Math.max(...expected.map((value, i) => Math.abs(value - found[i]!)))).toBeLessThan(2e-6);
    // Without it the steps are others.
    expect((await train(prices, { ...SETTINGS, batch: 8 })).result.step).toBe(18);
  });

  test("an epoch ends with what is left", async () => {
    const steps: string[] = [];
    const { result } = await train(prices, {
      ...{ ...SETTINGS, batch: 8, accumulate: 4, epochs: 2 },
      onEvent: (event) => {
        if (event.type === "step") steps.push(`${event.epoch}:${event.epochStep}/${event.epochSteps} ${event.count}`);
      },
    });
    expect(result.step).toBe(4);
    expect(steps.map((step) => step.split(" ")[0])).toEqual(["1:1/2", "1:2/2", "2:1/2", "2:2/2"]);
    const counts = steps.map((step) => Number(step.split(" ")[1]));
    expect(counts[0]! + counts[1]!).toBe(41);
  });

  test("is refused where a batch is shared out, and for what is no count", async () => {
    const { task: name, ...rest } = SETTINGS;
    const task = taskNamed(name);
    const read = task.read({ train: prices }, { ...rest, accumulate: 2 } as never, {
      op: "train",
    });
    expect(() => new TaskTraining(task, read.data, read.config, { ranksLike: 2, nameOf: (key) => `--${key}` })).toThrow(
      "train: --accumulate must be 1 where a batch is shared out, got 2. Leave it out, and use a larger batch.",
    );
    for (const accumulate of [0, 1.5, "x"]) {
      await expect(train(prices, { ...SETTINGS, accumulate })).rejects.toThrow("accumulate must be a positive integer");
    }
  });
});

const DAYS = { task: "forecast", time: "day", target: "load", id: "site", lags: "1", context: 5, horizon: 2 };
const ROWS: Record<string, { name: string; text: string; settings?: Record<string, unknown> }> = {
  classes: { name: "n.csv", text: nameTable(50) },
  tags: { name: "t.conll", text: conll(taggedSentences(40)), settings: { charEmbed: 3, charHidden: 3, embed: 4 } },
  pairs: { name: "p.tsv", text: reversedPairs(40, { longest: 3 }), settings: { embed: 4 } },
  forecasts: { name: "d.csv", text: dailyTable(60), settings: DAYS },
  "a text": { name: "t.txt", text: "abcd bcda ".repeat(120), settings: { seqLen: 8 } },
}; // biome-ignore format: a table

test.for(Object.entries(ROWS))("%s: training that was cut off goes on bit for bit", async ([, { name, text, settings }]) => {
  const source = { name, bytes: bytesOf(text) };
  const given = { hidden: 5, layers: 1, batch: 6, epochs: 2, valid: 0.1, seed: 3, accumulate: 3, dropout: 0.1, ...settings };
  const whole = await train(source, given);
  expect(whole.result.step).toBeGreaterThan(3);
  const begun = await train(source, { ...given, untilStep: 3 });
  const rest = await train(source, { ...given, resume: begun.checkpoint() });
  expect(rest.result.step).toBe(whole.result.step);
  expect(weightsOf(rest)).toEqual(weightsOf(whole));
  expect(rest.model.config["accumulate"]).toBe(3);
}); // biome-ignore format: long names
