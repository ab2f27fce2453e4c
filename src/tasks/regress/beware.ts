import { Correlations } from "../about-data/correlations.js";
import type { ManyToOneConfig } from "../many-to-one/config.js";
import { SeenSequences } from "../many-to-one/notes.js";
import type { RowInputs } from "../rows/inputs.js";
import type { RegressData } from "./types.js";

/** What is odd about rows with a number to tell. */
export function notesOnNumbers(data: RegressData, config: ManyToOneConfig): readonly string[] {
  if (data.notes !== undefined) return data.notes;
  const seen = seenNumbers(data.inputs, config);
  for (const part of ["train", "validation"] as const) {
    for (const { steps, target } of data[part]) seen.add(steps, target[0], part === "validation");
  }
  return numberNotes(seen);
}

/** Of sequences that come one after another. */
export function seenNumbers(inputs: RowInputs, config: ManyToOneConfig): SeenSequences {
  return new SeenSequences(inputs, config, { of: (columns) => new Correlations(columns), isExact: false });
}

export function numberNotes(seen: SeenSequences): string[] {
  return [...seen.telling(), ...seen.repeated()];
}
