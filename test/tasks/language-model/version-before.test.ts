import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  decodeLanguageModel,
  LanguageModelTraining,
  loadLanguageModel,
  readCorpus,
  resolveConfig,
} from "../../../src/tasks/language-model/index.js";
import { decodeAnyTask } from "../../../src/tasks/registry.js";
import type { ValidationEvent } from "../../../src/train/index.js";

// Written by the command line of version 0.1.0, on the WASM engine: six steps, a validation every three.
const file = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../fixtures/tasks/language-model-0.1.0.${name}`, import.meta.url)));
const [checkpoint, text] = [file("safetensors"), file("txt")];
/** What that version said of step 6, and of step 9 when it went on itself. */
const LOSSES = { 6: 2.8078365325927734, 9: 2.761134624481201 };

test("a checkpoint of the version before says its task, and is measured as it was", async () => {
  expect(decodeAnyTask(checkpoint).task.name).toBe("language-model");
  const config = decodeLanguageModel(checkpoint).config;
  const model = loadLanguageModel(checkpoint);
  const { train } = readCorpus(text, config);
  const held = new TextDecoder().decode(text).slice(train.length);
  expect((await model.evaluate(held)).loss).toBeCloseTo(LOSSES[6], 5);
});

test("it goes on where it stood, to the loss that version came to", async () => {
  const resume = decodeLanguageModel(checkpoint);
  const config = resolveConfig({ ...resume.config, maxSteps: 9 });
  const training = new LanguageModelTraining(readCorpus(text, config), config, { resume });
  expect(training.trainer.state.stopping).toEqual({ bestLoss: LOSSES[6], bestStep: 6, stale: 0 });
  const told: ValidationEvent[] = [];
  await training.fit({
    onEvent(event) {
      if (event.type === "validation") told.push(event);
    },
  });
  expect(told.map(({ step }) => step)).toEqual([9]);
  expect(told[0]!.loss).toBeCloseTo(LOSSES[9], 5);
  expect(told[0]!.best).toBe(true);
});

test("what this version writes has the same fields as what that one wrote", () => {
  const before = decodeLanguageModel(checkpoint);
  const again = new LanguageModelTraining(readCorpus(text, before.config), before.config, { resume: before }).encode();
  expect(again).toEqual(checkpoint);
});
