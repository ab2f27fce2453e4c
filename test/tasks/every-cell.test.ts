import { describe, expect, test } from "vitest";
import { currentEngine } from "../../src/engine/select.js";
import { memory, tensor } from "../../src/index.js";
import { buildTask, decodeTask } from "../../src/tasks/checkpoint.js";
import { languageModelTask } from "../../src/tasks/language-model/commands.js";
import type { LanguageModel } from "../../src/tasks/language-model/index.js";
import { CELLS } from "../../src/tasks/recurrent/layers.js";
import type { TaskTraining } from "../../src/tasks/training/task-training.js";
import { stepBoundary } from "../../src/tensor/lifetime.js";
import { nonsense } from "../support/text.js";
import { begin, TINY } from "../support/tiny-tasks.js";

const SORTS: ReadonlySet<string> = new Set(["lstm", "gru", "layer-norm-lstm", "min-gru"]);

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
  const { figures } = await evaluate!.run(model, checkpoint, { name: "text", bytes: TINY["language-model"].bytes }, {});
  expect(figures[0]!.value).toBeGreaterThan(1);
  const inspected = await inspect!.run(model, checkpoint, nonsense(60), {});
  const lines = inspected.lines("run", { width: 80 });
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
