import { labelNumbers } from "../../data/readers/index.js";
import { NumberRows } from "../../io/number-rows.js";
import { storedQuantiles } from "../about-data/stored-quantiles.js";
import type { ManyToOneConfig } from "../many-to-one/config.js";
import type { SeenSequences } from "../many-to-one/notes.js";
import { storeRows } from "../many-to-one/storing.js";
import { RunningSpread } from "../stored/running-spread.js";
import type { StreamSources } from "../task.js";
import { numberNotes, seenNumbers } from "./beware.js";
import { oneNumber } from "./one-number.js";
import type { RegressData } from "./types.js";

/** As `read` does, for files that need not fit into memory. @throws FormatError, FileError as `storeRows` does */
export async function storeNumbers(
  sources: StreamSources,
  config: ManyToOneConfig,
): Promise<RegressData & { close(): void }> {
  const told = new RunningSpread();
  let first = 0;
  let seen: SeenSequences;
  // All of the file to train on, for their quantiles.
  const found = new NumberRows(1);
  try {
    const { detailsWith, ...stored } = await storeRows(sources, config, {
      of: (table, row) => labelNumbers(table, config.label, [row]),
      mustTrain: () => told.count === 0,
      found: (target) => found.append(target),
      trained([number]) {
        if (told.count === 0) first = number;
        told.add(number);
      },
      decoder(source) {
        if (told.isConstant) throw oneNumber(source, config.label, first);
        return (numbers) => [...numbers];
      },
      seen(inputs) {
        seen = seenNumbers(inputs, config);
        return (steps, numbers, isHeld) => seen.add(steps, numbers[0], isHeld);
      },
    });
    try {
      found.flush();
      const each = (take: (block: Float64Array) => void) => {
        for (const block of found.blocks()) take(block);
      };
      const values = storedQuantiles(config.label, "", found.length, each);
      const details = detailsWith({ classes: [], values });
      return { ...stored, mean: told.mean, scale: told.scale, details, notes: numberNotes(seen!) };
    } catch (error) {
      stored.close();
      throw error;
    }
  } finally {
    found.close();
  }
}
