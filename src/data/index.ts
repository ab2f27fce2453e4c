export type { ForecastOptions, ForecastSample, ForecastWindows } from "./forecast-windows.js";
/** What makes a batch of samples. */
export * as collate from "./loading/collate.js";
export * from "./loading/index.js";
export type { NumberColumns, Numbers } from "./matrix.js";
export {
  type SampleBatch,
  SampleBatcher,
  type SampleBatcherOptions,
  type SamplePosition,
} from "./sample-batcher.js";
export { type BatchOptions, batches, batchRows, type Rows, type Samples, shuffle, takeRows } from "./samples.js";
export * from "./scalers/index.js";
export type { Shard } from "./shard.js";
export { trainValidationSplit } from "./split.js";
/** Rows for training, validation and test. */
export * as split from "./split-namespace.js";
export {
  type Fold,
  type KFoldOptions,
  kFold,
  type Parts,
  type RandomSplitOptions,
  type SplitOptions,
} from "./splits.js";
export {
  type StreamBatch,
  StreamBatcher,
  type StreamBatcherOptions,
  type StreamPosition,
  type TokenSource,
} from "./stream-batcher.js";
export { slidingWindows, type WindowOptions } from "./windows.js";
