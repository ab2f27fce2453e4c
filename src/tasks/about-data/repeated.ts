import { fingerprint } from "../fingerprint.js";

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

/**
 * Figures on what was learned by heart say little of what is new; and of two that read alike and are told otherwise, no model gets both
 * right.
 */
export function repeatedNotes({ train, validation, unit, isExact }: Parts): string[] {
  // What is told of what reads so; null where it is told in several ways.
  const known = new Map<string, string | null>();
  for (const [read, told] of train) {
    const [key, own] = [fingerprint([read]), fingerprint([told])];
    const before = known.get(key);
    known.set(key, before === undefined || before === own ? own : null);
  }
  let [judged, repeated] = [0, 0];
  for (const [read] of validation) {
    judged++;
    if (known.has(fingerprint([read]))) repeated++;
  }
  const torn = [...known.values()].filter((told) => told === null).length;
  const count = (n: number) => n.toLocaleString("en");
  const seen = `${count(repeated)} of ${count(judged)} ${unit} validated on also stand in training: figures flatter`;
  const unsure = `${count(torn)} ${torn === 1 ? "time" : "times"} ${unit} to train on read alike, and have other answers`;
  return [...(repeated > 0 ? [seen] : []), ...(torn > 0 && isExact ? [unsure] : [])];
}
