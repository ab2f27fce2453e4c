#!/usr/bin/env node
// The packed package in an empty project: plain Node, TypeScript, and what people bundle with, without any configuration.
// `npm run projects` tries all of them, `-- NAME ...` those whose name begins so; each must come to the loss that plain Node comes to.

import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { launchChromium, noChromium } from "./support/browsers.mjs";
import { root, StepError, step } from "./support/process.mjs";
import { serve } from "./support/site.mjs";

const folder = mkdtempSync(join(tmpdir(), "unrolled-projects-"));
const at = (...path) => join(folder, ...path);
const program = (path) => at("node_modules", path);

async function ran(command, args, options = {}) {
  try {
    const { stdout } = await promisify(execFile)(command, args, { cwd: folder, maxBuffer: 1 << 24, ...options });
    return stdout.trim();
  } catch (error) {
    throw new StepError(`${[command, ...args].join(" ")}: ${error.stdout ?? ""}${error.stderr ?? error}`);
  }
}
const node = (...args) => ran(process.execPath, args);

function written(path, text) {
  writeFileSync(at(path), text);
  return at(path);
}

/** The loss after a few steps of a small LSTM: the same number whatever bundled it. */
const TRAIN = readFileSync(join(root, "tools/support/project-app.js"), "utf8");
const TELLS = 'import { train } from "./train.js";\nconsole.log(train());\n';
const SHOWS = 'import { train } from "./train.js";\ndocument.title = String(train());\n';

/** @param {string} module of TypeScript */
async function typescript(module, moduleResolution) {
  const text = 'import { train } from "./train.js";\nimport { nn, type Tensor, tensor } from "unrolled";\nimport { LSTM } from "unrolled/layers";\nconst x: Tensor = new nn.GRU(2, 3).forward(tensor([[1, 2]]))[0];\nconsole.log(x.shape.length === 2 && typeof LSTM === "function" ? train() : 0);\n'; // biome-ignore format: a file
  written("typed.ts", text);
  const options = ["--module", module, "--moduleResolution", moduleResolution, "--strict", "--target", "es2022"];
  await node(join(root, "node_modules/typescript/bin/tsc"), ...options, "--allowJs", "--outDir", "typed", "typed.ts");
  return node("typed/typed.js");
}

/** What a page's title becomes. */
async function titleOf(url) {
  if (noChromium !== undefined) return undefined;
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction(() => /^[\d.]+$/.test(document.title), undefined, { timeout: 60_000 });
    return await page.title();
  } finally {
    await browser.close();
  }
}

async function vite() {
  mkdirSync(at("vite"), { recursive: true });
  for (const name of ["train.js"]) cpSync(at(name), at("vite", name));
  written("vite/main.js", SHOWS);
  written(
    "vite/index.html",
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>',
  );
  await ran(process.execPath, [program("vite/bin/vite.js"), "build", "--base", "./"], { cwd: at("vite") });
  const files = readdirSync(at("vite/dist"), { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name));
  const site = await serve(new Map(paths.map((path) => [path.slice(at("vite/dist/").length), readFileSync(path)])));
  try {
    return await titleOf(`${site.origin}/plain/`);
  } finally {
    await site.close();
  }
}

async function esbuild() {
  written("bundled.js", TELLS);
  await node(
    program("esbuild/bin/esbuild"),
    "bundled.js",
    "--bundle",
    "--minify",
    "--format=esm",
    "--outfile=out/esbuild.mjs",
  );
  return node("out/esbuild.mjs");
}

async function rollup() {
  written("bundled.js", TELLS);
  const args = ["bundled.js", "-p", "node-resolve={browser:true}", "-f", "es", "-o", "out/rollup.mjs", "--silent"];
  await node(program("rollup/dist/bin/rollup"), ...args);
  return node("out/rollup.mjs");
}

async function webpack() {
  written("bundled.js", TELLS);
  // As webpack-cli calls it where there is no configuration.
  const script = written(
    "webpack.mjs",
    'import webpack from "webpack";\nwebpack({ mode: "production", entry: "./bundled.js", output: { path: process.cwd() + "/out", filename: "webpack.cjs" } }, (error, stats) => {\n  if (error || stats.hasErrors() || /Critical dependency/.test(stats.toString())) throw error ?? new Error(stats.toString());\n});\n',
  );
  await node(script);
  return node("out/webpack.cjs");
}

