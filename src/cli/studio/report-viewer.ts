import { readFileSync } from "node:fs";
import type { Viewer } from "../../tasks/inspection/score-section.js";
import { builtFile } from "../own-files.js";

/** What draws the scores of a page; undefined where the package was not built, whose pages then are pictures. */
export function reportViewer(): Viewer | undefined {
  try {
    return { script: readFileSync(builtFile("report/viewer.js"), "utf8") };
  } catch {
    return undefined;
  }
}
