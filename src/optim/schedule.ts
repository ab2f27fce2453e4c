import { checkNonNegativeInteger, checkNumber } from "../base/check.js";
import { FormatError, show } from "../base/errors.js";
import type { BaseOptions, ParamGroup } from "./optimizer.js";

/** What a schedule needs of an optimiser. */
export interface Scheduled {
  readonly paramGroups: ParamGroup<BaseOptions>[];
}

/** What a schedule remembers, for a checkpoint: JSON can hold it. */
export interface ScheduleState {
  /** Steps taken. */
  epoch: number;
  /** The rates that it starts from, one a group. */
  baseLrs: number[];
}

/**
 * The base of the schedules whose rate is a function of the step: `step()` after each epoch (or each optimiser step, as
 * its numbers are meant) sets the learning rate of every group. Making one sets the rate for the start.
 */
export abstract class Schedule {
  readonly optimizer: Scheduled;
  /** Steps taken. */
  epoch = 0;
  #baseLrs: number[];

  constructor(optimizer: Scheduled) {
    this.optimizer = optimizer;
    this.#baseLrs = optimizer.paramGroups.map((group) => (group.initialLr ??= group.lr));
  }

  /** The learning rate after `epoch` steps of a group that starts from `baseLr`. */
  abstract lrAt(epoch: number, baseLr: number): number;

  step(): void {
    this.epoch++;
    this.apply();
  }

  /** The learning rate of each group now. */
  get lrs(): number[] {
    return this.optimizer.paramGroups.map(({ lr }) => lr);
  }

  stateDict(): ScheduleState {
    return { epoch: this.epoch, baseLrs: [...this.#baseLrs] };
  }

  /** @throws FormatError when the state does not fit the optimiser's groups */
  loadStateDict(state: ScheduleState): void {
    const { epoch, baseLrs } = state;
    const fits = Array.isArray(baseLrs) && baseLrs.length === this.#baseLrs.length && baseLrs.every(Number.isFinite);
    if (!fits) {
      throw new FormatError({
        op: `${this.constructor.name}.loadStateDict`,
        argument: "baseLrs",
        must: `be a list of ${this.#baseLrs.length} learning rates, one a group`,
        value: show(baseLrs),
      });
    }
    this.epoch = checkNonNegativeInteger(`${this.constructor.name}.loadStateDict`, "epoch", epoch);
    this.#baseLrs = [...baseLrs];
    this.apply();
  }

  /** Sets the rates of this epoch; constructors end with it. */
  protected apply(): void {
    this.optimizer.paramGroups.forEach((group, i) => {
      group.lr = this.lrAt(this.epoch, this.#baseLrs[i]);
    });
  }
}

/** A number in [0, 1], as the factors of most schedules are. */
export function checkFactor(op: string, argument: string, value: unknown): number {
  return checkNumber(op, argument, value, { min: 0, max: 1 });
}
