import type { Module } from "../../../src/nn/index.js";
import type { CommandTask, Known, TaskTypes } from "./library.js";

/** A model that can be looked into. */
export interface Held {
  task: CommandTask;
  model: Module;
  known: Known<TaskTypes>;
}

/** The model that is being trained, as it is at this moment. */
export const LIVE = "live";

/** Models by what the page calls them: `live`, or the name of a file or checkpoint. */
export const models = new Map<string, Held>();
