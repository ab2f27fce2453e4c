import type { CommandTask } from "../../src/tasks/commands.js";
import { decodeAnyTask } from "../../src/tasks/registry.js";
import type { ReadData, TaskTypes } from "../../src/tasks/task.js";
import { TaskTraining } from "../../src/tasks/training/task-training.js";

/** What trainings that go on from each other are after so many steps: their place, and their weights by name. */
export async function weightsAfter(
  task: CommandTask,
  read: () => Promise<ReadData<TaskTypes>>,
  ...until: number[]
): Promise<unknown[]> {
  let saved: Uint8Array | undefined;
  for (const untilStep of until) {
    const { data, config, close } = await read();
    const training = new TaskTraining(task, data, config, { resume: saved && decodeAnyTask(saved) });
    await training.fit({ untilStep });
    saved = training.encode();
    close?.();
  }
  const { weights, training } = decodeAnyTask(saved!);
  const { trainer } = training as { trainer: unknown };
  return [trainer, ...[...weights].map(([name, { data }]) => [name, [...data]])];
}
