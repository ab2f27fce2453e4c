import { LANGUAGE_MODEL_FIELDS, type LanguageModelOptions } from "./config.js";

/** Settings whose best value depends on how much text there is. */
const FITTED = ["batch", "seqLen", "epochs"] as const;
/** Settings that were chosen for a text, where none were given. */
export type Fitted = { [K in (typeof FITTED)[number]]?: number };

/** An epoch of fewer updates than this learns less than its text could teach. */
const STEPS_AN_EPOCH = 200;
/** Gradients of fewer streams are noisy, and their steps slow. */
const FEWEST_STREAMS = 4;
/** With fewer updates than this a model has hardly begun, however often it has seen the text. */
const STEPS_IN_ALL = 200;
const MOST_EPOCHS = 40;

/**
 * What `given` leaves open of the settings that depend on the size of the text, where the usual values, made for a text of
 * half a million tokens and more, do not suit it: a batch small enough for many updates, and passes enough.
 * @param tokens  to train on
 * @param preset  whose values are the usual ones
 */
export function fitToText(given: LanguageModelOptions, tokens: number, preset: LanguageModelOptions = {}): Fitted {
  const usual = (key: (typeof FITTED)[number]): number => preset[key] ?? LANGUAGE_MODEL_FIELDS[key].default;
  const room = Math.max(1, tokens - 1);
  const seqLen = given.seqLen ?? Math.min(usual("seqLen"), Math.max(1, Math.floor(room / (given.batch ?? 1))));
  const most = Math.max(1, Math.floor(room / seqLen));
  const wanted = Math.max(FEWEST_STREAMS, Math.round(most / STEPS_AN_EPOCH));
  const batch = given.batch ?? Math.min(usual("batch"), most, wanted);
  const steps = Math.ceil(room / (batch * seqLen));
  const epochs = given.epochs ?? Math.max(usual("epochs"), Math.min(MOST_EPOCHS, Math.ceil(STEPS_IN_ALL / steps)));
  const fitted: Fitted = { batch, seqLen, epochs };
  for (const key of FITTED) if (given[key] !== undefined || fitted[key] === usual(key)) delete fitted[key];
  return fitted;
}
