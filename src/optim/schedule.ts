import { checkNonNegativeInteger, checkNumber, checkObject, refusal } from "../base/check.js";
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
  #baseLrs: number[] = [];

  constructor(optimizer: Scheduled) {
    this.optimizer = checkScheduled(new.target.name, optimizer);
  }

  /** The learning rate after `epoch` steps of a group that starts from `baseLr`. */
  abstract lrAt(epoch: number, baseLr: number): number;

  step(): void {
    this.#set(this.#lrsAt(this.epoch + 1, this.#baseLrs));
    this.epoch++;
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
    checkObject(`${this.constructor.name}.loadStateDict`, "state", state, "what stateDict() gave");
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
    checkNonNegativeInteger(`${this.constructor.name}.loadStateDict`, "epoch", epoch);
    const lrs = this.#lrsAt(epoch, baseLrs);
    this.epoch = epoch;
    this.#baseLrs = [...baseLrs];
    this.#set(lrs);
  }

  /** Sets the rates for the start; constructors end with it, so that one that throws leaves the optimiser as it was. */
  protected apply(): void {
    const { paramGroups } = this.optimizer;
    const baseLrs = paramGroups.map(({ initialLr, lr }) => initialLr ?? lr);
    const lrs = this.#lrsAt(this.epoch, baseLrs);
    this.#baseLrs = baseLrs;
    paramGroups.forEach((group, i) => {
      group.initialLr = baseLrs[i];
    });
    this.#set(lrs);
  }

  /** @throws OptionError for a rate that is no finite number, as a function of one's own may give */
  #lrsAt(epoch: number, baseLrs: readonly number[]): number[] {
    return baseLrs.map((baseLr) => checkNumber(this.constructor.name, "the learning rate", this.lrAt(epoch, baseLr)));
  }

  #set(lrs: readonly number[]): void {
    this.optimizer.paramGroups.forEach((group, i) => {
      group.lr = lrs[i];
    });
  }
}

/** @throws OptionError for what is no optimiser */
export function checkScheduled(op: string, optimizer: Scheduled): Scheduled {
  const groups: unknown = optimizer?.paramGroups;
  if (Array.isArray(groups) && groups.every((group) => typeof group?.lr === "number")) return optimizer;
  throw refusal(op, "optimizer", "be an optimiser", optimizer, `Write new optim.${op}(optimizer, { ... }).`);
}

/** A number in [0, 1], as the factors of most schedules are. */
export function checkFactor(op: string, argument: string, value: unknown): number {
  return checkNumber(op, argument, value, { min: 0, max: 1 });
}
