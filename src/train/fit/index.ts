export type { Batch, Forward, Loss, LossResult, Output, TargetOf } from "./batch.js";
export { type EvaluateSettings, evaluate, predict } from "./evaluate.js";
export { fit } from "./fit.js";
export { findLearningRate, type LearningRateCurve, type LearningRateSettings } from "./learning-rate.js";
export type { MetricGiven, MetricInput, MetricsGiven } from "./metric-set.js";
export type { FitReport } from "./report.js";
export type { ScheduleGiven, Steppable } from "./schedules.js";
export type { Callback, CheckpointSettings, EarlyStoppingSettings, FitContext, FitSettings } from "./settings.js";
export type { Batches } from "./source.js";
