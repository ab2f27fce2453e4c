/** What of the library's inside the studio stands on, beside its public names: all of it comes in here. */
export { FormatError, OptionError } from "../../../src/base/errors.js";
export type { Field } from "../../../src/base/fields.js";
export { foreignKind } from "../../../src/cli/input/file-kind.js";
export { unpacked } from "../../../src/data/readers/unpack.js";
export type { MetricInfo } from "../../../src/metrics/index.js";
export type { DataDetails } from "../../../src/tasks/about-data/details.js";
export { buildTask, encodeTask } from "../../../src/tasks/checkpoint.js";
export type { CommandTask, Known } from "../../../src/tasks/commands.js";
export { decodeAnyTask, inferTask, TASKS, taskNamed } from "../../../src/tasks/registry.js";
export type { TaskTypes } from "../../../src/tasks/task.js";
export { TaskTraining } from "../../../src/tasks/training/task-training.js";
export type { TrainEvent } from "../../../src/train/index.js";
