import { show } from "../../base/errors.js";

/** In fewer rows a column may tell all of them by chance. */
const FEWEST_ROWS = 30;
/** As many are named. */
const MOST = 3;

/**
 * Columns of which each tells by itself what is to be told: what is known only afterwards, or the label under another name.
 * @param telling  which of the columns these are
 * @param rows  in how many rows it was seen
 */
export function tellingNotes(
  label: string,
  columns: readonly string[],
  telling: readonly number[],
  rows: number,
): string[] {
  if (rows < FEWEST_ROWS || telling.length === 0) return [];
  const named = telling.slice(0, MOST).map((column) => show(columns[column]));
  const more = telling.length > MOST ? ` and ${telling.length - MOST} more` : "";
  const one = telling.length === 1;
  return [`${named.join(", ")}${more} alone ${one ? "tells" : "each tell"} ${show(label)}: leave ${one ? "it" : "them"} out if not known before`]; // biome-ignore format: a line
}
