import { show } from "../../base/errors.js";
import { sameShape, sizeOf } from "../../base/shape.js";
import type { FoundLayer } from "../found.js";
import type { NamedArray, NamedArrays } from "../named-array.js";
import { outputSizeOf, type RecurrentLayers, recurrentLayersIn } from "./recurrent-layers.js";

/** A matrix, and what is added to the product; of an embedding the rows are tokens. */
export interface FoundMatrix {
  /** What stands before its names: `decoder.`. */
  readonly prefix: string;
  readonly weight: NamedArray;
  readonly bias: NamedArray | null;
}

/** What of all steps the linear layer reads: each, the last, their mean or the largest of each number. */
export type Pooling = "steps" | "last" | "mean" | "max";

/** Embedding, recurrent layers and a linear layer, each but the recurrent ones perhaps not there. */
export interface RecurrentParts {
  readonly embedding: FoundMatrix | null;
  /** One after the other. */
  readonly recurrent: readonly RecurrentLayers[];
  readonly head: FoundMatrix | null;
  /** Left out where the file does not say it. */
  readonly pooling?: Pooling | undefined;
}

/** What the names and shapes of a state dict say. */
export interface Recognised {
  readonly layers: readonly FoundLayer[];
  /** Null where the arrays are not those of such a model: `problems` says why. */
  readonly parts: RecurrentParts | null;
  readonly leftover: readonly string[];
  readonly problems: readonly string[];
  /** What weights do not say, and what was taken for it. */
  readonly notes: readonly string[];
}

const TITLES = { rnn: "RNN", lstm: "LSTM", gru: "GRU" } as const;
const EMBEDDING = /emb|wte|lookup|^encoder\.$|token/i;
const HEAD = /out|head|fc|decoder|linear|classif|logit|proj|lm/i;
const MOST_NAMED = 8;

/**
 * Looks for an Embedding, RNN, LSTM or GRU layers and a Linear in arrays under PyTorch's names.
 * @param arrays  as `pytorchNames` leaves them
 */
export function recogniseRecurrent(arrays: NamedArrays): Recognised {
  const { found, problems, used } = recurrentLayersIn(arrays);
  const recurrent = found.sort((a, b) => byNumber(a.prefix, b.prefix));
  const others = matricesIn([...arrays].filter(([name]) => !used.has(name)));
  const joined = recurrent.length === 0 ? "no recurrent layers were found" : gapIn(recurrent);
  const { embedding, head, rest } = endsOf(recurrent, others.matrices);
  const leftover = [...others.rest, ...rest.flatMap(({ names }) => names)];
  const layers = [
    ...(embedding === null ? [] : [embeddingLayer(embedding)]),
    ...recurrent.map(recurrentLayer),
    ...(head === null ? [] : [linearLayer(head)]),
    ...rest.map(linearLayer),
  ];
  const all = [...problems, ...(joined === null ? [] : [joined])];
  if (leftover.length > 0) {
    const more = leftover.length > MOST_NAMED ? ` and ${leftover.length - MOST_NAMED} more` : "";
    all.push(
      `${leftover.slice(0, MOST_NAMED).map(show).join(", ")}${more} have no place in an embedding, recurrent layers and a linear layer`,
    );
  }
  const parts = all.length === 0 ? { embedding, recurrent, head } : null;
  return { layers, parts, leftover, problems: all, notes: recurrent.length === 0 ? [] : notesOf(recurrent) };
}

function notesOf(recurrent: readonly RecurrentLayers[]): string[] {
  const notes = [
    "batch_first is not in the weights: ours reads [L, N, ...] unless it is told otherwise",
    "dropout is not in the weights",
  ];
  if (recurrent.some(({ cell }) => cell === "rnn")) {
    notes.push("the activation of an RNN is not in the weights: tanh is taken, which is PyTorch's default");
  }
  return notes;
}

/** Names with numbers in their order: `rnns.2.` before `rnns.10.`. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** Why they are not one after the other; null where they are. */
function gapIn(recurrent: readonly RecurrentLayers[]): string | null {
  for (const [i, layers] of recurrent.entries()) {
    if (recurrent.length > 1 && layers.isStep)
      return `${nameOf(layers.prefix)} is a single step beside other recurrent layers`;
    const before = recurrent[i - 1];
    if (before === undefined || outputSizeOf(before) === layers.inputSize) continue;
    return `${nameOf(layers.prefix)} reads ${layers.inputSize} numbers where ${nameOf(before.prefix)} gives ${outputSizeOf(before)}: how they are joined is not in the weights`;
  }
  return null;
}

interface Matrix extends FoundMatrix {
  names: string[];
}

