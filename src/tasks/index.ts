/**
 * Tasks from a file to answers: language models, classes and numbers of rows, tags, pairs of sequences, forecasts; each found by what the file is.
 * @example
 * import * as tasks from "unrolled/tasks";
 * const { model, result } = await tasks.train("reviews.csv", { hidden: 64, epochs: 5, onEvent: console.log });
 * for await (const { label, probability } of model.predict(["I would buy it again"])) console.log(label, probability);
 * await fs.writeFile("reviews.safetensors", model.encode());
 * const again = tasks.load("reviews.safetensors"); // or the folder of a run: tasks.load("runs/reviews")
 * @packageDocumentation
 */
export type { WrittenModel } from "../interchange/targets/target.js";
export type { Row } from "../search/rows.js";
export type { Settings, SpaceLike } from "../search/space.js";
export type { Evaluated, Figure } from "./commands.js";
export type { ExportOptions } from "./export/export.js";
export type { DataLike, SourceLike } from "./files.js";
export type { Source } from "./task.js";
export { type Input, load, type Output, TaskModel, type Trained, type TrainOptions, train } from "./task-model.js";
export {
  type CrossValidated,
  crossValidate,
  type SearchOptions,
  type SearchResult,
  search,
  type TrialOptions,
} from "./trials/search.js";
