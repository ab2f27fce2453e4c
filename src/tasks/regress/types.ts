import type { LossOutput, Values } from "../../metrics/index.js";
import type { DataDetails } from "../about-data/details.js";
import type { ManyToOneConfig, ManyToOneSettings } from "../many-to-one/config.js";
import type { Examples, RowBatch, RowModel } from "../many-to-one/model.js";
import type { RowInputs } from "../rows/inputs.js";

/** What a model has to know of its rows. The network tells (target - mean) / scale. */
export interface Meaning {
  inputs: RowInputs;
  /** Of the targets to train on; the mean is the naive answer, too. */
  mean: number;
  scale: number;
}

export interface RegressData extends Meaning {
  train: Examples;
  validation: Examples;
  /** Of rows on the disk, which are walked once. */
  fingerprint?: string;
  details: DataDetails;
  /** What is odd about rows on the disk, seen as they were put there. */
  notes?: readonly string[] | undefined;
}

export interface RegressTypes {
  settings: ManyToOneSettings;
  config: ManyToOneConfig;
  meta: Meaning;
  data: RegressData;
  model: RowModel;
  batch: RowBatch;
  carried: undefined;
  output: Values & LossOutput;
}
