import { countsOf } from "./alike.js";
import type { ClassDetail } from "./details.js";

/** As many are told by name. */
const MOST = 10;

/** How often each name occurs. @param of  what they are: a column, `tags` */
export function classCounts(of: string, names: Iterable<string>): ClassDetail {
  return classDetail(of, countsOf(names));
}

/** As `classCounts`, of names that were counted. */
export function classDetail(of: string, counts: ReadonlyMap<string, number>): ClassDetail {
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  const most = sorted.slice(0, MOST).map(([name, count]) => ({ name, count }));
  return { of, classes: counts.size, total, most };
}
