import { checkNonNegativeInteger, checkNumber, refusal } from "../base/check.js";

/** What early stopping remembers. JSON-safe. */
export interface EarlyStoppingState {
  bestLoss: number | null;
  bestStep: number | null;
  stale: number;
  /** The first figure that chose it, where that is not the loss. */
  best?: number | undefined;
  /** The figures that decide where the ones before them are equal. */
  others?: readonly number[] | undefined;
}

type Direction = "lower" | "higher";

/** Follows the best loss, or the best of other figures, and says when it has not improved for long. */
export class EarlyStopping {
  /** Validations without improvement after which to stop; 0: never. */
  readonly patience: number;
  state: EarlyStoppingState = { bestLoss: null, bestStep: null, stale: 0 };
  readonly #better: readonly Direction[];
  readonly #minDelta: number;

  /**
   * @param better    which way the figures that choose are good, in their order; a loss is lower
   * @param minDelta  what counts as an improvement: more than this, in the first figure that chooses. With 0, where that is equal the
   *                  next decides
   */
  constructor(patience = 0, better: Direction | readonly Direction[] = [], minDelta = 0) {
    this.#better = [better].flat();
    this.#minDelta = checkNumber("EarlyStopping", "minDelta", minDelta, { min: 0 });
    this.patience = checkNonNegativeInteger("EarlyStopping", "patience", patience);
  }

  /**
   * Whether this is the best so far: by the first figure that differs, and last by the loss. No figure (NaN) is worse than any.
   * @param scores  the figures that choose before the loss, if there are any
   */
  update(loss: number, step: number, scores: number | readonly number[] = []): boolean {
    const op = "EarlyStopping.update";
    if (typeof loss !== "number") throw refusal(op, "loss", "be a number", loss);
    checkNonNegativeInteger(op, "step", step);
    const scored = [scores].flat();
    for (const score of scored) if (typeof score !== "number") throw refusal(op, "scores", "be numbers", score);
    const { bestLoss, bestStep, stale, best, others } = this.state;
    const given = scored.map((figure, i) => kept(figure, this.#better[i]));
    const now = kept(loss, "lower");
    const before = best === undefined ? [] : [best, ...(others ?? [])];
    const isBest = bestLoss === null || this.#isBetter([...given, now], [...before, bestLoss]);
    const told = isBest ? { bestLoss: now, bestStep: step, stale: 0 } : { bestLoss, bestStep, stale: stale + 1 };
    const [first, ...rest] = isBest ? given : before;
    this.state = {
      ...told,
      ...(first !== undefined && { best: first }),
      ...(rest.length > 0 && { others: rest }),
    };
    return isBest;
  }

  /** The figure that chose the best: its first score, or the loss; NaN where that had none, null before the first validation. */
  get best(): number | null {
    const { bestLoss, best = bestLoss } = this.state;
    return best !== null && Math.abs(best) === Number.MAX_VALUE ? Number.NaN : best;
  }

  /** @param before  fewer where an older version had kept the first figure alone: then those that it lacks say nothing */
  #isBetter(now: readonly number[], before: readonly number[]): boolean {
    const loss = now.length - 1;
    for (const [i, value] of now.entries()) {
      if (i < loss && i >= before.length - 1) continue;
      const old = i < loss ? before[i] : before.at(-1)!;
      const gain = i < loss && this.#better[i] === "higher" ? value - old : old - value;
      if (this.#minDelta > 0) return gain > this.#minDelta;
      if (gain !== 0) return gain > 0;
    }
    return false;
  }

  get exhausted(): boolean {
    return this.patience > 0 && this.state.stale >= this.patience;
  }
}

/** A figure as a finite number, which JSON has a word for, in the same order: none is the worst that there is. */
function kept(figure: number, better: Direction = "lower"): number {
  const worst = better === "higher" ? -Number.MAX_VALUE : Number.MAX_VALUE;
  return Number.isNaN(figure) ? worst : Math.min(Math.max(figure, -Number.MAX_VALUE), Number.MAX_VALUE);
}
