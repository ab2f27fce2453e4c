import { labelNumbers } from "../../data/readers/index.js";
import type { ManyToOneConfig } from "../many-to-one-config.js";
import { storeRows } from "../many-to-one-storing.js";
import { RunningSpread } from "../running-spread.js";
import type { StreamSources } from "../task.js";
import { oneNumber } from "./one-number.js";
import type { RegressData } from "./types.js";

/** As `read` does, for files that need not fit into memory. @throws FormatError, FileError as `storeRows` does */
export async function storeNumbers(
  sources: StreamSources,
  config: ManyToOneConfig,
): Promise<RegressData & { close(): void }> {
  const told = new RunningSpread();
  let first = 0;
  const stored = await storeRows(sources, config, {
    of: (table, row) => labelNumbers(table, config.label, [row]),
    mustTrain: () => told.count === 0,
    trained([number]) {
      if (told.count === 0) first = number;
      told.add(number);
    },
    decoder(source) {
      if (told.isConstant) throw oneNumber(source, config.label, first);
      return (numbers) => [...numbers];
    },
  });
  return { ...stored, mean: told.mean, scale: told.scale };
}
