import { describe, expect, test } from "vitest";
import { buildTask, decodeTask } from "../../../src/tasks/checkpoint.js";
import type { ClassifySettings } from "../../../src/tasks/classify/config.js";
import { classify } from "../../../src/tasks/classify/task.js";
import { decodeAnyTask } from "../../../src/tasks/registry.js";
import { TaskTraining } from "../../../src/tasks/training/task-training.js";
import type { ValidationEvent } from "../../../src/train/index.js";
import { nameTable, seriesTable } from "../../support/rows.js";

const SMALL: Partial<ClassifySettings> = { hidden: 12, embed: 6, batch: 16, lr: 0.02, valid: 0.2, epochs: 6 };
const NAMES: Partial<ClassifySettings> = { ...SMALL, text: "name", label: "kind" };

const source = (text: string, name = "rows.csv") => ({ name, bytes: new TextEncoder().encode(text) });

function begin(table: string, settings: Partial<ClassifySettings>, resume?: Uint8Array) {
  const { data, config } = classify.read({ train: source(table) }, settings, { op: "train" });
  return new TaskTraining(classify, data, config, { resume: resume && decodeTask(classify, resume) });
}

type Training = ReturnType<typeof begin>;
const weights = ({ model }: Training) => [...model.stateDict()].map(([name, t]) => [name, [...t.data()]]);

async function figures(table: string, settings: Partial<ClassifySettings>): Promise<ValidationEvent["metrics"]> {
  let last: ValidationEvent["metrics"] = {};
  await begin(table, settings).fit({
    onEvent(event) {
      if (event.type === "validation") last = event.metrics;
    },
  });
  return last;
}

describe("learning", () => {
  test.each([
    ["lstm", "last", true],
    ["gru", "mean", false],
    ["rnn", "max", false],
  ] as const)("%s, %s, bidirectional %s: names that were never seen", async (cell, pooling, bidirectional) => {
    const found = await figures(nameTable(500), { ...NAMES, cell, pooling, bidirectional });
    expect(found["macro-F1"]).toBeGreaterThan(0.9);
    expect(found["accuracy"]).toBeGreaterThan(0.9);
    expect(Object.keys(found)).toEqual(["macro-F1", "accuracy", "loss"]);
  });

  test("a series of numbers, whose own size says nothing", async () => {
    const found = await figures(seriesTable(300), SMALL);
    expect(found["accuracy"]).toBeGreaterThan(0.9);
  });

  test.each(["word", "byte"] as const)("%s tokens", async (tokens) => {
    const lines = nameTable(300).trim().split("\n").slice(1);
    const sentences = lines.map((line) =>
      line.replace(/^(.*),(.*)$/, (_, name, kind) => `${name} is a ${kind} thing,${kind}`),
    );
    const found = await figures(`text,label\n${sentences.join("\n")}\n`, { ...SMALL, text: "text", tokens, epochs: 3 });
    expect(found["accuracy"]).toBeGreaterThan(0.95);
  });
});

describe("resuming", () => {
  test.each([
    ["names", nameTable(150), { ...NAMES, dropout: 0.3, layers: 2, bidirectional: true }],
    ["numbers", seriesTable(150), { ...SMALL, schedule: "cosine", warmup: 3 } as const],
  ] as const)("%s: 29 steps are 11 + 18, mid-epoch, to the bit", async (_, table, settings) => {
    const whole = begin(table, settings);
    expect(11 % whole.trainer.progress.epochSteps).not.toBe(0);
    await whole.fit({ untilStep: 29 });
    const first = begin(table, settings);
    await first.fit({ untilStep: 11 });
    const second = begin(table, settings, first.encode());
    await second.fit({ untilStep: 29 });
    expect(weights(second)).toEqual(weights(whole));
    expect(second.encode()).toEqual(whole.encode());
  });

  test("other settings, other classes and other rows are refused", () => {
    const bytes = begin(nameTable(100), NAMES).encode();
    expect(() => begin(nameTable(100), { ...NAMES, hidden: 5, pooling: "max" }, bytes)).toThrow(
      "hidden 12 → 5, pooling last → max",
    );
    expect(() => begin(nameTable(100).replaceAll("stone", "rock"), NAMES, bytes)).toThrow("must know the classes");
    const [head, one, two, ...rest] = nameTable(100).split("\n");
    expect(() => begin([head, two, one, ...rest].join("\n"), NAMES, bytes)).toThrow("must be of the same table");
  });

  test("the best checkpoint is that of the best macro-F1, then accuracy, both higher, then the lower loss", async () => {
    const told: ValidationEvent[] = [];
    const training = begin(nameTable(200), { ...NAMES, lr: 0.004, epochs: 8 });
    const { best, bestStep } = await training.fit({
      onEvent: (event) => event.type === "validation" && told.push(event),
    });
    const scores = told.map(({ metrics }) => metrics["macro-F1"]!);
    expect(new Set(scores).size).toBeGreaterThan(2);
    expect(new Set(scores).size, "two are equal, so that the loss decides").toBeLessThan(scores.length);
    expect(best).toBe(Math.max(...scores));
    const rank = ({ metrics, loss }: ValidationEvent) => [metrics["macro-F1"]!, metrics["accuracy"]!, -loss];
    const isBetter = (a: number[], b: number[]) => {
      const i = a.findIndex((value, k) => value !== b[k]);
      return i >= 0 && a[i]! > b[i]!;
    };
    const firsts = told.filter((event, i) => told.slice(0, i).every((before) => isBetter(rank(event), rank(before))));
    expect(told.filter((event) => event.best).map(({ step }) => step)).toEqual(firsts.map(({ step }) => step));
    expect(bestStep).toBe(firsts.at(-1)!.step);
  });
});

test("a checkpoint says its task, and its model says the same as before", () => {
  const training = begin(nameTable(60), NAMES);
  const checkpoint = decodeAnyTask(training.encode(), "x");
  expect(checkpoint.task.name).toBe("classify");
  const loaded = buildTask(classify, decodeTask(classify, training.encode()));
  training.model.eval();
  const loss = (model: typeof loaded) =>
    [...classify.outputs(model, training.data, training.config)].map((output) => output.loss);
  expect(loss(loaded)).toEqual(loss(training.model));
});

test("every class is in the part to train on, however rare it is", () => {
  const table = `${nameTable(80)}Xeno,rare\n`;
  for (let seed = 0; seed < 8; seed++) {
    const { data } = classify.read({ train: source(table) }, { ...NAMES, valid: 0.5, seed }, { op: "train" });
    expect(data.classes).toEqual(["flower", "rare", "stone"]);
    expect(new Set([...data.train].map(({ target: [label] }) => label)).size).toBe(3);
  }
});

test("shapes before a model is made are those of the model", () => {
  for (const settings of [NAMES, { ...NAMES, layers: 2, bidirectional: true, cell: "gru" as const }]) {
    const { model, config, data } = begin(nameTable(40), settings);
    const made = [...model.stateDict()].map(([name, { shape }]) => [name, [...shape]] as const).sort();
    expect([...classify.parameterShapes(config, data)].map(([name, shape]) => [name, [...shape]]).sort()).toEqual(made);
  }
});
