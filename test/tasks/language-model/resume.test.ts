import { describe, expect, test } from "vitest";
import {
  decodeLanguageModel,
  type LanguageModelOptions,
  LanguageModelTraining,
  loadLanguageModel,
  readCorpus,
  resolveConfig,
} from "../../../src/tasks/language-model/index.js";
import { nonsense } from "../../support/text.js";

const text = nonsense(4000);
const small: LanguageModelOptions = {
  hidden: 7,
  embed: 5,
  layers: 2,
  batch: 4,
  seqLen: 9,
  dropout: 0.3,
  epochs: 50,
  valid: 0.1,
  lr: 0.01,
};

function begin(options: LanguageModelOptions, resume?: Uint8Array): LanguageModelTraining {
  const config = resolveConfig({ ...small, ...options });
  return new LanguageModelTraining(readCorpus(text, config), config, {
    resume: resume && decodeLanguageModel(resume),
  });
}

const weights = ({ model }: LanguageModelTraining) => [...model.stateDict()].map(([name, t]) => [name, [...t.data()]]);

async function expectSameAfter(cut: number, end: number, options: LanguageModelOptions): Promise<void> {
  const whole = begin(options);
  await whole.fit({ untilStep: end });
  const first = begin(options);
  await first.fit({ untilStep: cut });
  const second = begin(options, first.encode());
  await second.fit({ untilStep: end });
  expect(second.trainer.step).toBe(end);
  expect(weights(second)).toEqual(weights(whole));
  expect(second.encode()).toEqual(whole.encode());
}

describe("resuming", () => {
  test.each(["rnn", "lstm", "gru"] as const)(
    "%s: 200 steps are 120 + 80 steps, mid-epoch, with dropout, to the bit",
    async (cell) => {
      const training = begin({ cell });
      expect(120 % training.trainer.progress.epochSteps).not.toBe(0);
      await expectSameAfter(120, 200, { cell });
    },
  );

  test.each(["sgd", "adam", "adamw", "rmsprop", "adagrad"] as const)("%s goes on to the bit", async (optimizer) => {
    await expectSameAfter(13, 31, { optimizer, momentum: 0.5, weightDecay: 0.01 });
  });

  test.each(["linear", "cosine", "step", "exponential", "plateau"] as const)(
    "schedule %s goes on to the bit, in and after the warm-up",
    async (schedule) => {
      const options = { schedule, warmup: 20, maxSteps: 60, validateEvery: 7 };
      await expectSameAfter(13, 60, options);
      await expectSameAfter(33, 60, options);
    },
  );

  test("tied weights are stored once and go on to the bit", async () => {
    const options = { tie: true, embed: 7 };
    await expectSameAfter(11, 25, options);
    const training = begin(options);
    const { weights: stored } = decodeLanguageModel(training.encode());
    expect([...stored.keys()]).toContain("embed.weight");
    expect([...stored.keys()]).not.toContain("head.weight");
    const loaded = loadLanguageModel(training.encode());
    expect(loaded.head.weight).toBe(loaded.embed.weight);
  });

  test("word and byte models go on to the bit", async () => {
    await expectSameAfter(11, 25, { tokens: "byte" });
    await expectSameAfter(5, 9, { tokens: "word", seqLen: 5 });
  });

  test("a raised number of epochs and another learning rate are taken over", async () => {
    const first = begin({ epochs: 1 });
    expect((await first.fit()).reason).toBe("epochs");
    const second = begin({ epochs: 2, lr: 0.001 }, first.encode());
    const rates: number[] = [];
    const result = await second.fit({ onEvent: (event) => event.type === "step" && rates.push(event.lr) });
    expect(result.step).toBe(2 * first.trainer.step);
    expect(new Set(rates)).toEqual(new Set([0.001]));
  });

  test("another architecture is refused with each field, old → new", () => {
    const bytes = begin({}).encode();
    expect(() => begin({ hidden: 8, cell: "gru", batch: 5 }, bytes)).toThrow(
      "checkpoint must be resumed with its own options, got cell lstm → gru, hidden 7 → 8, batch 4 → 5.",
    );
  });

  test("another vocabulary, and another text of the same one, are refused", () => {
    const bytes = begin({}).encode();
    const config = resolveConfig(small);
    const resume = decodeLanguageModel(bytes);
    const other = readCorpus(`${text}Zz`, config);
    expect(() => new LanguageModelTraining(other, config, { resume })).toThrow(
      /vocabulary size: \d+ → \d+; new: "Z" "z"/,
    );
    const longer = readCorpus(`${text}the sea`, config);
    expect(() => new LanguageModelTraining(longer, config, { resume })).toThrow(
      "must be of the same text, got fingerprint",
    );
  });
});
