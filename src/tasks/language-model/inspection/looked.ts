import type { Looked, LookOptions } from "../../commands.js";
import type { Source } from "../../task.js";
import type { LanguageModel } from "../model.js";
import { GradientRows } from "./gradient-rows.js";
import { languageModelScore, scoreIds } from "./score.js";

/** The score of a text. @throws FormatError for one that the model cannot read */
export function looked(model: LanguageModel, content: Source | string, { length }: LookOptions): Looked {
  const [text, title] = typeof content === "string" ? [content, "text"] : [content.bytes, content.name];
  const ids = scoreIds(model, text, length);
  const rows = new GradientRows(model, ids);
  return { scores: [languageModelScore(model, ids, { title })], gradients: [(steps) => rows.rows(steps)] };
}
