import { checkNonNegativeInteger, refusal } from "../base/check.js";

/** What early stopping remembers. JSON-safe. */
export interface EarlyStoppingState {
  bestLoss: number | null;
  bestStep: number | null;
  stale: number;
}

/** Follows the best loss, and says when it has not improved for long. */
export class EarlyStopping {
  /** Validations without improvement after which to stop; 0: never. */
  readonly patience: number;
  state: EarlyStoppingState = { bestLoss: null, bestStep: null, stale: 0 };

  constructor(patience = 0) {
    this.patience = checkNonNegativeInteger("EarlyStopping", "patience", patience);
  }

  /** Whether this loss is the best so far. */
  update(loss: number, step: number): boolean {
    if (typeof loss !== "number") throw refusal("EarlyStopping.update", "loss", "be a number", loss);
    const { bestLoss, bestStep, stale } = this.state;
    const best = bestLoss === null || loss < bestLoss;
    this.state = best ? { bestLoss: loss, bestStep: step, stale: 0 } : { bestLoss, bestStep, stale: stale + 1 };
    return best;
  }

  get exhausted(): boolean {
    return this.patience > 0 && this.state.stale >= this.patience;
  }
}
