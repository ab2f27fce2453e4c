import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tasks from "unrolled/tasks";
import { describe, expect, test } from "vitest";
import type { TrainEvent } from "../../src/train/index.js";
import { nameTable, seriesTable } from "../support/rows.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { nonsense } from "../support/text.js";

const folder = temporaryFolder();
const at = (name: string) => join(folder.at("."), name);
const bytes = (text: string) => new TextEncoder().encode(text);
const SMALL = { hidden: 8, embed: 5, epochs: 3, lr: 0.02, valid: 0.2 };

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

describe("unrolled/tasks", () => {
  test("trains on a file what it is of, predicts a stream, and comes back from its bytes", async () => {
    writeFileSync(at("names.csv"), nameTable(150));
    const events: TrainEvent["type"][] = [];
    const { model, result, checkpoint } = await tasks.train(at("names.csv"), {
      ...SMALL,
      onEvent: ({ type }) => events.push(type),
    });
    expect(model.task).toBe("classify");
    expect(model.config).toMatchObject({ text: "name", label: "kind", hidden: 8 });
    expect(new Set(events)).toContain("validation");
    expect(result.reason).toBe("epochs");
    const names = nameTable(5, 9)
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(",")[0]!);
    let taken = 0;
    async function* stream() {
      for (;;) yield names[taken++ % names.length]!;
    }
    const said: tasks.Output[] = [];
    for await (const output of model.predict(stream())) if (said.push(output) === 7) break;
    expect(taken, "one at a time").toBe(7);
    expect(said.slice(5)).toEqual(said.slice(0, 2));
    expect(Object.keys(said[0]!)).toEqual(["label", "probability", "probabilities"]);
    for (const source of [model.encode(), { name: "x", bytes: checkpoint() }]) {
      const again = tasks.load(source);
      expect(await collect(again.predict(names))).toEqual(said.slice(0, names.length));
    }
    const { figures } = await model.evaluate(at("names.csv"));
    expect(figures[0]!.name).toBe("macro-F1");
    expect(() => model.generate()).toThrow(
      "generate: model must be of a task that can generate, got a classifier. This one has predict() and evaluate().",
    );
  });

  test("rows of numbers", async () => {
    const { model } = await tasks.train({ name: "series.csv", bytes: bytes(seriesTable(60)) }, SMALL);
    const width = (model.config as { label: string; text: null }).text;
    expect(width).toBeNull();
    const [, row] = seriesTable(3).split("\n");
    const numbers = row!.split(",").slice(0, -1).map(Number);
    const [output] = await collect(model.predict([numbers]));
    expect(output!["probability"]).toBeGreaterThan(0);
    await expect(collect(model.predict([numbers.slice(1)]))).rejects.toThrow(
      `must be a table of ${numbers.length} numbers a row`,
    );
    await expect(collect(model.predict(["a text"]))).rejects.toThrow("got a text");
    await expect(collect(model.predict("a text" as never))).rejects.toThrow("Of one text, pass [text].");
  });

  test("a text is a language model's: it writes, and goes on from its checkpoint", async () => {
    const source = { name: "c.txt", bytes: bytes(nonsense(2000)) };
    const settings = { hidden: 8, seqLen: 10, batch: 4 };
    const whole = await tasks.train(source, { ...settings, maxSteps: 8 });
    const half = await tasks.train(source, { ...settings, maxSteps: 8, untilStep: 5 });
    const { model, result, checkpoint } = await tasks.train(source, { resume: half.checkpoint() });
    expect([result.step, model.config["hidden"]]).toEqual([8, 8]);
    expect(checkpoint()).toEqual(whole.checkpoint());
    const text = [...model.generate({ length: 12, seed: 2 })].join("");
    expect(text).toHaveLength(12);
    await expect(model.predict(["x"]).next()).rejects.toThrow(
      "predict: model must be of a task that can predict, got a language model.",
    );
  });

  test("a preset, under settings of one's own", async () => {
    const source = { name: "c.txt", bytes: bytes(nonsense(3000)) };
    const { model } = await tasks.train(source, { preset: "awd-lstm", hidden: 8, embed: 6, maxSteps: 2 });
    expect(model.config).toMatchObject({ hidden: 8, lastHidden: 6, weightDrop: 0.5, tie: true, optimizer: "nt-asgd" });
    await expect(tasks.train(source, { preset: "awd" })).rejects.toThrow(
      'preset must be one of "awd-lstm", "char-rnn"',
    );
  });

  test("mistakes are named", async () => {
    const source = { name: "c.txt", bytes: bytes(nonsense(2000)) };
    await expect(tasks.train(source, { hiden: 3 })).rejects.toThrow('Did you mean "hidden"?');
    await expect(tasks.train(source, { task: "clasify" })).rejects.toThrow('Did you mean "classify"?');
    await expect(tasks.train(source, { onEvent: 3 as never })).rejects.toThrow("onEvent must be a function");
    await expect(tasks.train(7 as never)).rejects.toThrow(
      "source must be a path, a URL, a Blob, bytes or { name, bytes }, got 7",
    );
    await expect(tasks.train(at("none.txt"))).rejects.toMatchObject({ code: "ENOENT", path: at("none.txt") });
    expect(() => tasks.load(at("none"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
  });

  test("a run folder stands for its best checkpoint", async () => {
    writeFileSync(at("c.txt"), nonsense(2000));
    await folder.cli("train", "@c.txt", "--out", "@run", "--hidden", "6", "--max-steps", "3", "--threads", "1");
    expect(tasks.load(at("run")).config["hidden"]).toBe(6);
  });
});

test("what is undefined is as if nobody had said it", async () => {
  const source = { name: "days.csv", bytes: bytes("day,x,load\n2024-01-01,1,3\n2024-01-02,2,1\n2024-01-03,2,4\n2024-01-04,1,1\n2024-01-05,3,5\n") };
  const settings = { hidden: 3, epochs: 1, valid: 0, context: 1, lags: "1" };
  const plain = await tasks.train(source, settings);
  const said = await tasks.train(source, { ...settings, time: undefined, target: undefined, id: undefined, lr: undefined });
  expect(said.model.config).toEqual(plain.model.config);
  expect(said.checkpoint()).toEqual(plain.checkpoint());
}); // biome-ignore format: a table
