import { FormatError, show } from "../base/errors.js";
import { type Fields, fixedChanges } from "../base/fields.js";
import type { Resumable } from "./saved-training.js";

type NameOf = (key: string) => string;

/**
 * Whether a run can go on with this configuration.
 * @throws FormatError naming each field that may not change, old → new
 */
export function checkSameConfig<C extends object>(
  checkpoint: { config: C; source: string },
  config: C,
  fields: Fields<C>,
  nameOf?: NameOf,
): void {
  const changes = fixedChanges(fields, checkpoint.config, config, nameOf);
  if (changes.length === 0) return;
  const fix = "Leave these options out, or start a new run.";
  refuseResume(checkpoint.source, "be resumed with its own options", changes.join(", "), fix);
}

/** @throws FormatError for a model alone */
export function checkHoldsTraining({ training, source }: Resumable): void {
  if (training !== null) return;
  refuseResume(
    source,
    "hold the state of its training",
    "a model alone",
    "Name the run's last.safetensors, or begin a new run with it (train --from).",
  );
}

/** @param input  what was trained on: `text` */
export function checkSameData(source: string, input: string, before: string, after: string): void {
  if (before === after) return;
  const value = `fingerprint ${show(before)} → ${after}`;
  refuseResume(source, `be of the same ${input}`, value, `Use the ${input} that the run was started with.`);
}

export function refuseResume(argument: string, must: string, value: string, fix: string): never {
  throw new FormatError({ op: "resume", argument, must, value, fix });
}
