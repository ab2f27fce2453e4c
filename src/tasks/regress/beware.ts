import { repeatedNotes } from "../about-data/repeated.js";
import { columnsOfNumber } from "../about-data/telling-columns.js";
import type { ManyToOneConfig } from "../many-to-one-config.js";
import { unitOfRows } from "../many-to-one-data.js";
import { lastNumbers, readAndTold } from "../many-to-one-notes.js";
import type { RegressData } from "./types.js";

/** What is odd about rows with a number to tell. */
export function notesOnNumbers(data: RegressData, config: ManyToOneConfig): string[] {
  const all = [...data.train, ...data.validation];
  const told = all.map(({ target }) => target[0]);
  return [
    ...columnsOfNumber(config.label, { ...lastNumbers(all, data.inputs, config), told }),
    ...repeatedNotes({ ...readAndTold(data), unit: unitOfRows(config), isExact: false }),
  ];
}
