// The rules of the layout: which folder may import which, no cycles, where Node's modules and packages may appear, names and sizes.

import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { findCycles } from "./cycles.mjs";
import { readModules } from "./modules.mjs";

/** Each folder of src/ and those that it stands on directly; what these stand on is allowed with them. */
const STANDS_ON = {
  base: [],
  metrics: ["base", "svg"],
  svg: ["base"],
  engine: ["base"],
  tensor: ["engine"],
  autograd: ["tensor"],
  nn: ["autograd"],
  diagnostics: ["nn", "svg"],
  interchange: ["nn", "io"],
  layers: ["engine"],
  optim: ["tensor"],
  text: ["tensor"],
  data: ["text", "nn"],
  io: ["base"],
  train: ["nn", "optim", "data", "interchange", "metrics", "io"],
  search: ["base"],
  tasks: ["train", "text", "diagnostics", "search"],
  runs: ["train"],
  serve: ["tasks", "runs"],
  cli: ["serve"],
};

/** Folders that a layer may import beside those that it stands on: they use nothing that it may not. */
const BESIDE = { layers: ["src/interchange/conventions/"] };

/** Packages that src/ may import, and the folders that may do it: the core has none. */
const PACKAGES = {
  commander: ["cli"],
  "csv-parse": ["data"],
  "@bufbuild/protobuf": ["interchange"],
  fflate: ["interchange"],
  hono: ["serve"],
  "@hono/node-server": ["serve"],
};

const CODE_FOLDERS = ["src", "studio", "test", "examples", "docs/lessons/code", "bench", "tools"];
const MAX_FILE_LINES = 600;
const MEDIAN_FILE_LINES = 150;
const MAX_FUNCTION_LINES = 60;
const KERNELS = "src/engine/";
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;

/** @returns {{ fileCount: number, findings: { where: string, level?: string, rule: string, found: string, fix: string }[] }} */
export function checkArchitecture(root) {
  const modules = readModules(root, CODE_FOLDERS);
  const sources = modules.filter(({ path }) => path.startsWith("src/"));
  const findings = [
    ...checkPresence(sources),
    ...modules.flatMap(checkSyntax),
    ...sources.flatMap(checkDirection),
    ...findCycles(sources).map(describeCycle),
    ...sources.flatMap(checkOutsideImports),
    ...modules.flatMap(checkName),
    ...modules.flatMap(checkFileSize),
    ...modules.flatMap(checkFunctionSize),
    ...modules.flatMap(checkDocComments),
    ...checkTaskNames(root, sources),
    ...checkMedian(sources),
  ];
  return { fileCount: modules.length, findings };
}

/** A check that looks in the wrong place must not pass. */
function checkPresence(sources) {
  if (sources.length > 0) return [];
  return [
    { where: "src", rule: "layout", found: "no source file under src/", fix: "Run it in the repository's root." },
  ];
}

/** A module that lies in src/ itself is its own layer: the entry points, which may import all but the command line. */
function layerOf(path) {
  const parts = path.split("/");
  return parts.length > 2 ? parts[1] : "entry";
}

function allowedFor(layer) {
  if (layer === "entry") return new Set(["entry", ...Object.keys(STANDS_ON).filter((name) => name !== "cli")]);
  const allowed = new Set([layer]);
  for (const name of allowed) for (const below of STANDS_ON[name] ?? []) allowed.add(below);
  return layer === "cli" ? allowed.add("entry") : allowed;
}

function checkSyntax({ path, syntaxErrors }) {
  return syntaxErrors.map(({ line, message }) => ({
    where: `${path}:${line}`,
    rule: "syntax",
    found: message,
    fix: "The other rules cannot be checked until the file parses.",
  }));
}

function checkDirection({ path, imports }) {
  const layer = layerOf(path);
  if (layer !== "entry" && !Object.hasOwn(STANDS_ON, layer)) {
    const fix = "Move the file, or give the folder its place in STANDS_ON of tools/support/architecture.mjs.";
    return [{ where: path, rule: "layout", found: `src/${layer}/ is no folder of the design`, fix }];
  }
  const allowed = allowedFor(layer);
  return imports
    .filter(({ target }) => target !== undefined && !(target.startsWith("src/") && allowed.has(layerOf(target))))
    .filter(({ target }) => !BESIDE[layer]?.some((folder) => target.startsWith(folder)))
    .map(({ line, target }) => ({
      where: `${path}:${line}`,
      rule: "import direction",
      found: `${layer} must not import ${target}`,
      fix: `${layer} may import ${[...allowed].sort().join(", ")}: move what is shared down to one of these, or pass it in.`,
    }));
}

