import { readFileSync } from "node:fs";

/** Of this package: in the source tree and in the package, package.json lies two folders up. */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return manifest.version;
}
