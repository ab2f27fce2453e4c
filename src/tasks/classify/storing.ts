import type { Table } from "../../data/readers/index.js";
import { copyOf } from "../../text/token-counter.js";
import { storeRows } from "../many-to-one-storing.js";
import type { StreamSources } from "../task.js";
import type { ClassifyConfig } from "./config.js";
import {
  type ClassifyData,
  labelReader,
  type Meaning,
  MOST_CLASSES,
  renamed,
  tooFew,
  unknownClass,
  weightsOf,
} from "./data.js";

/** As `readRows`, for files that need not fit into memory; `known` too. @throws FormatError, FileError as `storeRows` does */
export async function storeClasses(
  sources: StreamSources,
  config: ClassifyConfig,
  { known, mostInPart }: { known?: Meaning | undefined; mostInPart?: number | undefined } = {},
): Promise<ClassifyData & { close(): void }> {
  let classes = known?.classes ?? null;
  // Classes have numbers as they come; which one of all it is is known at the end.
  const numbers = new Map((classes ?? []).map((name, i) => [name, i]));
  const trained = new Set<number>();
  const numberOf = (table: Table, row: number, name: string): number => {
    const found = numbers.get(name);
    if (found !== undefined) return found;
    if (classes !== null || numbers.size === MOST_CLASSES) throw unknownClass(table, row, classes, config);
    numbers.set(copyOf(name), numbers.size);
    return numbers.size - 1;
  };
  const readers = new WeakMap<Table, (row: number) => string[]>();
  const labelsAt = (table: Table, row: number): string[] => {
    const reader = readers.get(table) ?? labelReader(table, config);
    readers.set(table, reader);
    return reader(row);
  };
  const stored = await storeRows(
    sources,
    config,
    {
      of: (table, row) => labelsAt(table, row).map((name) => numberOf(table, row, name)),
      mustTrain: (target) => target.some((label) => !trained.has(label)),
      trained: (target) => {
        for (const label of target) trained.add(label);
      },
      decoder(source) {
        const names = [...numbers.keys()];
        classes ??= [...trained].map((number) => names[number]).sort();
        if (classes.length < (config.multi ? 1 : 2)) throw tooFew(source, classes, config);
        const places = new Map(classes.map((name, i) => [name, i]));
        const placeOf = names.map((name) => places.get(name)!);
        const all = classes.length;
        if (!config.multi) return ([number]) => [placeOf[number]];
        return (own) => {
          const target = new Array<number>(all).fill(0);
          for (const number of own) target[placeOf[number]] = 1;
          return target;
        };
      },
    },
    { known: known && renamed(known.inputs, config), mostInPart },
  );
  const weights = weightsOf(stored.train, classes!.length, config);
  return { ...stored, classes: classes!, multi: config.multi, weights };
}
