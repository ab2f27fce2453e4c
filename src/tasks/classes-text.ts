import { show } from "../base/errors.js";

/** Classes as an error names them: the first of many. */
export function classesText(classes: readonly string[]): string {
  return `${classes.slice(0, 8).map(show).join(", ")}${classes.length > 8 ? ", ..." : ""}`;
}