/** Rendered on the server, and again in the page. */
async function next() {
  for (const part of ["next/app"]) mkdirSync(at(part), { recursive: true });
  cpSync(at("train.js"), at("next/app/train.js"));
  written("next/package.json", '{ "type": "module" }');
  written("next/app/layout.jsx", "export default ({ children }) => <html><body>{children}</body></html>;\n");
  written("next/app/page.jsx", 'import Shown from "./shown.jsx";\nimport { train } from "./train.js";\nexport default () => <main id={"server-" + train()}><Shown /></main>;\n'); // biome-ignore format: a file
  written("next/app/shown.jsx", '"use client";\nimport { useEffect } from "react";\nimport { train } from "./train.js";\nexport default function Shown() {\n  useEffect(() => { document.title = String(train()); }, []);\n  return null;\n}\n'); // biome-ignore format: a file
  const cli = program("next/dist/bin/next");
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };
  await ran(process.execPath, [cli, "build"], { cwd: at("next"), env });
  const server = spawn(process.execPath, [cli, "start", "-p", "0"], { cwd: at("next"), env });
  try {
    let said = "";
    const url = await new Promise((resolve, reject) => {
      server.on("exit", () => reject(new StepError(`next start: ${said}`)));
      server.stdout.setEncoding("utf8").on("data", (text) => {
        said += text;
        const found = /http:\/\/localhost:\d+/.exec(said);
        if (found) resolve(found[0]);
      });
    });
    const html = await (await fetch(url)).text();
    const onServer = /server-([\d.]+)/.exec(html)?.[1];
    const inPage = await titleOf(url);
    return inPage === undefined || inPage === onServer ? onServer : `${onServer} on the server, ${inPage} in the page`;
  } finally {
    server.kill();
  }
}

function commonJs() {
  const text =
    'const { nn } = require("unrolled");\nif (new nn.RNN(2, 3).hiddenSize === 3) console.log(require("./train.js").train());\n';
  return ran(process.execPath, ["--no-warnings", written("plain.cjs", text)]);
}

async function types(tarball) {
  // ESM alone: `require` of it is for Node 20.19 and later, and what resolves as Node 10 did knows no `exports`.
  // The kernels are files to be served, of which no module is made.
  const served = ["relaxed", "relaxed-threads", "simd", "simd-threads"].map((name) => `./kernels/${name}.wasm`);
  const args = [tarball, "--profile", "esm-only", "--no-color", "--exclude-entrypoints", ...served];
  await node(program("@arethetypeswrong/cli/dist/index.js"), ...args);
  return undefined;
}

const PLAIN = written.bind(null, "plain.mjs", TELLS);

/** What gives each its loss, and the packages that it needs. Those without a package are tried before a change is taken. */
const PROJECTS = [
  { name: "JavaScript", lossOf: () => node(PLAIN()), packages: {} },
  { name: "CommonJS", lossOf: commonJs, packages: {} },
  { name: "TypeScript nodenext", lossOf: () => typescript("nodenext", "nodenext"), packages: {} },
  { name: "TypeScript bundler", lossOf: () => typescript("esnext", "bundler"), packages: {} },
  { name: "esbuild", lossOf: esbuild, packages: { esbuild: "0.28.2" } },
  { name: "Vite", lossOf: vite, packages: { vite: "8.3.8" } },
  { name: "Rollup", lossOf: rollup, packages: { rollup: "4.68.8", "@rollup/plugin-node-resolve": "16.0.3" } },
  { name: "webpack", lossOf: webpack, packages: { webpack: "5.113.0" } },
  { name: "Next.js", lossOf: next, packages: { next: "16.4.6", react: "19.3.1", "react-dom": "19.3.1" } },
  { name: "attw", lossOf: types, packages: { "@arethetypeswrong/cli": "0.18.5" } },
];

async function main(args) {
  const isLight = args.includes("--light");
  const wanted = args.filter((arg) => !arg.startsWith("--")).map((arg) => arg.toLowerCase());
  const chosen = PROJECTS.filter(
    ({ name, packages }) =>
      !(isLight && Object.keys(packages).length > 0) &&
      (wanted.length === 0 || wanted.some((word) => name.toLowerCase().startsWith(word))),
  );
  const npm = (...more) => [...more, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await ran("npm", npm("pack", "--pack-destination", folder), { cwd: root });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  const dependencies = Object.assign({ unrolled: `file:${tarball}` }, ...chosen.map(({ packages }) => packages));
  written("package.json", JSON.stringify({ name: "empty", private: true, type: "module", dependencies }));
  written("train.js", TRAIN);
  await step("installing an empty project", () => ran("npm", npm("install")));
  let expected;
  let failed = 0;
  for (const { name, lossOf } of chosen) {
    try {
      const loss = await lossOf(tarball);
      expected ??= loss ?? (await node(PLAIN()));
      const isSame = loss === undefined || loss === expected;
      if (!isSame) failed++;
      console.log(
        `${name}: ${isSame ? `as plain Node, ${loss ?? "nothing to run"}` : `${loss} instead of ${expected}`}`,
      );
    } catch (error) {
      failed++;
      console.error(`${name}: ${error instanceof StepError ? error.message : error.stack}`);
    }
  }
  return failed > 0 ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
