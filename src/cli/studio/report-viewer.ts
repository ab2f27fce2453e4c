import { readFileSync } from "node:fs";
import type { Viewer } from "../../tasks/inspection/score-section.js";

/** Where the build puts it, beside the command line's own file. */
const FILE = "../../report/viewer.js";

/** What draws the scores of a page; undefined where the package was not built, whose pages then are pictures. */
export function reportViewer(): Viewer | undefined {
  try {
    return { script: readFileSync(new URL(FILE, import.meta.url), "utf8") };
  } catch {
    return undefined;
  }
}
