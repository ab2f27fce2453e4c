import {
  checkKnownOptions,
  checkNonNegativeInteger,
  checkNumber,
  checkObject,
  checkOneOf,
  refusal,
  withDefaults,
} from "../base/check.js";
import { checkScheduled, type Scheduled } from "./schedule.js";

export interface PlateauOptions {
  /** Whether the figure should fall or rise. Default min. */
  mode?: "min" | "max" | undefined;
  /** What the learning rate is multiplied by. Default 0.1. */
  factor?: number | undefined;
  /** Steps without an improvement that are borne. Default 10. */
  patience?: number | undefined;
  /** What counts as an improvement. Default 1e-4. */
  threshold?: number | undefined;
  /** The threshold is a share of the best figure, or in its own units. Default rel. */
  thresholdMode?: "rel" | "abs" | undefined;
  /** Steps after a cut in which nothing is counted. Default 0. */
  cooldown?: number | undefined;
  /** The rate falls no further. Default 0. */
  minLr?: number | undefined;
  /** Smaller changes of the rate are not made. Default 1e-8. */
  eps?: number | undefined;
}

type Settings = { [K in keyof PlateauOptions]-?: NonNullable<PlateauOptions[K]> };

const DEFAULTS: Settings = {
  mode: "min",
  factor: 0.1,
  patience: 10,
  threshold: 1e-4,
  thresholdMode: "rel",
  cooldown: 0,
  minLr: 0,
  eps: 1e-8,
};

/** What it remembers, for a checkpoint: JSON can hold it. */
export interface PlateauState {
  epoch: number;
  /** Null before the first step. */
  best: number | null;
  badEpochs: number;
  cooldownLeft: number;
}

/**
 * Cuts the learning rate when a figure, such as the validation loss, has stopped improving. PyTorch's ReduceLROnPlateau, but for
 * negative figures under a relative threshold: an improvement on best is threshold·|best| better, where PyTorch's
 * best·(1 - threshold) would count a figure that is worse.
 * @example
 * const schedule = new optim.ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 2 });
 * schedule.step(validationLoss); // after each epoch
 */
export class ReduceLROnPlateau {
  readonly optimizer: Scheduled;
  readonly options: Settings;
  /** The best figure so far. */
  best: number | null = null;
  epoch = 0;
  #badEpochs = 0;
  #cooldownLeft = 0;

  constructor(optimizer: Scheduled, options: PlateauOptions = {}) {
    const op = "ReduceLROnPlateau";
    checkKnownOptions(op, options, Object.keys(DEFAULTS));
    const all = withDefaults<Settings>(DEFAULTS, options);
    checkOneOf(op, "mode", all.mode, ["min", "max"]);
    checkOneOf(op, "thresholdMode", all.thresholdMode, ["rel", "abs"]);
    checkNumber(op, "factor", all.factor, { min: 0, max: 1, openMax: true });
    checkNonNegativeInteger(op, "patience", all.patience);
    checkNonNegativeInteger(op, "cooldown", all.cooldown);
    for (const name of ["threshold", "minLr", "eps"] as const) checkNumber(op, name, all[name], { min: 0 });
    this.optimizer = checkScheduled(op, optimizer);
    this.options = all;
  }

  /**
   * @param figure  what is watched, such as the validation loss; an infinite one is no improvement
   * @throws OptionError for what is no number, NaN included: a rate must not fall because a figure was forgotten
   */
  step(figure: number): void {
    if (typeof figure !== "number" || Number.isNaN(figure)) {
      throw refusal("ReduceLROnPlateau.step", "figure", "be a number", figure, "Pass the loss: schedule.step(loss).");
    }
    this.epoch++;
    if (this.#improves(figure)) {
      this.best = figure;
      this.#badEpochs = 0;
    } else {
      this.#badEpochs++;
    }
    if (this.#cooldownLeft > 0) {
      this.#cooldownLeft--;
      this.#badEpochs = 0;
    }
    if (this.#badEpochs <= this.options.patience) return;
    this.#cut();
    this.#cooldownLeft = this.options.cooldown;
    this.#badEpochs = 0;
  }

  /** The learning rate of each group now. */
  get lrs(): number[] {
    return this.optimizer.paramGroups.map(({ lr }) => lr);
  }

  stateDict(): PlateauState {
    return { epoch: this.epoch, best: this.best, badEpochs: this.#badEpochs, cooldownLeft: this.#cooldownLeft };
  }

  /** The rates themselves are the optimiser's to load. */
  loadStateDict(state: PlateauState): void {
    const op = "ReduceLROnPlateau.loadStateDict";
    checkObject(op, "state", state, "what stateDict() gave");
    const { epoch, badEpochs, cooldownLeft, best } = state;
    for (const [name, value] of Object.entries({ epoch, badEpochs, cooldownLeft })) {
      checkNonNegativeInteger(op, name, value);
    }
    if (best !== null) checkNumber(op, "best", best);
    [this.epoch, this.#badEpochs, this.#cooldownLeft, this.best] = [epoch, badEpochs, cooldownLeft, best];
  }

  #improves(figure: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    if (this.best === null || !Number.isFinite(figure)) return Number.isFinite(figure);
    const sign = mode === "min" ? -1 : 1;
    // Of a negative best the share is taken from its size, so that the margin lies on the better side.
    const share = 1 + sign * Math.sign(this.best) * threshold;
    const margin = thresholdMode === "rel" ? this.best * share : this.best + sign * threshold;
    return mode === "min" ? figure < margin : figure > margin;
  }

  #cut(): void {
    const { factor, minLr, eps } = this.options;
    for (const group of this.optimizer.paramGroups) {
      const next = Math.max(group.lr * factor, minLr);
      if (group.lr - next > eps) group.lr = next;
    }
  }
}
