import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decodeTask } from "../../../src/tasks/checkpoint.js";
import { TaskTraining } from "../../../src/tasks/training/task-training.js";
import { follow } from "./follow.js";

const file = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

test("the page shows the task that is tested here", () => {
  const [, shown] = /```ts\n(.*?)```/s.exec(file("../../../docs/guides/develop/add-a-task.md"))!;
  expect(file("./follow.ts")).toContain(shown);
});

// Each number follows from the two before it: 1.6 of the last less 0.9 of the one before.
const series = [1, 0.5];
for (let i = 2; i < 200; i++) series.push(1.6 * series[i - 1]! - 0.9 * series[i - 2]! + Math.sin(i) / 50);
const train = { name: "numbers.txt", bytes: new TextEncoder().encode(series.join(" ")) };

function begin(maxSteps: number, resume?: Uint8Array) {
  const { data, config } = follow.read(
    { train },
    { width: 2, lr: 0.05, batch: 20, epochs: 99, maxSteps },
    { op: "train" },
  );
  return new TaskTraining(follow, data, config, { resume: resume && decodeTask(follow, resume) });
}

test("it learns, and goes on to the bit", async () => {
  const whole = begin(300);
  const { bestLoss } = await whole.fit();
  expect(bestLoss).toBeLessThan(0.001);
  const [older, last] = whole.model.weight.data();
  expect([older, last].map((weight) => weight!.toFixed(1))).toEqual(["-0.9", "1.6"]);
  const first = begin(300);
  await first.fit({ untilStep: 117 });
  const second = begin(300, first.encode());
  await second.fit();
  expect(second.encode()).toEqual(whole.encode());
});
