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
   * Whether this is the best so far: by the first figure that differs, and last by the loss.
   * @param scores  the figures that choose before the loss, if there are any
   */
  update(loss: number, step: number, scores: number | readonly number[] = []): boolean {
    if (typeof loss !== "number") throw refusal("EarlyStopping.update", "loss", "be a number", loss);
    const { bestLoss, bestStep, stale, best, others } = this.state;
    const given = [scores].flat();
    const before = best === undefined ? [] : [best, ...(others ?? [])];
    const isBest = bestLoss === null || this.#isBetter([...given, loss], [...before, bestLoss]);
    const kept = isBest ? { bestLoss: loss, bestStep: step, stale: 0 } : { bestLoss, bestStep, stale: stale + 1 };
    const [first, ...rest] = isBest ? given : before;
    this.state = {
      ...kept,
      ...(first !== undefined && { best: first }),
      ...(rest.length > 0 && { others: rest }),
    };
    return isBest;
  }

  /** @param before  fewer where an older version had kept the first figure alone: then those that it lacks say nothing */
  #isBetter(now: readonly number[], before: readonly number[]): boolean {
    if (this.#minDelta > 0) {
      const gain = this.#better[0] === "higher" && now.length > 1 ? now[0] - before[0] : before[0] - now[0];
      return gain > this.#minDelta || (Number.isNaN(before[0]) && !Number.isNaN(now[0]));
    }
    for (const [i, value] of now.slice(0, -1).entries()) {
      const old = i < before.length - 1 ? before[i] : value;
      // No figure is better than none, and two of none are alike.
      if (Number.isNaN(value) || Number.isNaN(old)) {
        if (Number.isNaN(value) !== Number.isNaN(old)) return Number.isNaN(old);
      } else if (value !== old) return this.#better[i] === "higher" ? value > old : value < old;
    }
    return now.at(-1)! < before.at(-1)!;
  }

  get exhausted(): boolean {
    return this.patience > 0 && this.state.stale >= this.patience;
  }
}
