import {
  checkArray,
  checkFunction,
  checkKnownOptions,
  checkNonNegativeInteger,
  checkNumber,
  checkPositiveInteger,
  refusal,
} from "../base/check.js";
import { OptionError } from "../base/errors.js";
import { power } from "../base/power.js";
import { checkFactor, Schedule, type Scheduled } from "./schedule.js";

/** Schedules with PyTorch's names, defaults and values; `epoch` counts calls of `step()`. */

/** lr·gamma^⌊epoch/stepSize⌋. gamma is 0.1 by default. */
export class StepLR extends Schedule {
  readonly stepSize: number;
  readonly gamma: number;

  constructor(optimizer: Scheduled, options: { stepSize: number; gamma?: number | undefined }) {
    super(optimizer);
    checkKnownOptions("StepLR", options, ["stepSize", "gamma"]);
    this.stepSize = checkPositiveInteger("StepLR", "stepSize", options.stepSize);
    this.gamma = checkNumber("StepLR", "gamma", options.gamma ?? 0.1, { min: 0 });
    this.apply();
  }

  override lrAt(epoch: number, baseLr: number): number {
    return baseLr * power(this.gamma, Math.floor(epoch / this.stepSize));
  }
}

/** lr·gamma for each milestone passed. gamma is 0.1 by default. */
export class MultiStepLR extends Schedule {
  readonly milestones: readonly number[];
  readonly gamma: number;

  constructor(optimizer: Scheduled, options: { milestones: readonly number[]; gamma?: number | undefined }) {
    super(optimizer);
    checkKnownOptions("MultiStepLR", options, ["milestones", "gamma"]);
    this.milestones = checkMilestones("MultiStepLR", options.milestones);
    this.gamma = checkNumber("MultiStepLR", "gamma", options.gamma ?? 0.1, { min: 0 });
    this.apply();
  }

  override lrAt(epoch: number, baseLr: number): number {
    return baseLr * power(this.gamma, this.milestones.filter((milestone) => milestone <= epoch).length);
  }
}

/** lr·gamma^epoch. */
export class ExponentialLR extends Schedule {
  readonly gamma: number;

  constructor(optimizer: Scheduled, options: { gamma: number }) {
    super(optimizer);
    checkKnownOptions("ExponentialLR", options, ["gamma"]);
    this.gamma = checkNumber("ExponentialLR", "gamma", options.gamma, { min: 0 });
    this.apply();
  }

  override lrAt(epoch: number, baseLr: number): number {
    return baseLr * power(this.gamma, epoch);
  }
}

/**
 * Half a cosine from lr to etaMin (0 by default) in tMax steps, and back in the next tMax.
 * Source: Loshchilov & Hutter 2017, without restarts.
 */
export class CosineAnnealingLR extends Schedule {
  readonly tMax: number;
  readonly etaMin: number;

  constructor(optimizer: Scheduled, options: { tMax: number; etaMin?: number | undefined }) {
    super(optimizer);
    checkKnownOptions("CosineAnnealingLR", options, ["tMax", "etaMin"]);
    this.tMax = checkPositiveInteger("CosineAnnealingLR", "tMax", options.tMax);
    this.etaMin = checkNumber("CosineAnnealingLR", "etaMin", options.etaMin ?? 0, { min: 0 });
    this.apply();
  }

  override lrAt(epoch: number, baseLr: number): number {
    return this.etaMin + ((baseLr - this.etaMin) * (1 + Math.cos((Math.PI * epoch) / this.tMax))) / 2;
  }
}

export interface LinearLROptions {
  /** Default 1/3. */
  startFactor?: number | undefined;
  /** Default 1. */
  endFactor?: number | undefined;
  /** Default 5. */
  totalIters?: number | undefined;
}

/** A warm-up: from lr·startFactor to lr·endFactor in a straight line of totalIters steps, then level. */
export class LinearLR extends Schedule {
  readonly startFactor: number;
  readonly endFactor: number;
  readonly totalIters: number;

  constructor(optimizer: Scheduled, options: LinearLROptions = {}) {
    super(optimizer);
    checkKnownOptions("LinearLR", options, ["startFactor", "endFactor", "totalIters"]);
    this.startFactor = checkFactor("LinearLR", "startFactor", options.startFactor ?? 1 / 3);
    this.endFactor = checkFactor("LinearLR", "endFactor", options.endFactor ?? 1);
    this.totalIters = checkPositiveInteger("LinearLR", "totalIters", options.totalIters ?? 5);
    this.apply();
  }

