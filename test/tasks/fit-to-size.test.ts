import { describe, expect, test } from "vitest";
import { anomaly } from "../../src/tasks/anomaly/task.js";
import { TASKS } from "../../src/tasks/registry.js";
import { fitToSize } from "../../src/tasks/training/fit-to-size.js";
import { TaskTraining } from "../../src/tasks/training/task-training.js";
import { reversedPairs } from "../support/pairs.js";
import { dailyTable, nameTable, priceTable } from "../support/rows.js";
import { conll, taggedSentences } from "../support/tagged.js";
import { nonsense } from "../support/text.js";

const FIELDS = { batch: { default: 32 }, epochs: { default: 10 } };

test.each<[number, object, object]>([
  [1, {}, { batch: 1, epochs: 40 }],
  [100, {}, { batch: 4, epochs: 40 }],
  [500, {}, { batch: 5, epochs: 15 }],
  [2000, {}, { batch: 20, epochs: 15 }],
  [3100, {}, { batch: 31, epochs: 15 }],
  [7000, {}, {}],
  [1e6, {}, {}],
  [100, { batch: 50 }, { epochs: 40 }],
  [100, { epochs: 3 }, { batch: 4 }],
  [100, { batch: 50, epochs: 3 }, {}],
])("%i samples, given %j: %j", (samples, given, chosen) => {
  expect(fitToSize(given, FIELDS, samples)).toEqual(chosen);
});

test("what a preset says is usual", () => {
  expect(fitToSize({}, FIELDS, 100, { batch: 2, epochs: 50 })).toEqual({});
  expect(fitToSize({}, FIELDS, 7000, { batch: 100 })).toEqual({ batch: 70, epochs: 15 });
});

/** A small file of each task. */
const FILES: Record<string, { name: string; text: string; settings: object }> = {
  classify: { name: "n.csv", text: nameTable(60), settings: { text: "name", label: "kind" } },
  regress: { name: "p.csv", text: priceTable(60), settings: { text: "what", label: "price" } },
  tag: { name: "t.conll", text: conll(taggedSentences(30)), settings: {} },
  seq2seq: { name: "s.tsv", text: reversedPairs(60), settings: {} },
  generate: { name: "n.csv", text: nameTable(60), settings: {} },
  forecast: { name: "d.csv", text: dailyTable(60), settings: { time: "day", target: "load", id: "site" } },
  anomaly: { name: "a.log", text: nonsense(900), settings: {} },
  "language-model": { name: "l.txt", text: nonsense(900), settings: {} },
};

test("there is a file for every task", () => {
  expect(Object.keys(FILES).sort()).toEqual(TASKS.map(({ name }) => name).sort());
  expect(TASKS).toContain(anomaly);
});

describe.each(Object.keys(FILES))("%s", (kind) => {
  const { name, text, settings } = FILES[kind]!;
  const task = TASKS.find((one) => one.name === kind)!;
  const read = (more: object) => {
    const train = { name, bytes: new TextEncoder().encode(text) };
    return task.read({ train }, { hidden: 4, ...settings, ...more } as never, { op: "test" });
  };

  test("few samples have a small batch and many epochs, and it is said; what is given stands", () => {
    const { fitted, config } = read({});
    expect(fitted["batch"]).toBeLessThan(10);
    expect(fitted["epochs"]).toBeGreaterThan(10);
    expect(config).toMatchObject(fitted);
    const given = { batch: 7, epochs: 2 };
    const own = read(given);
    expect(own.config).toMatchObject(given);
    expect(Object.keys(own.fitted)).not.toEqual(expect.arrayContaining(["batch"]));
    expect(Object.keys(own.fitted)).not.toEqual(expect.arrayContaining(["epochs"]));
  });

  test("a run that goes on keeps what it began with", () => {
    const begun = read({});
    const training = new TaskTraining(task, begun.data, begun.config);
    const again = task.read({ train: { name, bytes: new TextEncoder().encode(text) } }, training.config, {
      op: "test",
    });
    expect(again.config).toEqual(training.config);
    expect(again.fitted).toEqual({});
  });
});
