import { engineInfo } from "../../engine/select.js";
import type { TaskTraining } from "../../tasks/training/task-training.js";
import { hashOfWeights } from "../../train/collective/agree.js";
import type { Json } from "../../train/index.js";
import { CliError, EXIT } from "../errors/cli-error.js";
import { STANDARD_INPUT } from "../input/texts.js";

export function inputOfRanks(): CliError {
  return new CliError({
    exitCode: EXIT.usage,
    where: STANDARD_INPUT,
    found: "found standard input and several ranks",
    expected: "each rank reads the data for itself",
    untouched: "Nothing was written.",
    fix: { text: "the name of a file" },
  });
}

export function readRanksLike(given: unknown, areSeveral: boolean): number {
  if (given === undefined) return 1;
  const count = Number(given);
  const isCount = Number.isSafeInteger(count) && count > 0;
  if (isCount && !areSeveral) return count;
  throw new CliError({
    exitCode: EXIT.usage,
    where: "--ranks-like",
    found: isCount ? "found several ranks" : `found ${JSON.stringify(given)}`,
    expected: isCount ? "one process sums as several do" : "it must be a positive integer",
    untouched: "Nothing was written.",
    fix: { edit: isCount ? { without: ["--ranks-like"] } : { set: ["--ranks-like", "2"] } },
  });
}

/** What decides what is trained: of all ranks it must be the same. */
export function described({ task, config, about, model }: TaskTraining): Readonly<Record<string, Json>> {
  return {
    engine: engineInfo().name,
    task: task.name,
    ...(config as unknown as Record<string, Json>),
    data: `${about.fingerprint} ${hashOf(JSON.stringify(task.describeMeta(about.meta)))}`,
    // Of --from each rank reads its own.
    "weights at the start": hashOfWeights(model.parameters()),
  };
}

/** What is said of a batch is said of each rank; the configuration has the whole. */
export function forRanks(said: Readonly<Record<string, unknown>>, ranks: number): Readonly<Record<string, unknown>> {
  const { batch } = said;
  return ranks > 1 && typeof batch === "number" ? { ...said, batch: batch * ranks } : said;
}

/** FNV-1a of a text. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16);
}
