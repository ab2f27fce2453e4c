// Where JavaScript runs, and how the suite of test/runtimes is run there.

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { launchChromium, launchFirefox, noChromium, noFirefox } from "./browsers.mjs";
import { installNewerNodes, newerNode } from "./newer-nodes.mjs";
import { isInstalled, npmCi } from "./npm.mjs";
import { root, step } from "./process.mjs";
import { runtimeSuite } from "./runtime-suite.mjs";
import { serve } from "./site.mjs";

const folder = "tools/runtimes";
const fetched = (path) => join(root, folder, "node_modules", path);
const FETCH = "`npm run runtimes -- --fetch` fetches it from npm, for Linux on x64";

/** What can be had from npm, and is not here yet. */
export async function fetchRuntimes() {
  await installNewerNodes();
  if (isInstalled(folder, { optionalToo: true })) return;
  // Deno's and Bun's own packages would run a script that looks for what is here already.
  await step("installing Deno, Bun, Node 22 and a driver for Firefox (130 MB)", () =>
    npmCi(folder, "--ignore-scripts", "--no-bin-links").catch(() => {}),
  );
}

/** @typedef {import("../../test/runtimes/app/suite.js").Report} Report */
/** @typedef {import("../../test/runtimes/app/suite.js").SuiteOptions} SuiteOptions */
/**
 * @typedef {object} Runtime
 * @property {string} name
 * @property {boolean} threads     whether it must have them
 * @property {boolean} fuses       whether its relaxed SIMD rounds a product and its sum once; JavaScriptCore's rounds twice
 * @property {() => string | undefined} missing  why it cannot be had here, after `skip:`
 * @property {(options: SuiteOptions) => Promise<Report & { version: string }>} run
 */

/** @returns {Runtime} */
function program(name, file, ...args) {
  return {
    name,
    threads: true,
    fuses: name !== "Bun",
    missing: () => (existsSync(file) ? undefined : `skip: ${name} is not here, ${FETCH}`),
    async run(options) {
      const place = mkdtempSync(join(tmpdir(), "unrolled-runtime-"));
      try {
        const script = join(place, "suite.mjs");
        writeFileSync(script, await runtimeSuite());
        const version = await printed(file, ["--version"], place);
        const report = await printed(file, [...args, script, JSON.stringify(options)], place);
        return { version: /\d+\.\d+\.\d+/.exec(version)?.[0] ?? version, ...reported(report) };
      } finally {
        rmSync(place, { recursive: true });
      }
    },
  };
}

async function printed(file, args, cwd) {
  const { stdout } = await promisify(execFile)(file, args, { cwd, maxBuffer: 1 << 24, env: { HOME: cwd } });
  return stdout.trim();
}

/** @returns {Report} */
const reported = (text) => checked(JSON.parse(text.split("\n").at(-1)));

function checked(report) {
  if (report.error !== undefined) throw new Error(report.error);
  return report;
}

/** @returns {Runtime} */
function browser(name, headers, where, missing, launch) {
  return {
    name,
    fuses: true,
    threads: headers !== "plain" && where === "inWorker",
    missing,
    async run(options) {
      const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="suite.js"></script>';
      const site = await serve(new Map([["index.html", html], ["suite.js", await runtimeSuite()]])); // biome-ignore format: two files
      const started = await launch();
      try {
        const page = await started.newPage();
        await page.goto(`${site.origin}/${headers}/`);
        const ask = ([how, asked]) => globalThis.page[how](asked);
        const report = checked(await page.evaluate(ask, [where, options]));
        const version = /\d+(\.\d+)*/.exec(await started.version())[0];
        return { version, ...report };
      } finally {
        await started.close();
        await site.close();
      }
    },
  };
}

const chromium = (name, headers, where) => browser(name, headers, where, () => noChromium, launchChromium);
const firefox = (name, headers, where) => browser(name, headers, where, noFirefox, launchFirefox);

/** The Node that runs this comes first: what the others compute is compared with it. */
export const RUNTIMES = [
  program(`Node ${process.versions.node.split(".")[0]}`, process.execPath),
  ...[22, 24, 26]
    .filter((major) => !process.versions.node.startsWith(`${major}.`))
    .map((major) =>
      program(`Node ${major}`, major === 22 ? fetched("node-22/bin/node") : newerNode(major), "--no-warnings"),
    ),
  // Without any permission: not even the environment may be read.
  program("Deno, nothing allowed", fetched("@deno/linux-x64-glibc/deno"), "run", "--no-prompt"),
  program("Bun", fetched("@oven/bun-linux-x64/bin/bun")),
  chromium("Chromium, isolated page, worker", "isolated", "inWorker"),
  chromium("Chromium, strict policy, worker", "strict", "inWorker"),
  chromium("Chromium, any page, worker", "plain", "inWorker"),
  chromium("Chromium, the page itself", "isolated", "here"),
  firefox("Firefox, isolated page, worker", "isolated", "inWorker"),
  firefox("Firefox, any page, worker", "plain", "inWorker"),
];
