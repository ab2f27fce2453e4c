import type { ClassDetail } from "./details.js";

/** As many are told by name. */
const MOST = 10;

/** How often each name occurs. @param of  what they are: a column, `tags` */
export function classCounts(of: string, names: Iterable<string>): ClassDetail {
  const counts = new Map<string, number>();
  let total = 0;
  for (const name of names) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    total++;
  }
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const most = sorted.slice(0, MOST).map(([name, count]) => ({ name, count }));
  return { of, classes: counts.size, total, most };
}
