import type { ClassifyConfig, ClassifySettings } from "./config.js";
import type { ClassifyData, Meaning } from "./data.js";
import type { Classifier, ClassifyBatch, ClassifyOutput } from "./model.js";

/** The kinds of things that a classifier works with. */
export interface ClassifyTypes {
  settings: ClassifySettings;
  config: ClassifyConfig;
  meta: Meaning;
  data: ClassifyData;
  model: Classifier;
  batch: ClassifyBatch;
  carried: undefined;
  output: ClassifyOutput;
}
