// The browsers of the system: Chromium by Playwright, Firefox by Puppeteer over WebDriver BiDi.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { root } from "./process.mjs";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FIREFOX = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];

const place = (variable, places) => process.env[variable] || places.find((path) => existsSync(path));
const absence = (path, variable, places) =>
  path === undefined ? `skip: none of ${places.join(", ")}, nor ${variable}` : undefined;

/** UNROLLED_CHROMIUM and UNROLLED_FIREFOX name others. */
const chromiumPath = place("UNROLLED_CHROMIUM", CHROMIUM);
const firefoxPath = place("UNROLLED_FIREFOX", FIREFOX);
const puppeteer = join(root, "tools/runtimes/node_modules/puppeteer-core/lib/esm/puppeteer/puppeteer-core.js");

/** Why there is no browser to test in; undefined where there is one. */
export const noChromium = absence(chromiumPath, "UNROLLED_CHROMIUM", CHROMIUM);

/** As for Chromium; what drives it is fetched when it is asked for. */
export const noFirefox = () =>
  absence(firefoxPath, "UNROLLED_FIREFOX", FIREFOX) ??
  (existsSync(puppeteer) ? undefined : "skip: puppeteer-core is not here, `npm run runtimes -- --fetch` fetches it");

/** Without those of its services that would look for the network. */
const QUIET = ["background-networking", "component-update", "sync", "quic", "gpu"].map((what) => `--disable-${what}`);

export function launchChromium() {
  if (chromiumPath === undefined) throw new Error(noChromium);
  return chromium.launch({ executablePath: chromiumPath, args: QUIET });
}

/** @returns {Promise<any>} a Browser of Puppeteer, whose pages have `goto` and `evaluate` as Playwright's */
export async function launchFirefox() {
  const { default: driver } = await import(pathToFileURL(puppeteer).href);
  return driver.launch({ browser: "firefox", executablePath: firefoxPath, headless: true, protocolTimeout: 0 });
}
