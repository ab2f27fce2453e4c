import type { Field } from "../../base/fields.js";

/** How few steps are too few. */
export interface StepGoals {
  /** An epoch of fewer updates learns less than its data could teach: batches are made smaller. */
  anEpoch: number;
  /** With fewer updates in all a model has hardly begun, however often it has seen the data: there are more epochs. */
  inAll: number;
}

/** Gradients of fewer samples are noisy, and their steps slow. */
const FEWEST_SAMPLES = 4;
const MOST_EPOCHS = 40;
/** As measured on names, sentences, pairs and series of four sizes each. */
const OF_SAMPLES: StepGoals = { anEpoch: 100, inAll: 1500 };

type Sizes = Readonly<Record<string, unknown>>;

/** What a setting is for much data: as a preset says, or the field's default. */
export function usualOf(fields: object, preset: Sizes = {}): (key: string) => number {
  return (key) => (preset[key] ?? (fields as Readonly<Record<string, Field>>)[key].default) as number;
}

/**
 * Batch and epochs where `given` leaves them open: never a larger batch, or fewer epochs, than usual.
 * @param samples  of which a batch takes some
 * @param stepsOf  steps in an epoch with a batch
 */
export function fitSteps(
  given: Sizes,
  samples: number,
  usual: (key: string) => number,
  { anEpoch, inAll }: StepGoals,
  stepsOf: (batch: number) => number = (batch) => Math.ceil(samples / batch),
): { batch: number; epochs: number } {
  const wanted = Math.max(FEWEST_SAMPLES, Math.round(samples / anEpoch));
  const batch = (given["batch"] as number | undefined) ?? Math.min(usual("batch"), Math.max(1, samples), wanted);
  const more = Math.min(MOST_EPOCHS, Math.ceil(inAll / stepsOf(batch)));
  return { batch, epochs: (given["epochs"] as number | undefined) ?? Math.max(usual("epochs"), more) };
}

/** Those that nobody gave, and that are not as usual. */
export function chosenOnly<S extends object>(chosen: S, given: Sizes, usual: (key: string) => number): Partial<S> {
  const entries = Object.entries(chosen).filter(([key, value]) => given[key] === undefined && value !== usual(key));
  return Object.fromEntries(entries) as Partial<S>;
}

/**
 * What the number of samples chooses where `given` leaves it open.
 * @param preset  whose values are the usual ones
 * @returns the settings that are not as usual
 */
export function fitToSize(
  given: object,
  fields: object,
  samples: number,
  preset: object = {},
): { batch?: number; epochs?: number } {
  const usual = usualOf(fields, preset as Sizes);
  return chosenOnly(fitSteps(given as Sizes, samples, usual, OF_SAMPLES), given as Sizes, usual);
}
