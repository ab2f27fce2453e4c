import * as tasks from "unrolled/tasks";
import { describe, expect, test } from "vitest";
import { buildTask, decodeTask } from "../../../src/tasks/checkpoint.js";
import { decodeAnyTask } from "../../../src/tasks/registry.js";
import type { TagSettings } from "../../../src/tasks/tag/config.js";
import { tag } from "../../../src/tasks/tag/task.js";
import { TaskTraining } from "../../../src/tasks/task-training.js";
import type { ValidationEvent } from "../../../src/train/index.js";
import { conll, taggedLines, taggedSentences } from "../../support/tagged.js";

const SIZES: Partial<TagSettings> = { hidden: 12, embed: 8, charEmbed: 6, charHidden: 8 };
const SMALL: Partial<TagSettings> = { ...SIZES, batch: 8, lr: 0.01, valid: 0.2, epochs: 4, dropout: 0.1 };
const KINDS: readonly Partial<TagSettings>[] = [
  {},
  { crf: true },
  { chars: "conv" },
  { chars: "none", crf: true, layers: 2, cell: "gru" },
  { bidirectional: false, cell: "min-lstm", embeddingDropout: 0.2, inputDropout: 0.1 },
];

const source = (text: string, name = "s.conll") => ({ name, bytes: new TextEncoder().encode(text) });
const SENTENCES = source(conll(taggedSentences(120)));

function begin(settings: Partial<TagSettings>, resume?: Uint8Array, train = SENTENCES) {
  const { data, config } = tag.read({ train }, { ...SMALL, ...settings }, { op: "train" });
  return new TaskTraining(tag, data, config, { resume: resume && decodeTask(tag, resume) });
}

describe("learning", () => {
  test.each([
    ["softmax over an LSTM of characters", {}],
    ["a CRF", { crf: true }],
    ["a convolution over characters, GRU", { chars: "conv", cell: "gru" }],
  ] as const)("%s: names that were never seen", async (_, more) => {
    let last: ValidationEvent["metrics"] = {};
    const onEvent = (event: { type: string }) => {
      if (event.type === "validation") last = (event as ValidationEvent).metrics;
    };
    const { model } = await tasks.train(source(conll(taggedSentences(300))), { ...SMALL, epochs: 6, ...more, onEvent });
    expect(model.task).toBe("tag");
    expect(Object.keys(last)).toEqual(["span F1", "accuracy", "loss"]);
    expect(last["span F1"]).toBeGreaterThan(0.9);
    const others = taggedSentences(100, 7);
    const { figures } = await model.evaluate(source(taggedLines(others), "other.jsonl"));
    expect(figures.map(({ name }) => name).slice(0, 4)).toEqual(["span F1", "accuracy", "loss", "words"]);
    expect(figures[0]!.value).toBeGreaterThan(0.9);
    expect(figures.filter(({ name }) => name.startsWith("  ")).map(({ name }) => name.trim())).toEqual(["LOC", "PER"]);
  });
});

describe.each(KINDS)("%o", (kind) => {
  test("17 steps are 7 + 10, mid-epoch, to the bit", async () => {
    const whole = begin(kind);
    expect(7 % whole.trainer.progress.epochSteps).not.toBe(0);
    await whole.fit({ untilStep: 17 });
    const first = begin(kind);
    await first.fit({ untilStep: 7 });
    const second = begin(kind, first.encode());
    await second.fit({ untilStep: 17 });
    expect(second.encode()).toEqual(whole.encode());
  });

  test("shapes before a model is made are those of the model, and a checkpoint says the same as before", () => {
    const { model, config, data } = begin(kind);
    const made = [...model.stateDict()].map(([name, { shape }]) => [name, [...shape]] as const).sort();
    expect([...tag.parameterShapes(config, data)].map(([name, shape]) => [name, [...shape]]).sort()).toEqual(made);
    const bytes = begin(kind).encode();
    expect(decodeAnyTask(bytes, "x").task.name).toBe("tag");
    const loaded = buildTask(tag, decodeTask(tag, bytes));
    model.eval();
    expect([...tag.outputs(loaded, data, config)]).toEqual([...tag.outputs(model, data, config)]);
  });
});
