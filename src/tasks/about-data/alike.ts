import { show } from "../../base/errors.js";

/** As many groups of names are told. */
const MOST = 3;

/**
 * Names that a person takes for one: they differ in letter case, in white space, or in how Unicode writes the same letters. They stay
 * apart, since nobody but who wrote them knows; but whoever trains is told.
 * @param of  what they are: a column, `tags`
 * @param counts  how often each occurs
 */
export function alikeNames(of: string, counts: ReadonlyMap<string, number>): string[] {
  const groups = new Map<string, string[]>();
  for (const name of [...counts.keys()].sort()) {
    const key = folded(name.normalize("NFKC"));
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  const alike = [...groups.values()].filter(({ length }) => length > 1);
  if (alike.length === 0) return [];
  const told = alike.slice(0, MOST).map((names) => {
    return names.map((name) => `${show(name)} (${counts.get(name)!.toLocaleString("en")})`).join(", ");
  });
  const more = alike.length > MOST ? `; and ${(alike.length - MOST).toLocaleString("en")} more` : "";
  const written = alike.some((names) => new Set(names.map(folded)).size > 1);
  const how = written ? "letter case, white space or Unicode's ways to write a letter" : "letter case or white space";
  return [`of ${of} some differ only in ${how}, and stay apart: ${told.join("; ")}${more}`];
}

const folded = (name: string): string => name.toLowerCase().replace(/\s+/gu, " ").trim();

/** How often each of them occurs. */
export function countsOf(names: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
