import { checkNumber, refusal } from "../base/check.js";
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

  /** The learning rate after `epoch` steps of a group, the `group`-th, that starts from `baseLr`. */
  abstract lrAt(epoch: number, baseLr: number, group?: number): number;

  /** The momentum (Adam's β1) then, for schedules that move it too; null for those that do not. */
  momentumAt(_epoch: number, _group: number): number | null {
    return null;
  }

  /** A group that the optimiser got since starts from the rate that it has. */
  step(): void {
    const { paramGroups } = this.optimizer;
    for (const group of paramGroups.slice(this.#baseLrs.length)) {
      group.initialLr ??= group.lr;
      this.#baseLrs.push(group.initialLr);
    }
    this.#set(this.epoch + 1, this.#baseLrs);
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
    const op = `${this.constructor.name}.loadStateDict`;
    const { epoch, baseLrs } = checkStateObject(op, state, ["epoch", "baseLrs"]);
    const count = this.optimizer.paramGroups.length;
    const fits = Array.isArray(baseLrs) && baseLrs.length === count && baseLrs.every((lr) => isRate(lr));
    if (!fits) refuseState(op, "baseLrs", `be a list of ${count} learning rates, one a group`, baseLrs);
    checkEpochs(op, "epoch", epoch);
    this.#set(epoch, baseLrs as number[]);
    this.epoch = epoch;
    this.#baseLrs = [...(baseLrs as number[])];
  }

  /** Sets the rates for the start; constructors end with it, so that one that throws leaves the optimiser as it was. */
  protected apply(): void {
    const { paramGroups } = this.optimizer;
    const baseLrs = paramGroups.map(({ initialLr, lr }) => initialLr ?? lr);
    this.#set(this.epoch, baseLrs);
    this.#baseLrs = baseLrs;
    paramGroups.forEach((group, i) => {
      group.initialLr = baseLrs[i];
    });
  }

  /**
   * Works all values out, then sets them.
   * @throws OptionError for a rate that is no finite number, as a function of one's own may give
   */
  #set(epoch: number, baseLrs: readonly number[]): void {
    const op = this.constructor.name;
    const { paramGroups } = this.optimizer;
    const values = baseLrs.map((baseLr, i) => ({
      lr: checkNumber(op, "the learning rate", this.lrAt(epoch, baseLr, i)),
      momentum: this.momentumAt(epoch, i),
    }));
    values.forEach(({ lr, momentum }, i) => {
      paramGroups[i].lr = lr;
      if (momentum !== null) setMomentum(paramGroups[i], momentum);
    });
  }
}

/** A group with what optimisers call momentum: their own, or the first of Adam's betas. */
type WithMomentum = ParamGroup<BaseOptions> & { momentum?: unknown; betas?: unknown };

export function hasMomentum({ momentum, betas }: WithMomentum): boolean {
  return momentum !== undefined || betas !== undefined;
}

function setMomentum(group: WithMomentum, momentum: number): void {
  if (Array.isArray(group.betas)) group.betas = [momentum, group.betas[1]];
  else group.momentum = momentum;
}

/** @throws OptionError for what is no optimiser */
export function checkScheduled(op: string, optimizer: Scheduled): Scheduled {
  const groups: unknown = optimizer?.paramGroups;
  if (Array.isArray(groups) && groups.every((group) => typeof group?.lr === "number")) return optimizer;
  throw refusal(op, "optimizer", "be an optimiser", optimizer, `Write new optim.${op}(optimizer, { ... }).`);
}

/** @throws FormatError for what is no object, or has other fields than `known`: they would be lost */
export function checkStateObject(op: string, state: unknown, known: readonly string[]): Record<string, unknown> {
  if (state === null || typeof state !== "object" || Array.isArray(state)) {
    refuseState(op, "state", "be what stateDict() gave", state);
  }
  const other = Object.keys(state as object).find((key) => !known.includes(key));
  if (other !== undefined) refuseState(op, "state", `have only ${known.join(", ")}`, other);
  return state as Record<string, unknown>;
}

/** @throws FormatError for what is no number of steps */
export function checkEpochs(op: string, argument: string, value: unknown): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    refuseState(op, argument, "be a non-negative integer", value);
  }
}

export function refuseState(op: string, argument: string, must: string, value: unknown): never {
  throw new FormatError({ op, argument, must, value: show(value) });
}

function isRate(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}

/** A number in [0, 1], as the factors of most schedules are. */
export function checkFactor(op: string, argument: string, value: unknown): number {
  return checkNumber(op, argument, value, { min: 0, max: 1 });
}
