import { expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.js";
import {
  decodeLanguageModel,
  encodeLanguageModel,
  LanguageModelTraining,
  readCorpus,
  resolveConfig,
} from "../../src/tasks/language-model/index.js";
import { nonsense } from "../support/text.js";

const config = resolveConfig({ hidden: 4, layers: 1, batch: 2, seqLen: 5 });
const corpus = readCorpus(nonsense(400, 1), config);

async function checkpoint() {
  const training = new LanguageModelTraining(corpus, config);
  await training.fit({ untilStep: 3 });
  return { last: training.encode(), alone: encodeLanguageModel(training.model) };
}

function adviceOn(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as FormatError).fix;
  }
  throw new Error("no error");
}

test("what is advised where a run does not go on lets it go on, or begin", async () => {
  const { last, alone } = await checkpoint();
  const resume = decodeLanguageModel(last);
  const goesOn = () => expect(new LanguageModelTraining(corpus, config, { resume }).trainer.step).toBe(3);

  const wider = resolveConfig({ ...config, hidden: 6 });
  const other = readCorpus(nonsense(600, 2), config);
  expect(adviceOn(() => new LanguageModelTraining(corpus, wider, { resume }))).toBe(
    "Leave these options out, or start a new run.",
  );
  goesOn();
  expect(new LanguageModelTraining(corpus, wider).trainer.step).toBe(0);

  expect(adviceOn(() => new LanguageModelTraining(other, config, { resume }))).toMatch(
    /^Use the text that the run was started with(, or start a new run)?\.$/,
  );
  goesOn();
  expect(new LanguageModelTraining(other, config).trainer.step).toBe(0);

  expect(adviceOn(() => new LanguageModelTraining(corpus, config, { resume: decodeLanguageModel(alone) }))).toBe(
    "Name the run's last.safetensors, or begin a new run with it (train --from).",
  );
  goesOn();
});
