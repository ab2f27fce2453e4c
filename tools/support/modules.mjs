// Reads every code file into what the architecture rules need: imports, functions, line counts.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, posix } from "node:path";
import { parseSync, Visitor } from "rolldown/utils";

const CODE = /\.(tsx?|mts|js|mjs)$/;
/** Dependencies, build products, and fixtures, which hold what generators wrote. */
const SKIPPED_FOLDERS = new Set(["node_modules", "dist", "build", "generated", "fixtures"]);
/** AssemblyScript looks like TypeScript but is another language: counted, not parsed. */
const ASSEMBLY = /(^|\/)assembly\//;

export function readModules(root, folders) {
  const paths = folders.flatMap((folder) => listCode(root, folder));
  return paths.map((path) => readModule(root, path));
}

function listCode(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : listCode(root, path);
      return CODE.test(entry.name) ? [path] : [];
    })
    .sort();
}

function readModule(root, path) {
  const text = readFileSync(join(root, path), "utf8");
  const lineAt = lineFinder(text);
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  const comments = docComments(text).map(({ start, first }) => ({ line: lineAt(start), first }));
  const module = { path, text, lines, comments, imports: [], functions: [], strings: [], syntaxErrors: [] };
  if (ASSEMBLY.test(path)) return module;
  const { program, errors } = parseSync(path, text);
  module.syntaxErrors = errors.map(({ message, labels }) => ({ line: lineAt(labels?.[0]?.start ?? 0), message }));
  if (errors.length > 0) return module;
  const onImport = (source) => {
    const specifier = literalOf(source);
    if (specifier === undefined) return;
    module.imports.push({ line: lineAt(source.start), specifier, ...resolveImport(root, path, specifier) });
  };
  const onString = ({ start, value, cooked }) => module.strings.push({ line: lineAt(start), value: value ?? cooked });
  const names = new Map();
  const onFunction = (node) => {
    const [first, last] = [lineAt(node.start), lineAt(node.end)];
    module.functions.push({
      name: names.get(node) ?? node.id?.name ?? "a function",
      line: first,
      lines: last - first + 1,
    });
  };
  new Visitor({
    ...importVisitor(onImport),
    ...nameVisitor(names),
    ...functionVisitor(onFunction),
    ...stringVisitor(onString),
  }).visit(program);
  return module;
}

/** Every form in which a module can name another: `import`, `export from`, `import()`, `import("").T`, `require`. */
function importVisitor(onImport) {
  const fromSource = ({ source }) => source && onImport(source);
  return {
    ImportDeclaration: fromSource,
    ExportNamedDeclaration: fromSource,
    ExportAllDeclaration: fromSource,
    ImportExpression: fromSource,
    TSImportType: fromSource,
    TSExternalModuleReference: ({ expression }) => onImport(expression),
    CallExpression: ({ callee, arguments: [first] }) => callee.name === "require" && first && onImport(first),
  };
}

function functionVisitor(onFunction) {
  return { FunctionDeclaration: onFunction, FunctionExpression: onFunction, ArrowFunctionExpression: onFunction };
}

/** Every text in the code, whole or a piece of a template. */
function stringVisitor(onString) {
  return {
    Literal: (node) => typeof node.value === "string" && onString(node),
    TemplateElement: ({ start, value }) => onString({ start, value: value.cooked ?? value.raw }),
  };
}

/** Where each doc comment starts, and the words that it opens with. */
function docComments(text) {
  return [...text.matchAll(/^[ \t]*\/\*\*[\s*]*(.*)/gm)].map((match) => ({ start: match.index, first: match[1] }));
}

/** A parent is visited before its children, so the name that holds a function is known when the function comes. */
function nameVisitor(names) {
  const fromKey = ({ key, value }) => value && names.set(value, key.name ?? String(key.value ?? "a method"));
  return {
    VariableDeclarator: ({ id, init }) => init && names.set(init, id.name),
    MethodDefinition: fromKey,
    PropertyDefinition: fromKey,
    Property: fromKey,
  };
}

function literalOf(node) {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "TSLiteralType") return literalOf(node.literal);
  const isPlainTemplate = node.type === "TemplateLiteral" && node.expressions.length === 0;
  return isPlainTemplate ? node.quasis[0].value.cooked : undefined;
}

function resolveImport(root, path, specifier) {
  if (specifier.startsWith(".")) {
    const target = posix.normalize(posix.join(dirname(path), specifier));
    const source = target.replace(/\.js$/, ".ts").replace(/\.mjs$/, ".mts");
    return { target: existsSync(join(root, source)) ? source : target };
  }
  const packageName = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  const isNode = specifier.startsWith("node:") || builtinModules.includes(packageName);
  return isNode ? { isNode } : { packageName };
}

function lineFinder(text) {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
