/**
 * Data to begin with, one click away. The text is the first chapters of Melville's Moby-Dick (1851); the names are English first names
 * that only women or only men bear; the series is how many children were born in the United States on each day of three years, by the
 * National Center for Health Statistics. All are in the public domain.
 */
import type { Settings } from "../state/state.js";
import births from "./births.csv?url";
import names from "./first-names.csv?url";
import text from "./moby-dick.txt?url";

export interface Example {
  readonly name: string;
  readonly file: string;
  readonly url: string;
  /** What makes it worth looking at within a minute; shown as values that fit. */
  readonly settings: Settings;
}

export const EXAMPLES: readonly Example[] = [
  { name: "moby-dick", file: "moby-dick.txt", url: text, settings: { validateEvery: 100, sampleLength: 240 } },
  {
    name: "first-names",
    file: "first-names.csv",
    url: names,
    settings: { bidirectional: true, pooling: "attention", dropout: 0.3 },
  },
  { name: "births", file: "births.csv", url: births, settings: { horizon: 14, context: 28, validateEvery: 50 } },
];

export function exampleNamed(name: string): Example | null {
  return EXAMPLES.find((example) => example.name === name) ?? null;
}