/** Arrays named `weight`, with their `bias`; all else is `rest`. */
function matricesIn(arrays: readonly (readonly [string, NamedArray])[]): { matrices: Matrix[]; rest: string[] } {
  const all = new Map(arrays);
  const matrices: Matrix[] = [];
  const taken = new Set<string>();
  for (const [name, weight] of arrays) {
    const prefix = /^(|.*\.)weight$/.exec(name)?.[1];
    if (prefix === undefined || weight.shape.length !== 2) continue;
    const bias = all.get(`${prefix}bias`) ?? null;
    if (bias !== null && !sameShape(bias.shape, [weight.shape[0]])) continue;
    const names = bias === null ? [name] : [name, `${prefix}bias`];
    for (const each of names) taken.add(each);
    matrices.push({ prefix, weight, bias, names });
  }
  return { matrices, rest: [...all.keys()].filter((name) => !taken.has(name)) };
}

/** Which of the matrices is the embedding, and which the head; the likelier by its name where it could be either. */
function endsOf(recurrent: readonly RecurrentLayers[], matrices: readonly Matrix[]) {
  if (recurrent.length === 0) return { embedding: null, head: null, rest: [...matrices] };
  const [input, output] = [recurrent[0].inputSize, outputSizeOf(recurrent[recurrent.length - 1])];
  const likely = (pattern: RegExp, against: RegExp) => (matrix: Matrix) =>
    Number(pattern.test(matrix.prefix)) - Number(against.test(matrix.prefix) && !pattern.test(matrix.prefix));
  const best = (from: readonly Matrix[], score: (matrix: Matrix) => number) =>
    from.reduce<Matrix | null>((found, one) => (found === null || score(one) > score(found) ? one : found), null);
  const isHead = (matrix: Matrix) => matrix.weight.shape[1] === output;
  const biased = matrices.filter((matrix) => matrix.bias !== null && isHead(matrix));
  const bare = matrices.filter(({ bias, weight }) => bias === null && weight.shape[1] === input);
  const candidates = bare.filter(
    (matrix) =>
      !(
        isHead(matrix) &&
        biased.length === 0 &&
        bare.length === 1 &&
        HEAD.test(matrix.prefix) &&
        !EMBEDDING.test(matrix.prefix)
      ),
  );
  const embedding = best(candidates, likely(EMBEDDING, HEAD));
  const heads = matrices.filter((matrix) => matrix !== embedding && isHead(matrix));
  const head = best(heads, (matrix) => likely(HEAD, EMBEDDING)(matrix) + Number(matrix.bias !== null));
  // An embedding that a wrapper of it holds too is the same one.
  const isCopy = (matrix: Matrix) =>
    matrix.bias === null && embedding !== null && sameValues(matrix.weight, embedding.weight);
  const rest = matrices.filter((matrix) => matrix !== embedding && matrix !== head && !isCopy(matrix));
  return { embedding, head, rest };
}

function sameValues(a: NamedArray, b: NamedArray): boolean {
  if (!sameShape(a.shape, b.shape)) return false;
  const [left, right] = [a.data, b.data];
  return left.every((value, i) => Object.is(value, right[i]));
}

const nameOf = (prefix: string): string => prefix.slice(0, -1) || "the model";

function embeddingLayer({ prefix, weight }: FoundMatrix): FoundLayer {
  const [tokens, size] = weight.shape;
  return {
    name: nameOf(prefix),
    kind: "Embedding",
    about: `${tokens} tokens, ${size} numbers each`,
    parameters: sizeOf(weight.shape),
  };
}

function linearLayer({ prefix, weight, bias }: FoundMatrix): FoundLayer {
  const [to, from] = weight.shape;
  const about = `${from} to ${to}${bias === null ? ", without bias" : ""}`;
  return {
    name: nameOf(prefix),
    kind: "Linear",
    about,
    parameters: sizeOf(weight.shape) + (bias === null ? 0 : sizeOf(bias.shape)),
  };
}

function recurrentLayer(layers: RecurrentLayers): FoundLayer {
  const { cell, inputSize, hiddenSize, projSize, numLayers, bidirectional, bias, isStep, arrays, prefix } = layers;
  const about = [
    `${inputSize} to ${hiddenSize}`,
    ...(projSize > 0 ? [`projected to ${projSize}`] : []),
    ...(numLayers > 1 ? [`${numLayers} layers`] : []),
    ...(bidirectional ? ["both directions"] : []),
    ...(bias ? [] : ["without bias"]),
  ];
  const parameters = [...arrays.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return { name: nameOf(prefix), kind: TITLES[cell] + (isStep ? "Cell" : ""), about: about.join(", "), parameters };
}
