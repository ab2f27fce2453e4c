export type { Json } from "../base/strict-json.js";
export type { CheckpointParts, DecodedCheckpoint } from "./checkpoint.js";
export { checkWeights, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.js";
export { EarlyStopping, type EarlyStoppingState } from "./early-stopping.js";
export type {
  CheckpointKind,
  EndEvent,
  EndReason,
  Figures,
  Progress,
  ReportEvent,
  SaveEvent,
  SaveFailedEvent,
  StepEvent,
  TrainEvent,
  ValidationEvent,
} from "./events.js";
export { bits, Mean, type MeanState, perplexity } from "./metrics.js";
export { Pacer, pause } from "./pause.js";
export {
  type BatchResult,
  type FitOptions,
  type FitResult,
  Trainer,
  type TrainerListener,
  type TrainerOptions,
  type TrainerParts,
  type TrainerSchedule,
  type Validation,
} from "./trainer.js";
export type { BatchPosition, BatchSource, TrainerState } from "./trainer-state.js";
export { detachTree, disposeTree, jsonToTree, treeToJson } from "./tree.js";
