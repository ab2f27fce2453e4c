import { readFileSync } from "node:fs";
import { packageFile } from "./own-files.js";

/** Of this package. */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as {
    version: string;
  };
  return manifest.version;
}
