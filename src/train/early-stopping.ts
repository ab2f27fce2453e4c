import { checkNonNegativeInteger, checkNumber, refusal } from "../base/check.js";

/** What early stopping remembers. JSON-safe. */
export interface EarlyStoppingState {
  bestLoss: number | null;
  bestStep: number | null;
  stale: number;
  /** The figure that chose it, where that is not the loss. */
  best?: number | undefined;
}

/** Follows the best loss, or the best of another figure, and says when it has not improved for long. */
export class EarlyStopping {
  /** Validations without improvement after which to stop; 0: never. */
  readonly patience: number;
  state: EarlyStoppingState = { bestLoss: null, bestStep: null, stale: 0 };
  readonly #better: "lower" | "higher";

  readonly #minDelta: number;

  /**
   * @param better    which way the figure that chooses is good; a loss is lower
   * @param minDelta  what counts as an improvement: more than this
   */
  constructor(patience = 0, better: "lower" | "higher" = "lower", minDelta = 0) {
    this.#better = better;
    this.#minDelta = checkNumber("EarlyStopping", "minDelta", minDelta, { min: 0 });
    this.patience = checkNonNegativeInteger("EarlyStopping", "patience", patience);
  }

  /**
   * Whether this is the best so far.
   * @param score  the figure that chooses, where it is not the loss
   */
  update(loss: number, step: number, score?: number): boolean {
    if (typeof loss !== "number") throw refusal("EarlyStopping.update", "loss", "be a number", loss);
    const { bestLoss, bestStep, stale, best } = this.state;
    const before = score === undefined ? bestLoss : (best ?? null);
    const now = score ?? loss;
    const gain = before === null ? Infinity : this.#better === "lower" ? before - now : now - before;
    const isBest = gain > this.#minDelta;
    const kept = isBest ? { bestLoss: loss, bestStep: step, stale: 0 } : { bestLoss, bestStep, stale: stale + 1 };
    const chosenBy = isBest ? score : best;
    this.state = chosenBy === undefined ? kept : { ...kept, best: chosenBy };
    return isBest;
  }

  get exhausted(): boolean {
    return this.patience > 0 && this.state.stale >= this.patience;
  }
}
