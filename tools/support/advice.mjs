// Finds every advice that the code gives: what stands for `fix` in an error, and on the command line after "Try:".

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, Visitor } from "rolldown/utils";

/** What a template leaves open. */
const HOLE = "…";
/** Functions that give advice. */
const OF_FIX = /^fix(Of)?$|Fix$|[aA]dvice(For)?$/;
/** The forms of advice on the command line that are commands, and so can be followed as they stand. */
const COMMANDS = ["edit", "command", "shell"];

/**
 * The advice in the TypeScript files below `folder`.
 * @returns `texts`, each once, as they are written, with `…` for what is filled in; `commands`, each as `file.ts function`
 */
export function adviceIn(root, folder) {
  const files = readdirSync(join(root, folder), { recursive: true })
    .filter((path) => path.endsWith(".ts") && !/(^|\/)(assembly|generated)\//.test(path))
    .sort()
    .map((name) => `${folder}/${name}`)
    .map((path) => ({ path, program: parseSync(path, readFileSync(join(root, path), "utf8")).program }));
  const everywhere = merged(files.map(({ program }) => namesIn(program)));
  // Constants of other files are those that are written as such.
  for (const name of everywhere.constants.keys()) if (/[a-z]/.test(name)) everywhere.constants.delete(name);
  const texts = new Map();
  const commands = new Set();
  for (const { path, program } of files) {
    const names = namesIn(program);
    const known = merged([everywhere, names]);
    const file = path.slice(path.lastIndexOf("/") + 1);
    visitAdvice(program, known, {
      onText(node) {
        for (const text of textsOf(node, known)) if (text.trim() !== "") texts.set(text.trim(), path);
      },
      onCommand: (where) => commands.add(`${file} ${where}`),
    });
  }
  return { texts: [...texts].map(([text, path]) => ({ text, path })), commands: [...commands] };
}

function merged(all) {
  const maps = { constants: new Map(), places: new Map() };
  for (const { constants, places } of all) {
    for (const entry of constants) maps.constants.set(...entry);
    for (const entry of places) maps.places.set(...entry);
  }
  return maps;
}

/** Constants with a text, and at which place functions take one called `fix`. */
function namesIn(program) {
  const [constants, places] = [new Map(), new Map()];
  const addFunction = (name, node) => {
    const at = node?.params?.findIndex((param) => (param.left ?? param).name === "fix") ?? -1;
    if (name !== undefined && at >= 0) places.set(name, at);
  };
  new Visitor({
    FunctionDeclaration: (node) => addFunction(node.id?.name, node),
    MethodDefinition: ({ key, value }) => addFunction(key.name, value),
    VariableDeclarator({ id, init }) {
      if (id.type !== "Identifier" || !init) return;
      addFunction(id.name, init);
      if (["Literal", "TemplateLiteral", "BinaryExpression", "ConditionalExpression"].includes(init.type))
        constants.set(id.name, init);
    },
  }).visit(program);
  return { constants, places };
}

function visitAdvice(program, known, { onText, onCommand }) {
  const functions = [];
  const enter = (node) => functions.push(node);
  const leave = () => functions.pop();
  const names = new Map();
  const where = () => {
    const named = functions.findLast((node) => node.id?.name ?? names.get(node));
    return named ? (named.id?.name ?? names.get(named)) : "(top)";
  };
  const ofFunction = (node) => {
    if (OF_FIX.test(node.id?.name ?? names.get(node) ?? "") && node.body?.type !== "BlockStatement") onText(node.body);
  };
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type === "Identifier" && init) names.set(init, id.name);
      if (id.name === "fix" && init) onText(init);
      const place = id.type === "ArrayPattern" ? id.elements.findIndex((element) => element?.name === "fix") : -1;
      if (place >= 0) for (const list of arraysOf(init)) if (list.elements[place]) onText(list.elements[place]);
      const at = tuplePlace(id.typeAnnotation);
      if (at >= 0 && init) for (const row of rowsOf(init)) if (row.elements[at]) onText(row.elements[at]);
    },
    Property({ key, value }) {
      if (key.name === "fix") onText(value);
      names.set(value, key.name);
    },
    MethodDefinition: ({ key, value }) => void names.set(value, key.name),
    ObjectExpression({ properties }) {
      const [only, ...others] = properties;
      if (others.length > 0) return;
      if (COMMANDS.includes(only?.key?.name)) onCommand(where());
      if (only?.key?.name === "text") onText(only.value);
    },
    CallExpression({ callee, arguments: given }) {
      const at = known.places.get(callee.name ?? callee.property?.name);
      if (at !== undefined && given[at]) onText(given[at]);
    },
    ReturnStatement({ argument }) {
      if (argument && OF_FIX.test(where())) onText(argument);
    },
    FunctionDeclaration: enter,
    FunctionExpression: enter,
    ArrowFunctionExpression(node) {
      ofFunction(node);
      enter(node);
    },
    "FunctionDeclaration:exit": leave,
    "FunctionExpression:exit": leave,
    "ArrowFunctionExpression:exit": leave,
  }).visit(program);
}

/** Where a list of tuples, or a record of them, has what it calls `fix`. */
function tuplePlace(annotation) {
  let place = -1;
  if (annotation) {
    new Visitor({
      TSTupleType({ elementTypes }) {
        const at = elementTypes.findIndex((type) => type.label?.name === "fix");
        if (at >= 0) place = at;
      },
    }).visit({ type: "Program", body: [annotation], sourceType: "module", start: 0, end: 0 });
  }
  return place;
}

function rowsOf(node) {
  const nodes = node.type === "ObjectExpression" ? node.properties.map(({ value }) => value) : (node.elements ?? []);
  return nodes.filter((row) => row?.type === "ArrayExpression");
}

function arraysOf(node) {
  if (node?.type === "ConditionalExpression") return [...arraysOf(node.consequent), ...arraysOf(node.alternate)];
  if (node?.type === "LogicalExpression") return [...arraysOf(node.left), ...arraysOf(node.right)];
  return node?.type === "ArrayExpression" ? [node] : [];
}

/** All that an expression can say. */
function textsOf(node, known) {
  switch (node?.type) {
    case "Literal":
      return typeof node.value === "string" ? [node.value] : [];
    case "TemplateLiteral":
      return [node.quasis.map(({ value }) => value.cooked).join(HOLE)];
    case "ConditionalExpression":
      return [...textsOf(node.consequent, known), ...textsOf(node.alternate, known)];
    case "LogicalExpression":
      return [...textsOf(node.left, known), ...textsOf(node.right, known)];
    case "BinaryExpression": {
      const [left, right] = [node.left, node.right].map((side) => textsOf(side, known));
      return (left.length > 0 ? left : [HOLE]).flatMap((a) =>
        (right.length > 0 ? right : [HOLE]).map((b) => `${a}${b}`),
      );
    }
    case "Identifier":
      return known.constants.has(node.name) ? textsOf(known.constants.get(node.name), known) : [];
    case "TSAsExpression":
    case "TSNonNullExpression":
    case "ParenthesizedExpression":
      return textsOf(node.expression, known);
    case "ObjectExpression":
      return node.properties.flatMap(({ key, value }) => (key?.name === "text" ? textsOf(value, known) : []));
    default:
      return [];
  }
}
