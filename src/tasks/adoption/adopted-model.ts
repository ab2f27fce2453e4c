import type { NamedArray, Pooling } from "../../interchange/index.js";
import type { TaskTypes } from "../task.js";
import type { AdoptedLayers } from "./adopted-layers.js";
import type { AdoptedVocabulary } from "./adopted-vocabulary.js";

/** A model of others on its way to a task. */
export interface AdoptedModel {
  layers: AdoptedLayers;
  embedding: NamedArray;
  head: { weight: NamedArray; bias: NamedArray | null };
  /** As they stand in the file, by id. */
  tokens: readonly (string | null)[];
  /** For texts; our order of them. */
  vocabulary: AdoptedVocabulary;
  /** What of all steps its outputs are of; undefined where the file does not say it. */
  pooling: Pooling | undefined;
  /** Null where outputs are tokens. */
  labels: readonly string[] | null;
}

/** What a task makes of it. */
export interface Adopted<T extends TaskTypes = TaskTypes> {
  config: T["config"];
  meta: T["meta"];
  weights: Map<string, NamedArray>;
  notes: readonly string[];
}
