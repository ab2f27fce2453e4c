import { describe, expect, test } from "vitest";
import { currentEngine } from "../../src/engine/select.js";
import { memory, tensor } from "../../src/index.js";
import { buildTask, decodeTask } from "../../src/tasks/checkpoint.js";
import { classify } from "../../src/tasks/classify/task.js";
import type { CommandTask } from "../../src/tasks/commands.js";
import { forecast } from "../../src/tasks/forecast/task.js";
import { generate as writer } from "../../src/tasks/generate/task.js";
import { languageModelTask } from "../../src/tasks/language-model/commands.js";
import type { LanguageModel } from "../../src/tasks/language-model/index.js";
import { CELLS } from "../../src/tasks/recurrent-layers.js";
import { regress } from "../../src/tasks/regress/task.js";
import { seq2seq } from "../../src/tasks/seq2seq/task.js";
import { tag } from "../../src/tasks/tag/task.js";
import { TaskTraining } from "../../src/tasks/task-training.js";
import { stepBoundary } from "../../src/tensor/lifetime.js";
import { reversedPairs } from "../support/pairs.js";
import { dailyTable, nameTable, priceTable } from "../support/rows.js";
import { conll, taggedSentences } from "../support/tagged.js";
import { nonsense } from "../support/text.js";

const text = new TextEncoder().encode(nonsense(900));
const names = new TextEncoder().encode(nameTable(60));
const days = new TextEncoder().encode(dailyTable(60));
const prices = new TextEncoder().encode(priceTable(60));
const pairs = new TextEncoder().encode(reversedPairs(60));
const tagged = new TextEncoder().encode(conll(taggedSentences(20)));
const SIZES = { hidden: 6, embed: 5, layers: 2, batch: 3, dropout: 0.2, seed: 4, lr: 0.01 };
const { embed: _, ...SERIES } = SIZES;
const TASKS = {
  "language-model": { task: languageModelTask, bytes: text, settings: { ...SIZES, seqLen: 7 } },
  forecast: {
    task: forecast,
    bytes: days,
    settings: { ...SERIES, time: "day", target: "load", id: "site", horizon: 2, context: 5 },
  },
  classify: { task: classify, bytes: names, settings: { ...SIZES, text: "name", label: "kind", bidirectional: true } },
  regress: { task: regress, bytes: prices, settings: { ...SIZES, text: "what", label: "price", pooling: "attention" } },
  generate: { task: writer, bytes: names, settings: { ...SIZES } },
  seq2seq: { task: seq2seq, bytes: pairs, settings: { ...SIZES, hidden: 8, bidirectional: true, peeky: true } },
  tag: { task: tag, bytes: tagged, settings: { ...SIZES, charEmbed: 4, charHidden: 3, maxLength: 6 } },
} as const;
type Kind = keyof typeof TASKS;
const SORTS: ReadonlySet<string> = new Set(["lstm", "gru", "layer-norm-lstm", "min-gru"]);
const NAMES: Partial<Record<Kind, string>> = { "language-model": "text", seq2seq: "pairs.tsv", tag: "words.conll" };

function begin(kind: Kind, more: object, resume?: Uint8Array): TaskTraining {
  const { bytes, settings } = TASKS[kind];
  const task = TASKS[kind].task as unknown as CommandTask;
  const source = { name: NAMES[kind] ?? "rows.csv", bytes };
  const { data, config } = task.read({ train: source }, { ...settings, ...more } as never, { op: "test" });
  return new TaskTraining(task, data, config, { resume: resume && decodeTask(task, resume) });
}

