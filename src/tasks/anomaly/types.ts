import type { LossOutput } from "../../metrics/index.js";
import type { AnomalyConfig, AnomalySettings } from "./config.js";
import type { AnomalyData } from "./data.js";
import type { AnomalyBatch, AnomalyMeta, AnomalyModel } from "./model.js";

/** The kinds of things that an anomaly detector works with. */
export interface AnomalyTypes {
  settings: AnomalySettings;
  config: AnomalyConfig;
  meta: AnomalyMeta;
  data: AnomalyData;
  model: AnomalyModel;
  batch: AnomalyBatch;
  carried: undefined;
  output: LossOutput;
}