function describeCycle(edges) {
  const [{ from, line }] = edges;
  const way = [from, ...edges.map(({ to }) => to)].join(" -> ");
  const fix = "Move what both need into a file of its own (types count too).";
  return { where: `${from}:${line}`, rule: "import cycle", found: way, fix };
}

function checkOutsideImports({ path, imports }) {
  const layer = layerOf(path);
  const nodeAllowed = layer === "cli" || /-node\.ts$/.test(path);
  return imports.flatMap(({ line, specifier, isNode, packageName }) => {
    const where = `${path}:${line}`;
    if (isNode && !nodeAllowed) {
      const fix =
        'Put it into a file called *-node.ts, or ask process.getBuiltinModule("node:...") for it at run time.';
      return [{ where, rule: "node modules", found: `${specifier} would reach the browser bundle`, fix }];
    }
    if (packageName && !PACKAGES[packageName]?.includes(layer)) {
      const fix = "The core has no dependency: do without, or add it to PACKAGES of tools/support/architecture.mjs.";
      return [{ where, rule: "packages", found: `${layer} must not import ${packageName}`, fix }];
    }
    return [];
  });
}

function checkName({ path }) {
  const bad = path.split("/").find((part) => !KEBAB_CASE.test(part));
  if (bad === undefined) return [];
  const kebab = bad
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/_/g, "-")
    .toLowerCase();
  return [{ where: path, rule: "file name", found: `${bad} is not kebab-case`, fix: `Call it ${kebab}.` }];
}

function checkFileSize({ path, lines }) {
  if (lines <= MAX_FILE_LINES) return [];
  const found = `${lines} lines, more than ${MAX_FILE_LINES}`;
  return [{ where: `${path}:${MAX_FILE_LINES + 1}`, rule: "file size", found, fix: "Split it: one concept a file." }];
}

function checkFunctionSize({ path, functions }) {
  if (path.startsWith(KERNELS) || path.startsWith("test/")) return [];
  return functions
    .filter(({ lines }) => lines >= MAX_FUNCTION_LINES)
    .map(({ name, line, lines }) => ({
      where: `${path}:${line}`,
      rule: "function size",
      found: `${name} has ${lines} lines, ${MAX_FUNCTION_LINES} or more`,
      fix: `Split it; only kernels under ${KERNELS} may be longer.`,
    }));
}

/** A doc comment is read on hover, where there is nothing before it that something could be the same as. */
function checkDocComments({ path, comments }) {
  return comments
    .filter(({ first }) => /^the same\b/i.test(first))
    .map(({ line, first }) => ({
      where: `${path}:${line}`,
      rule: "doc comment",
      found: `it opens with ${JSON.stringify(first.split(" ").slice(0, 4).join(" "))}, and says nothing by itself`,
      fix: "Say what it is: shapes, units, errors.",
    }));
}

const REGISTRY = "src/tasks/registry.ts";

/**
 * The command line knows no task by name: what differs from task to task is a field of the task. The names are the folders that the
 * registry imports from; until there is a registry there is nothing to check.
 */
function checkTaskNames(root, sources) {
  if (!existsSync(join(root, REGISTRY))) return [];
  const text = readFileSync(join(root, REGISTRY), "utf8");
  const names = new Set(
    [...text.matchAll(/from "\.\/([\w-]+)(?:\/[^"]*)?"/g)].map(([, name]) => name.replace(/\.js$/, "")),
  );
  names.delete("task"); // The contract.
  names.delete("generate"); // Also what a command asks of any task: its capability of that name.
  const fix = "Give the task a field, and ask it for that.";
  return sources
    .filter(({ path }) => layerOf(path) === "cli")
    .flatMap(({ path, strings, imports }) => {
      const texts = [...strings.map(({ line, value }) => ({ line, words: value })), ...imports.map(importedWords)];
      return texts.flatMap(({ line, words }) =>
        [...names]
          .filter((name) => new RegExp(`(^|[^\\w-])${name}([^\\w-]|$)`).test(words))
          .map((name) => ({ where: `${path}:${line}`, rule: "task names", found: `cli/ names the task ${name}`, fix })),
      );
    })
    .filter(({ where, found }, i, all) => all.findIndex((one) => one.where === where && one.found === found) === i);
}

const importedWords = ({ line, specifier }) => ({ line, words: specifier });

function checkMedian(sources) {
  const sizes = sources.map(({ lines }) => lines).sort((a, b) => a - b);
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  if (median < MEDIAN_FILE_LINES) return [];
  const largest = sources.toSorted((a, b) => b.lines - a.lines).slice(0, 3);
  const fix = `Split the largest: ${largest.map(({ path }) => basename(path)).join(", ")}.`;
  return [{ where: "src", level: "warning", rule: "file size", found: `median ${median} lines`, fix }];
}
