import type { Looked, LookOptions } from "../../commands.js";
import type { Source } from "../../task.js";
import type { LanguageModel } from "../model.js";
import { GradientRows } from "./gradient-rows.js";
import { inspectLanguageModel } from "./inspect.js";
import { languageModelScore, scoreIds } from "./score.js";

/** Steps that are walked back, to see whether anything is wrong. */
const MOST_TRACED = 200;

/** The score of a text. @throws FormatError for one that the model cannot read */
export function looked(model: LanguageModel, content: Source | string, { length }: LookOptions): Looked {
  const [text, title] = typeof content === "string" ? [content, "text"] : [content.bytes, content.name];
  const ids = scoreIds(model, text, length);
  const rows = new GradientRows(model, ids);
  return {
    scores: [languageModelScore(model, ids, { title })],
    gradients: [(steps) => rows.rows(steps)],
    warnings: () => inspectLanguageModel(model, text, { length: Math.min(ids.length, MOST_TRACED) }).warnings,
  };
}
