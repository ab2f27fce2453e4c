import { FormatError } from "../../base/errors.js";
import { sameShape } from "../../base/shape.js";
import type { NamedArray } from "../../interchange/index.js";
import { plain, rowsInOrder, zeros } from "../adoption/adopted-layers.js";
import type { Adopted, AdoptedModel } from "../adoption/adopted-model.js";
import { resolveConfig } from "./config.js";
import type { LanguageModelTypes } from "./task.js";

/** What the head says of a token that it does not have: less than e^-30 of the likeliest. */
const IMPOSSIBLE = -30;

/** A language model of others: outputs are the tokens that it reads. @throws FormatError for one that reads ahead */
export function adoptLanguageModel({ layers, embedding, head, vocabulary }: AdoptedModel): Adopted<LanguageModelTypes> {
  const { cell, hidden, lastHidden, projSize, bidirectional } = layers;
  if (bidirectional) {
    const must = "read forwards alone to predict the next token";
    throw new FormatError({ op: "import", argument: "recurrent layers", must, value: "both directions" });
  }
  const { rows } = vocabulary;
  const [matrix, out] = [plain(embedding), plain(head.weight)];
  const tie = sameShape(matrix.shape, out.shape) && isSame(matrix.data, out.data);
  const weights = new Map(layers.weights).set("embed.weight", rowsInOrder(matrix, rows));
  if (!tie) weights.set("head.weight", rowsInOrder(out, rows));
  weights.set("head.bias", rowsInOrder(head.bias ?? zeros([out.shape[0]]), rows, IMPOSSIBLE));
  const tokens = vocabulary.vocabulary.kind as "char" | "word" | "byte";
  const config = resolveConfig({
    tokens,
    cell,
    hidden,
    layers: layers.layers,
    lastHidden,
    projSize,
    embed: matrix.shape[1],
    tie,
  });
  const notes = tie ? ["the head is the embedding's matrix: they stay one"] : [];
  return { config, meta: vocabulary.vocabulary, weights, notes: [...vocabulary.notes, ...notes] };
}

function isSame(a: NamedArray["data"], b: NamedArray["data"]): boolean {
  return a.every((value, i) => value === b[i]);
}
