import type { CheckpointKind } from "../train/index.js";

/** Where the training of a checkpoint stood. */
export interface CheckpointProgress {
  step: number;
  /** Of the best model that was announced by then. */
  bestStep: number | null;
}

export interface Recovery {
  /** The checkpoint to go on from. */
  from: CheckpointKind;
  /** The one to write again with its bytes. */
  rewrite: CheckpointKind | null;
  /** The step of an announced best model that neither file holds. */
  lost: number | null;
}

/**
 * What a run goes on from when it was stopped between any two operations. A save writes `best`, then tells of it, then
 * writes `last`. So `best` may be ahead: when it was told of, the run goes on from it, else the steps after `last` are
 * done again. And where `best` could not be written, `last` holds it.
 * @param told  the last step that metrics tell of
 * @returns null without any checkpoint
 */
export function recover(
  last: CheckpointProgress | null,
  best: CheckpointProgress | null,
  told: number,
): Recovery | null {
  const ahead = best !== null && (last === null || best.step > last.step);
  if (ahead && (last === null || told >= best.step)) return { from: "best", rewrite: "last", lost: null };
  if (last === null) return null;
  if (last.bestStep === null || ahead || best?.step === last.bestStep)
    return { from: "last", rewrite: null, lost: null };
  if (last.step === last.bestStep) return { from: "last", rewrite: "best", lost: null };
  return { from: "last", rewrite: null, lost: last.bestStep };
}
