import { FormatError, show } from "../../base/errors.js";
import { checkOneWidth, plain, rowsInOrder, zeros } from "../adoption/adopted-layers.js";
import type { Adopted, AdoptedModel } from "../adoption/adopted-model.js";
import { isUnknown } from "../adoption/adopted-vocabulary.js";
import { resolveTag } from "./config.js";
import { Lexicon } from "./lexicon.js";
import type { TagTypes } from "./types.js";

/** A tagger of others: words in, a score for each tag of each word out. @throws FormatError for layers of two widths */
export function adoptTagger({ layers, embedding, head, tokens, labels }: AdoptedModel): Adopted<TagTypes> {
  const { cell, hidden, projSize, bidirectional } = layers;
  const fail = (argument: string, must: string, value: string): never => {
    throw new FormatError({ op: "import", argument, must, value });
  };
  checkOneWidth(layers, "tag words");
  const unknown = tokens.findIndex(isUnknown);
  // Ours has what it does not know first.
  const rows = [unknown, ...[...tokens.keys()].filter((id) => id !== unknown)];
  const words = rows.slice(1).map((id) => tokens[id] ?? `<unused${id}>`);
  const empty = words.find((word) => word === "" || /\s/.test(word));
  if (empty !== undefined) fail("vocab", "hold words without blanks to tag them", show(empty));
  if (labels!.length < 2) fail("labels", "be two tags or more", `${labels!.length}`);
  const weights = new Map(layers.weights)
    .set("embed.weight", rowsInOrder(embedding, rows))
    .set("head.weight", plain(head.weight))
    .set("head.bias", plain(head.bias ?? zeros([labels!.length])));
  const [embed, settings] = [embedding.shape[1], { chars: "none", crf: false } as const];
  const config = resolveTag(
    { cell, hidden, layers: layers.layers, bidirectional, projSize, embed, ...settings },
    "import",
  );
  const notes = unknown < 0 ? ["it has no token for words that it does not know: they are read as zeros"] : [];
  return { config, meta: { tags: labels!, lexicon: new Lexicon(words, []), constrained: false }, weights, notes };
}
