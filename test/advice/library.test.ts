import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { UnrolledError } from "../../src/base/errors.js";
import * as readers from "../../src/data/readers/index.js";
import * as files from "../../src/data/with-readers.js";
import * as unrolled from "../../src/index.js";
import * as layers from "../../src/layers/index.js";
import * as metrics from "../../src/metrics/index.js";
import * as tasks from "../../src/tasks/index.js";
import { adviceIn } from "../../tools/support/advice.mjs";
import { temporaryFolder } from "../support/temporary-folder.js";
import { ofData } from "./of-data.mjs";
import { ofForecast } from "./of-forecast.mjs";
import { ofLayers } from "./of-layers.mjs";
import { ofModules } from "./of-modules.mjs";
import { ofRows } from "./of-rows.mjs";
import { ofTagging } from "./of-tagging.mjs";
import { ofTensors } from "./of-tensors.mjs";
import { ofTraining } from "./of-training.mjs";
import { FOLLOWED_ELSEWHERE, NOT_FOLLOWED } from "./others.js";
import { things } from "./things.mjs";

type Case = [bad: () => unknown, good: () => unknown];
const { at } = temporaryFolder();
const made = things(unrolled, layers, { ...readers, metrics, files, tasks, at });
const cases = {
  ...ofTensors(made),
  ...ofModules(made),
  ...ofData(made),
  ...ofRows(made),
  ...ofLayers(made),
  ...ofTraining(made),
  ...ofForecast(made),
  ...ofTagging(made),
} as unknown as Record<string, Case>;

/** A text as it is found in the code, with `…` for whatever is filled in; a reader may add what it can do: ", or read the file ...". */
function patternOf(text: string): RegExp {
  const parts = text.replace(/\.$/, "").split("…");
  const literal = parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${literal.join("[^]*")}${text.endsWith(".") ? "(, or read the [^]*)?\\." : ""}$`);
}

describe("every advice in the code", () => {
  const { texts } = adviceIn(".", "src");

  test("is followed by a test, or is known not to be one that can be", () => {
    const known = [...Object.keys(cases), ...Object.keys(FOLLOWED_ELSEWHERE), ...Object.keys(NOT_FOLLOWED)];
    expect(known.filter((text, i) => known.indexOf(text) < i)).toEqual([]);
    expect(texts.map(({ text }) => text).sort()).toEqual(known.sort());
  });

  test("is followed where it is said to be", () => {
    for (const [text, file] of Object.entries(FOLLOWED_ELSEWHERE)) {
      const longest = text.split("…").sort((a, b) => b.length - a.length)[0]!;
      const words = longest
        .split(/[^\w ]/)
        .sort((a, b) => b.length - a.length)[0]!
        .trim();
      expect([text, readFileSync(file, "utf8").includes(words)]).toEqual([text, true]);
    }
  });
});

test.each(Object.entries(cases))("%s", async (text, [bad, good]) => {
  let error: unknown;
  try {
    await bad();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(UnrolledError);
  expect((error as UnrolledError).fix).toMatch(patternOf(text));
  const followed = await good();
  if (Array.isArray(followed)) await Promise.all(followed);
});
