import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** UNROLLED_CHROMIUM names another. */
const executablePath = process.env["UNROLLED_CHROMIUM"] || PLACES.find((path) => existsSync(path));

/** Why there is no browser to test in; undefined where there is one. */
export const noChromium =
  executablePath === undefined ? `skip: none of ${PLACES.join(", ")}, nor UNROLLED_CHROMIUM` : undefined;

/** Without those of its services that would look for the network. */
const QUIET = ["background-networking", "component-update", "sync", "quic", "gpu"].map((what) => `--disable-${what}`);

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: executablePath!, args: QUIET });
}
