import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decodeTask } from "../../../src/tasks/checkpoint.js";
import { classify } from "../../../src/tasks/classify/task.js";
import { load } from "../../../src/tasks/task-model.js";
import { TaskTraining } from "../../../src/tasks/training/task-training.js";
import { nameTable } from "../../support/rows.js";

// Written before rows could be steps, several labels were told, or attention pooled; with what was said then.
const file = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../fixtures/tasks/classify-${name}`, import.meta.url)));
const said = JSON.parse(new TextDecoder().decode(file("0.1.0.json")));
const INPUTS = {
  names: ["Lena", "Bortok", "Ça"],
  series: [
    [1, 2, 3, 4, 5],
    [9, 8, 7, 6.5, 5],
  ],
};

test.each(["names", "series"] as const)("a checkpoint of the version before says of %s what it said", async (kind) => {
  const model = load({ name: "before", bytes: file(`${kind}-0.1.0.safetensors`) });
  const now: unknown[] = [];
  for await (const { probabilities, ...rest } of model.predict(INPUTS[kind])) {
    expect(Math.max(...Object.values(probabilities as Record<string, number>))).toBe(rest["probability"]);
    now.push({ ...rest, probability: expect.closeTo(rest["probability"] as number, 5) });
  }
  expect(said[kind]).toEqual(now);
});

test("a training of the version before goes on with its table, and is written as it was", () => {
  const bytes = file("names-0.1.0.safetensors");
  const before = decodeTask(classify, bytes);
  const train = { name: "names.csv", bytes: new TextEncoder().encode(nameTable(150)) };
  const { data, config } = classify.read({ train }, before.config, { op: "test" });
  expect(new TaskTraining(classify, data, config, { resume: before }).encode()).toEqual(bytes);
  const alone = load({ name: "before", bytes: file("series-0.1.0.safetensors") });
  expect(alone.encode()).toEqual(file("series-0.1.0.safetensors"));
});
