export { Adagrad, type AdagradOptions } from "./adagrad.js";
export { Adam, type AdamOptions, AdamW } from "./adam.js";
export { ASGD, type ASGDOptions } from "./asgd.js";
export { AveragingOptimizer } from "./averaging.js";
export {
  CosineAnnealingWarmRestarts,
  CyclicLR,
  type CyclicLROptions,
  OneCycleLR,
  type OneCycleLROptions,
} from "./cyclic-schedules.js";
export { NTASGD, type NTASGDOptions } from "./nt-asgd.js";
export {
  type BaseOptions,
  type GivenGroup,
  Optimizer,
  type OptimizerState,
  type ParamGroup,
  type Params,
} from "./optimizer.js";
export { type PlateauOptions, type PlateauState, ReduceLROnPlateau } from "./plateau.js";
export { RMSprop, type RMSpropOptions } from "./rmsprop.js";
export { Schedule, type Scheduled, type ScheduleState } from "./schedule.js";
export {
  ConstantLR,
  CosineAnnealingLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  type LinearLROptions,
  MultiStepLR,
  SequentialLR,
  StepLR,
} from "./schedules.js";
export { SGD, type SGDOptions } from "./sgd.js";
export { AveragedModel, EMA, WeightAverage, type WeightAverageState } from "./weight-average.js";
