import { type engine, startThreads } from "unrolled";
import { type TaskInfo, taskInfo } from "./about-task.js";
import { TASKS } from "./library.js";
import type { Handlers, Tell } from "./protocol.js";

export interface TrainRequests {
  /** What the worker computes with, and all tasks. */
  "train.begin": { ask: null; answer: { engine: ReturnType<typeof engine>; tasks: readonly TaskInfo[] } };
}

// biome-ignore lint/suspicious/noEmptyInterface: events of this family go here
export interface TrainEvents {}

export function trainHandlers(_tell: Tell): Handlers<TrainRequests> {
  return {
    "train.begin": async () => ({ engine: await startThreads(), tasks: TASKS.map(taskInfo) }),
  };
}
