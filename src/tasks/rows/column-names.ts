import { OptionError, show } from "../../base/errors.js";

/** The column that a setting names, or the columns that it lists. */
type Named = string | readonly string[] | null;

/**
 * A model that reads what it is to tell learns nothing else; and what is read twice weighs twice.
 * @param told  the setting that names the column to tell, and the column
 * @param read  settings that name a column to read, or several (`listed`)
 * @throws OptionError for one that names the column to tell, or one twice
 */
export function checkNotRead(
  op: string,
  nameOf: (key: string) => string,
  [key, column]: readonly [key: string, column: string | null],
  read: Readonly<Record<string, Named>>,
): void {
  for (const [own, named] of Object.entries(read)) {
    const all = typeof named === "string" ? [named] : (named ?? []);
    const argument = nameOf(own);
    const twice = all.find((name, i) => all.indexOf(name) < i);
    if (twice !== undefined) {
      const [once, value] = [[...new Set(all)].join(","), `${show(twice)} twice`];
      const details = { settings: { [own]: once } };
      throw new OptionError({ op, argument, must: "name each column once", value, fix: `Use ${show(once)}.`, details });
    }
    if (column === null || !all.includes(column)) continue;
    const others = all.filter((name) => name !== column).join(",");
    const must = `be ${all.length === 1 ? "another column" : "other columns"} than ${nameOf(key)}`;
    const fix = others === "" ? `Leave ${argument} out.` : `Leave ${show(column)} out of ${argument}.`;
    const value = show(all.join(","));
    throw new OptionError({ op, argument, must, value, fix, details: { settings: { [own]: others || null } } });
  }
}
