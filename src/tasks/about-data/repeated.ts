import { SeenRows } from "./seen-rows.js";

/** What is read of a row, and what is told of it, as numbers. */
export type ReadAndTold = readonly [read: ArrayLike<number>, told: ArrayLike<number>];

interface Parts {
  train: Iterable<ReadAndTold>;
  validation: Iterable<ReadAndTold>;
  /** What they are: `rows`. */
  unit: string;
  /** Whether what reads alike is to be told alike: a number may vary. */
  isExact: boolean;
}

/** What of rows in memory stands there twice, as `SeenRows` says it. */
export function repeatedNotes({ train, validation, unit, isExact }: Parts): string[] {
  const seen = new SeenRows();
  for (const [read, told] of train) seen.learn(read, told);
  for (const [read] of validation) seen.judge(read);
  return seen.notes(unit, isExact);
}
