import type { Inspected } from "../../commands.js";
import { scoreSection } from "../../inspection/score-section.js";
import type { StoredScores } from "../../score/encode.js";
import type { Source } from "../../task.js";
import type { LanguageModel } from "../model.js";
import { inspectionSvg } from "./charts.js";
import { GradientRows } from "./gradient-rows.js";
import { inspectionHtml } from "./html.js";
import { type InspectOptions, inspectLanguageModel, type TextInspection } from "./inspect.js";
import { inspectionLines } from "./lines.js";
import { languageModelScore, scoreIds } from "./score.js";

/** All that a page shows of a text: every prediction with where it comes from. */
function storedScores(
  model: LanguageModel,
  text: string | Uint8Array,
  { length = 200 }: InspectOptions,
  source: { text: string | null },
): StoredScores {
  const ids = scoreIds(model, text, length + 1);
  const steps = Array.from({ length: Math.min(ids.length, MOST_GRADIENTS) }, (_, t) => t);
  const score = languageModelScore(model, ids, { title: source.text?.split(/[\\/]/).at(-1) ?? "text" });
  return { scores: [score], gradients: [new GradientRows(model, ids).rows(steps)] };
}

/** Each is a walk back: of more steps than this a page would wait for them, and grow large. */
const MOST_GRADIENTS = 400;

/** A report, for a terminal, a page, a picture. @throws as `inspectLanguageModel` */
export function inspected(model: LanguageModel, content: Source | string | null, options: InspectOptions): Inspected {
  const text = content === null || typeof content === "string" ? content : content.bytes;
  const inspection = inspectLanguageModel(model, text, options);
  return {
    values: inspection,
    warnings: () => inspection.warnings,
    lines: (source, style) => inspectionLines(inspection, source, style),
    html: ({ viewer, ...source }) => {
      const isRead = viewer !== undefined && text !== null;
      const score = isRead ? scoreSection(viewer, storedScores(model, text, options, source)) : "";
      return inspectionHtml(inspection, { ...source, score });
    },
    svg: () => inspectionSvg(inspection as typeof inspection & { text: TextInspection }),
  };
}
