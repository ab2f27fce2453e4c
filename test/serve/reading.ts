import { ServedModel } from "../../src/serve/served-model.js";
import type { TaskModel } from "../../src/tasks/index.js";
import { partsOf } from "../../src/tasks/task-model.js";

/** An input as a server reads it. @throws RequestError */
export function read(model: TaskModel, input: unknown) {
  return new ServedModel("model", partsOf(model)).read(input, "input", 1e6);
}
