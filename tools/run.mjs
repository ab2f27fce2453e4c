#!/usr/bin/env node
// The one program behind the npm scripts: brings the clone up to date, then does what was asked. `node tools/run.mjs --help`.
// Plain Node with no packages, because it runs before anything is installed.

import { readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { isInstalled, npmCi } from "./support/npm.mjs";
import {
  checkNode,
  ensureBuilt,
  ensureGenerated,
  ensureInstalled,
  ensureStudio,
  packageBin,
} from "./support/prepare.mjs";
import { root, run, runQuietly, StepError, step } from "./support/process.mjs";
import { runTests } from "./support/tests.mjs";

const commands = {
  install: { help: "install the packages when they are missing or out of date", action: ensureInstalled },
  wasm: { help: "install, compile the WASM kernels, and bundle what exported models run on", action: ensureGenerated },
  build: { help: "install, and build dist/", action: ensureBuilt },
  start: { help: "build, and train a language model on Moby Dick", action: start },
  test: { help: "build, and run all tests (or those whose path is given)", action: test },
  typecheck: { help: "check the types of everything", action: typecheck },
  lint: { help: "lint", action: () => biome("lint") },
  format: { help: "rewrite all files in the house style", action: () => biome("check", "--write") },
  check: { help: "types, lint, format and architecture", action: check },
  example: { help: "build, and run one of examples/ (without a name: list them)", action: example },
  lessons: {
    help: "build, run docs/lessons and rewrite its pages and pictures (with a number: run that lesson)",
    action: lessons,
  },
  docs: {
    help: "build, and write the site of docs/ to build/docs/site (--serve: show it while you write)",
    action: docs,
  },
  fuzz: {
    help: "build, and give damaged files to every reader (--reader NAME --cases N --seed S)",
    action: async (args) => {
      await ensureBuilt();
      return run(process.execPath, ["tools/fuzz/files.mjs", ...args]);
    },
  },
  rigs: { help: "build, and kill runs, cut power, fail files (arguments go to tools/rigs/run.mjs)", action: rigs },
  "fuzz:api": { help: "build, and call everything public with drawn arguments (--calls N --seed S)", action: fuzzApi },
  runtimes: {
    help: "build, fetch Deno, Bun and Nodes, and run the suite in each and in browsers (NAME ... --write)",
    action: runtimes,
  },
  "studio:build": { help: "build the studio as a site, in dist/studio", action: ensureStudio },
  studio: { help: "show the studio while it is written (arguments go to vite)", action: studio },
  projects: {
    help: "build, pack, and install it into empty projects: bundlers, TypeScript, CommonJS (NAME ..., --light)",
    action: projects,
  },
  size: {
    help: "build, and weigh parts of the package as a browser loads them",
    action: async () => {
      await ensureBuilt();
      return run(process.execPath, ["tools/size.mjs"]);
    },
  },
  bench: { help: "build, and measure speed (arguments go to bench/run.mjs)", action: bench },
};

async function start(args) {
  await ensureBuilt();
  return run(process.execPath, ["tools/start.mjs", ...args], { stdin: "inherit" });
}

async function bench(args) {
  await ensureBuilt();
  return run(process.execPath, ["bench/run.mjs", ...args]);
}

async function rigs([name, ...args]) {
  await ensureBuilt();
  if (name === undefined || name.startsWith("studio")) await ensureStudio();
  if (name === "memory") return run(process.execPath, ["tools/rigs/memory.mjs", ...args]);
  return run(process.execPath, ["tools/rigs/run.mjs", ...(name === undefined ? [] : [name]), ...args]);
}

async function fuzzApi(args) {
  await ensureBuilt();
  return run(process.execPath, ["tools/fuzz/api.mjs", ...args]);
}

async function studio(args) {
  await ensureGenerated();
  return run(process.execPath, [packageBin("vite", "vite"), "--config", "studio/vite.config.ts", ...args]);
}

async function projects(args) {
  await ensureBuilt();
  return run(process.execPath, ["tools/check-projects.mjs", ...args]);
}

async function runtimes(args) {
  await ensureBuilt();
  return run(process.execPath, ["tools/runtimes/run.mjs", ...args]);
}

/** Examples are TypeScript that imports the package by its name: compiled into build/, then their main() is run. */
async function example([name, ...args]) {
  // Those of the zoo need the model of others that they run: its file is their argument.
  const inside = ["zoo", "serve"].flatMap((folder) =>
    readdirSync(`examples/${folder}`).map((file) => `${folder}/${file}`),
  );
  const files = [...readdirSync("examples"), ...inside];
  const names = files.flatMap((file) => (file.endsWith(".ts") && file !== "zoo/support.ts" ? [file.slice(0, -3)] : []));
  if (name === undefined || !names.includes(name)) {
    const found = name === undefined ? "none" : JSON.stringify(name);
    throw new StepError(`example: name must be one of ${names.join(", ")}, got ${found}.`);
  }
  await ensureBuilt();
  const tsc = packageBin("typescript", "tsc");
  await runQuietly("compiling examples", process.execPath, [tsc, "-p", "tsconfig.examples.json"]);
  const file = `build/examples/${name}.js`;
  const start = `import(${JSON.stringify(pathToFileURL(file).href)}).then((example) => example.main(process.argv.slice(1)))`;
  return run(process.execPath, ["--input-type=module", "--eval", start, "--", ...args], { stdin: "inherit" });
}

/** As the examples: compiled into build/, importing the package by its name. */
async function lessons(args) {
  await ensureBuilt();
  const tsc = packageBin("typescript", "tsc");
  await runQuietly("compiling lessons", process.execPath, [tsc, "-p", "tsconfig.lessons.json"]);
  return run(process.execPath, ["tools/lessons.mjs", ...args]);
}

/** The site's packages are installed when this is asked for, never by `npm test`. */
async function docs(args) {
  await ensureBuilt();
  if (!isInstalled("docs"))
    await step("installing the packages of the site (150 MB)", () => npmCi("docs", "--ignore-scripts"));
  return run(process.execPath, ["tools/docs/build.mjs", ...args], { stdin: "inherit" });
}

async function biome(...args) {
  await ensureInstalled();
  return run(process.execPath, [packageBin("@biomejs/biome", "biome"), ...args, "."]);
}

async function typecheck() {
  await ensureGenerated();
  const tsc = packageBin("typescript", "tsc");
  const code = await run(process.execPath, [tsc, "-p", "tsconfig.json", "--noEmit"]);
  return code || run(process.execPath, [tsc, "-p", "studio/tsconfig.json", "--noEmit"]);
}

/** Runs all four checks, so that one run shows everything there is to mend. */
async function check() {
  const results = [
    ["types", await typecheck()],
    ["lint and format", await biome("check", "--error-on-warnings")],
    ["architecture", await run(process.execPath, ["tools/check-architecture.mjs"])],
    ["leftovers", await run(process.execPath, ["tools/check-leftovers.mjs"])],
  ];
  const failed = results.filter(([, code]) => code !== 0).map(([name]) => name);
  console.log(failed.length === 0 ? "check: all is well" : `check: failed: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}

async function test(args) {
  checkNode({ forTests: true });
  await ensureBuilt();
  await ensureStudio();
  return runTests(args);
}

function help() {
  console.log("Usage: node tools/run.mjs COMMAND [arguments]\n");
  for (const [name, { help }] of Object.entries(commands)) console.log(`  ${name.padEnd(10)} ${help}`);
  return 0;
}

async function main([name, ...args]) {
  if (name === undefined || name === "--help") return help();
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new StepError(`run: command must be one of ${Object.keys(commands).join(", ")}, got ${name}.`);
  process.chdir(root);
  checkNode();
  return (await command.action(args)) ?? 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(error instanceof StepError ? `error: ${error.message}` : error);
    process.exitCode = 1;
  },
);
