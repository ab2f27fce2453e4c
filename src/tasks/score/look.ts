import { UnsupportedError } from "../../base/errors.js";
import type { CommandTask, Known, Looked, LookOptions } from "../commands.js";
import type { Source, TaskTypes } from "../task.js";
import { lookedOf } from "./from-blocks.js";

/**
 * Everything that a model of any task does on one input, step by step: what its report tells, and every unit and gate.
 * @throws UnsupportedError for a task that nothing can be seen of; FormatError for what it cannot read
 */
export async function look(
  task: CommandTask,
  model: TaskTypes["model"],
  known: Known<TaskTypes>,
  content: Source | string,
  options: LookOptions = {},
): Promise<Looked> {
  const { inspect } = task;
  if (inspect === undefined) {
    throw new UnsupportedError({
      op: "look",
      argument: "model",
      must: "be of a task that can be inspected",
      value: task.title,
    });
  }
  if (inspect.look !== undefined) return inspect.look(model, known, content, options);
  const { training } = model;
  model.train(false);
  try {
    const { blocks = [], warnings } = await inspect.run(model, known, content, { row: 1, rows: 1 });
    return { ...lookedOf(blocks), warnings };
  } finally {
    model.train(training);
  }
}