describe.each(["language-model", "classify", "regress", "generate", "forecast", "seq2seq", "tag"] as const)(
  "%s",
  (kind) => {
    // What a cell saves is its own, whatever the task: all of them where they differ most, and of the others one of each sort of state.
    const cells = kind === "language-model" || kind === "classify" ? CELLS : CELLS.filter((cell) => SORTS.has(cell));
    test.each(cells)("%s: three steps, saved, and three more are six, to the bit", async (cell) => {
      const whole = begin(kind, { cell });
      await whole.fit({ untilStep: 6 });
      const first = begin(kind, { cell });
      await first.fit({ untilStep: 3 });
      const before = first.encode();
      expect(before).not.toEqual(begin(kind, { cell }).encode());
      const second = begin(kind, { cell }, before);
      await second.fit({ untilStep: 6 });
      expect(second.encode()).toEqual(whole.encode());
      const checkpoint = decodeTask(whole.task, whole.encode());
      expect((checkpoint.config as unknown as { cell: string }).cell).toBe(cell);
    });

    test("steps that are tried to time them leave no trace", async () => {
      const run = async (tries: boolean) => {
        const training = begin(kind, {});
        for (const untilStep of [2, 4]) {
          if (tries) expect(training.timeSteps()).toBeGreaterThan(0);
          await training.fit({ untilStep });
        }
        return training.encode();
      };
      expect(Buffer.compare(await run(true), await run(false))).toBe(0);
    });

    test.each(CELLS)("%s: the parameters are those that were announced", (cell) => {
      const { model, config, task, about } = begin(kind, { cell });
      const announced = [...task.parameterShapes(config, about.meta)].map(([name, shape]) => [name, [...shape]]);
      const made = model.namedParameters().map(([name, { shape }]) => [name, [...shape]]);
      expect(announced.sort()).toEqual(made.sort());
    });
  },
);

test.each(CELLS)("%s: samples, evaluates and shows its gates", async (cell) => {
  const training = begin("language-model", { cell });
  await training.fit({ untilStep: 3 });
  const { evaluate, generate, inspect } = languageModelTask;
  const checkpoint = decodeTask(languageModelTask, training.encode());
  const model = buildTask(languageModelTask, checkpoint);
  const sample = [...{ [Symbol.iterator]: () => generate!.stream(model, { length: 20, seed: 3 }) }].join("");
  expect(sample).toHaveLength(20);
  const { figures } = await evaluate!.run(model, checkpoint, { name: "text", bytes: text }, {});
  expect(figures[0]!.value).toBeGreaterThan(1);
  const lines = inspect!.run(model, nonsense(60), {}).lines("run", { width: 80 });
  expect(lines.join("\n")).toContain(`2 ${cell} layers of 6`);
});

/** Bytes that a step needs at its fullest, beyond weights and gradients: those of a second one, when all is warm. */
function bytesOfStep(training: TaskTraining, seqLen: number, batch: number): number {
  const { model } = training as unknown as { model: LanguageModel };
  const ids = () => tensor(new Int32Array(seqLen * batch).fill(3), { shape: [seqLen, batch] });
  const engine = currentEngine();
  const { alloc } = engine;
  let peak = 0;
  let before = 0;
  for (let step = 0; step < 2; step++) {
    const [inputs, targets] = [ids(), ids()];
    before = memory().bytes;
    const [loss] = model.loss(inputs, targets);
    engine.alloc = (...args) => {
      const buffer = alloc.apply(engine, args);
      peak = Math.max(peak, engine.memory().bytes);
      return buffer;
    };
    peak = memory().bytes;
    loss.backward();
    engine.alloc = alloc;
    for (const parameter of model.parameters()) {
      parameter.grad?.dispose();
      parameter.grad = null;
    }
    stepBoundary();
  }
  return peak - before;
}

const NOISE = [{}, { zoneout: 0.1 }, { recurrentDropout: 0.1 }, { weightDrop: 0.2 }, { hiddenDropout: 0.1 }];

test.each(CELLS)(
  "%s: the estimate of memory is that of a step, within a factor of 4 above and a quarter below",
  (cell) => {
    const [seqLen, batch] = [40, 8];
    for (const noise of NOISE.filter((settings) => isAllowed({ cell, ...settings }))) {
      const training = begin("language-model", { cell, hidden: 48, seqLen, batch, valid: 0, dropout: 0, ...noise });
      const { config, model } = training;
      const gradients = 4 * model.parameters().reduce((sum, { size }) => sum + size, 0);
      const estimated = 4 * languageModelTask.activations(config as never) + gradients;
      const share = bytesOfStep(training, seqLen, batch) / estimated;
      expect(share, JSON.stringify(noise)).toBeLessThan(1.25);
      expect(share, JSON.stringify(noise)).toBeGreaterThan(0.25);
    }
  },
);

function isAllowed(settings: object): boolean {
  try {
    languageModelTask.resolve(settings as never, "test");
    return true;
  } catch {
    return false;
  }
}
