import { show } from "../base/errors.js";

/** What is told of a module. */
interface Described {
  extraRepr(): string;
  namedChildren(): [string, Described][];
}

/** Written without their names, as PyTorch prints the arguments that come by place. */
const BY_PLACE = ["inputSize", "hiddenSize", "numEmbeddings", "embeddingDim", "normalizedShape"];

/** What a setting is mostly: then it goes without saying. Of all others, 0, false and "" do. */
const USUAL: Readonly<Record<string, unknown>> = {
  numLayers: 1,
  bias: true,
  returnSequences: true,
  mergeMode: "concat",
  nonlinearity: "tanh",
  p: null,
  paddingIndex: null,
  maxNorm: null,
  normType: 2,
};

/** Longer ones are data. */
const MOST_NUMBERS = 4;
const MOST_LETTERS = 24;

/** `64, 128, numLayers=2`: of a module's own properties, the numbers, short words, flags that are set and short lists of numbers. */
export function ownSettings(module: object): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(module)) {
    if (name === "training" || name.startsWith("_") || !isSetting(value) || isUsual(name, value)) continue;
    parts.push(BY_PLACE.includes(name) ? textOf(value) : `${name}=${textOf(value)}`);
  }
  return parts.join(", ");
}

function isSetting(value: unknown): boolean {
  if (typeof value === "string") return value.length <= MOST_LETTERS;
  if (Array.isArray(value)) {
    return value.length > 0 && value.length <= MOST_NUMBERS && value.every((item) => typeof item === "number");
  }
  return typeof value === "number" || typeof value === "boolean";
}

function isUsual(name: string, value: unknown): boolean {
  if (Object.hasOwn(USUAL, name)) return value === USUAL[name];
  return Array.isArray(value) ? value.every((item) => item === 0) : !value;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : show(value);
}

/** Of the class, as its author called it. */
export function typeName(module: object): string {
  return module.constructor.name || "Module";
}

/**
 * PyTorch's picture of a module:
 *   Tagger(
 *     (embed): Embedding(9, 4)
 *     (gru): GRU(4, 3)
 *   )
 */
export function describe(module: Described, around: readonly object[] = []): string {
  const inside = [...around, module];
  const children = module.namedChildren().map(([name, child]) => {
    const text = inside.includes(child) ? `${typeName(child)}(...)` : describe(child, inside);
    return `(${name}): ${text.replaceAll("\n", "\n  ")}`;
  });
  const extra = module.extraRepr();
  if (children.length === 0) return `${typeName(module)}(${extra})`;
  const lines = extra === "" ? children : [extra, ...children];
  return `${typeName(module)}(\n  ${lines.join("\n  ")}\n)`;
}

const MOST_CHILDREN = 6;

/** `Tagger(embed: Embedding, gru: GRU; 120 parameters)` */
export function describeShort(module: Described, parameters: number): string {
  const children = module.namedChildren().map(([name, child]) => `${name}: ${typeName(child)}`);
  if (children.length > MOST_CHILDREN) children.splice(MOST_CHILDREN - 1, children.length, "...");
  const inside = children.length > 0 ? children.join(", ") : module.extraRepr();
  const count = parameters > 0 ? `${parameters.toLocaleString("en")} parameters` : "";
  return `${typeName(module)}(${[inside, count].filter((part) => part !== "").join("; ")})`;
}
