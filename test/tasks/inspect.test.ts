import { describe, expect, test } from "vitest";
import { buildTask, decodeTask } from "../../src/tasks/checkpoint.js";
import { classify } from "../../src/tasks/classify/task.js";
import type { CommandTask } from "../../src/tasks/commands.js";
import type { RowModel } from "../../src/tasks/many-to-one-model.js";
import { regress } from "../../src/tasks/regress/task.js";
import { TaskTraining } from "../../src/tasks/task-training.js";
import { tensor } from "../../src/tensor/index.js";
import { groupTable, nameTable, priceTable, seriesTable } from "../support/rows.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const SIZES = { hidden: 6, embed: 5, batch: 4, lr: 0.02, seed: 3 };

/** A model of a few steps. */
async function trained(task: CommandTask, name: string, text: string, settings: object, steps = 20) {
  const source = { name, bytes: bytesOf(text) };
  const { data, config } = task.read({ train: source }, { ...SIZES, ...settings } as never, { op: "test" });
  const training = new TaskTraining(task, data, config);
  await training.fit({ untilStep: steps });
  const checkpoint = decodeTask(task, training.encode());
  return { model: buildTask(task, checkpoint), known: checkpoint, source };
}

interface RowSample {
  decided: { what: string; score: number; contributions: number[] }[];
  pooling: number[] | null;
  steps: string[];
  answer: Record<string, unknown>;
}

const samplesOf = (values: object) => (values as { samples: RowSample[] }).samples;

/** A central difference of what a step gives, as its input grows and shrinks by a small factor. */
function byHand(model: RowModel, ids: readonly number[], step: number, scoreOf: (outputs: number[]) => number): number {
  const at = (factor: number) => {
    const x = model.read(tensor(ids, { shape: [ids.length, 1], dtype: "int32" })).toArray() as number[][][];
    x[step]![0] = x[step]![0]!.map((value) => value * factor);
    return scoreOf((model.answer(tensor(x), [ids.length]).toArray() as number[][])[0]!);
  };
  return (at(1.01) - at(0.99)) / 0.02;
}

describe("what decided a row is what a finite difference by hand says", () => {
  test.each(["last", "mean", "max", "attention"])("classify, pooling %s", async (pooling) => {
    const { model, known, source } = await trained(classify as unknown as CommandTask, "n.csv", nameTable(60), {
      text: "name",
      label: "kind",
      pooling,
      bidirectional: true,
    });
    const inspected = await classify.inspect!.run(model as never, known as never, source, { rows: 2 });
    const [first, second] = samplesOf(inspected.values);
    expect(second).toBeDefined();
    const row = model as unknown as RowModel;
    const vocabulary = (known.meta as { inputs: { vocabulary: { encode(text: string): Int32Array } } }).inputs
      .vocabulary;
    const ids = [...vocabulary.encode(first!.steps.join(""))];
    const own = (known.meta as { classes: string[] }).classes.indexOf(first!.answer["label"] as string);
    const [{ contributions, score, what }] = first!.decided as [RowSample["decided"][0]];
    expect(what).toBe(`the log odds of "${first!.answer["label"]}"`);
    expect(score).toBeCloseTo(
      Math.log((first!.answer["probability"] as number) / (1 - (first!.answer["probability"] as number))),
      4,
    );
    for (const step of ids.keys()) {
      expect(contributions[step]).toBeCloseTo(
        byHand(row, ids, step, (out) => out[own]! - out[1 - own]!),
        3,
      );
    }
    expect(first!.pooling === null).toBe(pooling !== "attention");
    if (first!.pooling !== null) expect(first!.pooling.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  });
});

void [regress, groupTable, priceTable, seriesTable];
