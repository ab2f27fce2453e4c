import type { LossOutput } from "../../metrics/index.js";
import type { GenerateConfig, GenerateSettings } from "./config.js";
import type { GenerateData, Meaning } from "./data.js";
import type { ClassWriter, LabelledBatch } from "./model.js";

/** The loss of some rows; and of samples, how many there are and how many of them are known. */
export interface GenerateOutput extends LossOutput {
  samples: number;
  known: number;
}

/** The kinds of things that a writer works with. */
export interface GenerateTypes {
  settings: GenerateSettings;
  config: GenerateConfig;
  meta: Meaning;
  data: GenerateData;
  model: ClassWriter;
  batch: LabelledBatch;
  carried: undefined;
  output: GenerateOutput;
}
