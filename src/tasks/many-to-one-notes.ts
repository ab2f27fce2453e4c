import type { ReadAndTold } from "./about-data/repeated.js";
import type { Example } from "./many-to-one-model.js";
import { featuresOf, type RowInputs, type RowSettings } from "./row-inputs.js";
import { rowsAreSteps } from "./row-sequences.js";

/** Both parts as what is read and told. */
export function readAndTold(parts: Readonly<Record<"train" | "validation", Iterable<Example>>>) {
  const of = (examples: Iterable<Example>) => Array.from(examples, ({ steps, target }): ReadAndTold => [steps, target]);
  return { train: of(parts.train), validation: of(parts.validation) };
}

/** What each column of numbers holds in a row, or in the last one of a sequence: none for texts. */
export function lastNumbers(
  examples: readonly Example[],
  inputs: RowInputs,
  settings: RowSettings,
): { columns: readonly string[]; rows: ArrayLike<number>[] } {
  if (inputs.vocabulary !== null) return { columns: [], rows: [] };
  const columns = inputs.columns.slice(0, rowsAreSteps(settings) ? featuresOf(inputs, settings) : settings.maxLength);
  return { columns, rows: examples.map(({ steps }) => steps.slice(-columns.length)) };
}
