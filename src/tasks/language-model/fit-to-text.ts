import { chosenOnly, fitSteps, type StepGoals, usualOf } from "../training/fit-to-size.js";
import { LANGUAGE_MODEL_FIELDS, type LanguageModelOptions } from "./config.js";

/** Settings that were chosen for a text, where none were given. */
export type Fitted = { batch?: number; seqLen?: number; epochs?: number };

const OF_TEXT: StepGoals = { anEpoch: 200, inAll: 200 };

/**
 * What `given` leaves open of the settings that depend on the size of the text, where the usual values, made for a text of
 * half a million tokens and more, do not suit it: a batch small enough for many updates, and passes enough.
 * @param tokens  to train on
 * @param preset  whose values are the usual ones
 */
export function fitToText(given: LanguageModelOptions, tokens: number, preset: LanguageModelOptions = {}): Fitted {
  const usual = usualOf(LANGUAGE_MODEL_FIELDS, preset);
  const room = Math.max(1, tokens - 1);
  const seqLen = given.seqLen ?? Math.min(usual("seqLen"), Math.max(1, Math.floor(room / (given.batch ?? 1))));
  const most = Math.max(1, Math.floor(room / seqLen));
  const stepsOf = (batch: number) => Math.ceil(room / (batch * seqLen));
  const { batch, epochs } = fitSteps(given, most, usual, OF_TEXT, stepsOf);
  return chosenOnly({ batch, seqLen, epochs }, given, usual);
}
