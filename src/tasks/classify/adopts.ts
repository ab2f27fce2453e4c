import { checkOneWidth, plain, rowsInOrder, zeros } from "../adoption/adopted-layers.js";
import type { Adopted, AdoptedModel } from "../adoption/adopted-model.js";
import type { ClassifyConfig, ClassifySettings } from "./config.js";
import type { Meaning } from "./data.js";

/** A classifier of others: a text in, a score for each class out, of the last step. @throws FormatError for layers of two widths */
export function adoptClassifier(
  { layers, embedding, head, vocabulary, labels, pooling }: AdoptedModel,
  resolve: (given: Partial<ClassifySettings>) => ClassifyConfig,
): Pick<Adopted, "weights" | "notes"> & { config: ClassifyConfig; meta: Meaning } {
  const { cell, hidden, projSize, bidirectional } = layers;
  checkOneWidth(layers, "tell classes");
  const weights = new Map(layers.weights)
    .set("embed.weight", rowsInOrder(embedding, vocabulary.rows))
    .set("head.weight", plain(head.weight))
    .set("head.bias", plain(head.bias ?? zeros([labels!.length])));
  const tokens = vocabulary.vocabulary.kind;
  const embed = embedding.shape[1];
  const config = resolve({
    text: "text",
    label: "label",
    tokens,
    cell,
    hidden,
    layers: layers.layers,
    bidirectional,
    projSize,
    embed,
    ...(pooling !== undefined && pooling !== "steps" && { pooling }),
  });
  const inputs = { columns: ["text"], vocabulary: vocabulary.vocabulary, mean: [0], scale: [1] };
  const taken = pooling === undefined ? ["it is taken to judge by its last outputs: the weights do not say it"] : [];
  const notes = [...vocabulary.notes, ...taken];
  return { config, meta: { classes: labels!, inputs, multi: false }, weights, notes };
}
