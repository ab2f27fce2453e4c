import { noGrad } from "../../../autograd/index.js";
import type { TracedLayer } from "../../../diagnostics/index.js";
import { record } from "../../../diagnostics/record.js";
import { tensor } from "../../../tensor/index.js";
import { judgedLoss } from "../../health/judge.js";
import { measured } from "../../health/measure.js";
import { type Warning, warningsOf } from "../../health/warnings.js";
import { unitOf } from "../../tokens/unknown.js";
import type { LanguageModel } from "../model.js";

/** What a model was seen to do on a text. */
interface ReadText {
  /** The tokens that it read. */
  ids: Int32Array;
  /** In nats a token. */
  loss: number;
  unknown: { count: number; share: number };
  layers: readonly Pick<TracedLayer, "layer" | "gates" | "reach">[];
}

/** What is wrong with a model, and what to do; of its weights alone where it read nothing. */
export function languageModelWarnings(model: LanguageModel, read: ReadText | null): Warning[] {
  const settings = model.config as unknown as Readonly<Record<string, unknown>>;
  if (read === null) return warningsOf(measured(model, settings, { recorded: [], walks: [], evidence: {} }));
  const { ids, loss, unknown, layers } = read;
  const { size, kind } = model.vocabulary;
  const unit = unitOf(kind);
  const recorded = record(model, () => void noGrad(() => model.forward(tensor(ids, { shape: [ids.length, 1] }))));
  const walk = layers.map(({ layer, gates, reach }) => ({
    name: `rnn layer ${layer}`,
    gates,
    gradH: reach,
    gradC: null,
  }));
  const evidence = { judged: judgedLoss(loss, size, ids.length, `${unit}s`), unknown: { ...unknown, unit } };
  return warningsOf(measured(model, settings, { recorded, walks: [walk], evidence }));
}