  override lrAt(epoch: number, baseLr: number): number {
    const done = Math.min(epoch, this.totalIters) / this.totalIters;
    return baseLr * (this.startFactor + (this.endFactor - this.startFactor) * done);
  }
}

/** lr·factor (1/3 by default) for totalIters (5) steps, then lr. */
export class ConstantLR extends Schedule {
  readonly factor: number;
  readonly totalIters: number;

  constructor(optimizer: Scheduled, options: { factor?: number | undefined; totalIters?: number | undefined } = {}) {
    super(optimizer);
    checkKnownOptions("ConstantLR", options, ["factor", "totalIters"]);
    this.factor = checkFactor("ConstantLR", "factor", options.factor ?? 1 / 3);
    this.totalIters = checkPositiveInteger("ConstantLR", "totalIters", options.totalIters ?? 5);
    this.apply();
  }

  override lrAt(epoch: number, baseLr: number): number {
    return epoch < this.totalIters ? baseLr * this.factor : baseLr;
  }
}

/** lr times a function of the epoch. The function itself is not saved. */
export class LambdaLR extends Schedule {
  readonly factor: (epoch: number) => number;

  constructor(optimizer: Scheduled, factor: (epoch: number) => number) {
    super(optimizer);
    checkFunction("LambdaLR", "factor", factor, "Write new optim.LambdaLR(optimizer, (epoch) => 0.95 ** epoch).");
    this.factor = factor;
    this.apply();
  }

  override lrAt(epoch: number, baseLr: number): number {
    return baseLr * this.factor(epoch);
  }
}

/**
 * Schedules one after another: the next begins, at its own epoch 0, with each milestone.
 * @example
 * const warmUp = new optim.LinearLR(optimizer, { startFactor: 0.1, totalIters: 5 });
 * const cosine = new optim.CosineAnnealingLR(optimizer, { tMax: 95 });
 * const schedule = new optim.SequentialLR(optimizer, { schedules: [warmUp, cosine], milestones: [5] });
 */
export class SequentialLR extends Schedule {
  readonly schedules: readonly Schedule[];
  readonly milestones: readonly number[];

  constructor(optimizer: Scheduled, options: { schedules: readonly Schedule[]; milestones: readonly number[] }) {
    super(optimizer);
    checkKnownOptions("SequentialLR", options, ["schedules", "milestones"]);
    checkArray("SequentialLR", "schedules", options.schedules);
    for (const [i, schedule] of options.schedules.entries()) {
      if (schedule instanceof Schedule) continue;
      const fix = "One that goes by a figure, as ReduceLROnPlateau does, is stepped by itself.";
      throw refusal("SequentialLR", `schedules[${i}]`, "be a schedule that goes by epochs", schedule, fix);
    }
    this.schedules = options.schedules;
    this.milestones = checkMilestones("SequentialLR", options.milestones);
    if (this.schedules.length !== this.milestones.length + 1) {
      throw new OptionError({
        op: "SequentialLR",
        argument: "schedules",
        must: `be one more than the milestones (${this.milestones.length + 1})`,
        value: String(this.schedules.length),
      });
    }
    this.apply();
  }

  override lrAt(epoch: number, baseLr: number, group?: number): number {
    const [schedule, own] = this.#at(epoch);
    return schedule.lrAt(own, baseLr, group);
  }

  override momentumAt(epoch: number, group: number): number | null {
    const [schedule, own] = this.#at(epoch);
    return schedule.momentumAt(own, group);
  }

  /** Whose turn it is, and its own epoch. */
  #at(epoch: number): [Schedule, number] {
    const which = this.milestones.filter((milestone) => milestone <= epoch).length;
    return [this.schedules[which], epoch - (which === 0 ? 0 : this.milestones[which - 1])];
  }
}

/** Ascending, as PyTorch wants them too. */
function checkMilestones(op: string, milestones: readonly number[]): readonly number[] {
  checkArray(op, "milestones", milestones);
  for (const [i, milestone] of milestones.entries()) checkNonNegativeInteger(op, `milestones[${i}]`, milestone);
  if (milestones.every((milestone, i) => i === 0 || milestone >= milestones[i - 1])) return milestones;
  throw refusal(op, "milestones", "be in ascending order", [...milestones]);
}
