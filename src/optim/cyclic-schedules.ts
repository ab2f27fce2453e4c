import {
  checkArray,
  checkBoolean,
  checkFunction,
  checkKnownOptions,
  checkNumber,
  checkOneOf,
  checkPositiveInteger,
} from "../base/check.js";
import { OptionError, show } from "../base/errors.js";
import { power } from "../base/power.js";
import { hasMomentum, Schedule, type Scheduled } from "./schedule.js";

/** Schedules with PyTorch's names, defaults and values whose rate rises and falls, and the momentum against it. */

/** One for all groups, or one a group. */
export type PerGroup = number | readonly number[];

function checkPerGroup(op: string, name: string, value: unknown, optimizer: Scheduled, max = Infinity): PerGroup {
  if (typeof value === "number") return checkNumber(op, name, value, { min: 0, max });
  checkArray(op, name, value, "Write a number, or an array of one a group.");
  const list = value as readonly number[];
  const groups = optimizer.paramGroups.length;
  if (list.length !== groups) {
    throw new OptionError({ op, argument: name, must: `be ${groups} numbers, one a group`, value: show(list) });
  }
  for (const [i, item] of list.entries()) checkNumber(op, `${name}[${i}]`, item, { min: 0, max });
  return [...list];
}

/** A group that came later has the last one's. */
function of(value: PerGroup, group: number): number {
  return typeof value === "number" ? value : value[Math.min(group, value.length - 1)];
}

/** Whether the momentum moves: where there is one, unless it is told not to. */
function cycles(op: string, given: boolean | undefined, optimizer: Scheduled): boolean {
  const able = optimizer.paramGroups.every(hasMomentum);
  const wanted = checkBoolean(op, "cycleMomentum", given ?? able);
  if (!wanted || able) return wanted;
  const must = "be left out for an optimiser without momentum or betas";
  throw new OptionError({ op, argument: "cycleMomentum", must, value: "true" });
}

/** From start to end as `at` goes from 0 to 1. */
function cosine(start: number, end: number, at: number): number {
  return end + ((start - end) / 2) * (Math.cos(Math.PI * at) + 1);
}

function straight(start: number, end: number, at: number): number {
  return (end - start) * at + start;
}

export interface OneCycleLROptions {
  /** The highest rate; an array for one a group. */
  maxLr: PerGroup;
  /** Steps in all; or `epochs` and `stepsPerEpoch`. */
  totalSteps?: number | undefined;
  epochs?: number | undefined;
  stepsPerEpoch?: number | undefined;
  /** The share of the steps in which the rate rises. Default 0.3. */
  pctStart?: number | undefined;
  /** Default "cos". */
  annealStrategy?: "cos" | "linear" | undefined;
  /** Move the momentum against the rate. Default: where the optimiser has one. */
  cycleMomentum?: boolean | undefined;
  /** Default 0.85. */
  baseMomentum?: PerGroup | undefined;
  /** Default 0.95. */
  maxMomentum?: PerGroup | undefined;
  /** It starts at maxLr/divFactor. Default 25. */
  divFactor?: number | undefined;
  /** It ends at the start's rate/finalDivFactor. Default 1e4. */
  finalDivFactor?: number | undefined;
  /** Fall as long as it rose, then to the end; instead of falling to the end at once. Default false. */
  threePhase?: boolean | undefined;
}

const ONE_CYCLE = [
  ...["maxLr", "totalSteps", "epochs", "stepsPerEpoch", "pctStart", "annealStrategy", "cycleMomentum"],
  ...["baseMomentum", "maxMomentum", "divFactor", "finalDivFactor", "threePhase"],
];

/**
 * The rate up to maxLr and down to nearly nothing, the momentum the other way, in one cycle. Step it after each step of the optimiser,
 * whose own rate counts for nothing.
 * Source: Smith & Topin 2018; PyTorch lr_scheduler.OneCycleLR.
 * @example const schedule = new optim.OneCycleLR(optimizer, { maxLr: 0.01, epochs: 10, stepsPerEpoch: batches.steps });
 */
export class OneCycleLR extends Schedule {
  readonly totalSteps: number;
  readonly #maxLr: PerGroup;
  readonly #factors: readonly [start: number, end: number];
  readonly #momenta: readonly [base: PerGroup, max: PerGroup] | null;
  /** Where each part ends, in steps. */
  readonly #ends: readonly number[];
  readonly #anneal: typeof cosine;

  /** @throws OptionError without the number of steps */
  constructor(optimizer: Scheduled, options: OneCycleLROptions) {
    super(optimizer);
    const op = "OneCycleLR";
    checkKnownOptions(op, options, ONE_CYCLE);
    this.#maxLr = checkPerGroup(op, "maxLr", options.maxLr, optimizer);
    this.totalSteps = stepsOf(op, options);
    const share = checkNumber(op, "pctStart", options.pctStart ?? 0.3, { min: 0, max: 1 });
    const linear = checkOneOf(op, "annealStrategy", options.annealStrategy ?? "cos", ["cos", "linear"]) === "linear";
    this.#anneal = linear ? straight : cosine;
    const base = checkPerGroup(op, "baseMomentum", options.baseMomentum ?? 0.85, optimizer, 1);
    const max = checkPerGroup(op, "maxMomentum", options.maxMomentum ?? 0.95, optimizer, 1);
    this.#momenta = cycles(op, options.cycleMomentum, optimizer) ? [base, max] : null;
    const div = checkNumber(op, "divFactor", options.divFactor ?? 25, { min: 0, openMin: true });
    const finalDiv = checkNumber(op, "finalDivFactor", options.finalDivFactor ?? 1e4, { min: 0, openMin: true });
    this.#factors = [1 / div, 1 / div / finalDiv];
    const three = checkBoolean(op, "threePhase", options.threePhase ?? false);
    const rise = share * this.totalSteps - 1;
    this.#ends = three ? [rise, 2 * share * this.totalSteps - 2, this.totalSteps - 1] : [rise, this.totalSteps - 1];
    this.apply();
  }

  /** @throws OptionError beyond the last step */
  override lrAt(epoch: number, _baseLr: number, group = 0): number {
    const max = of(this.#maxLr, group);
    const [start, end] = this.#factors.map((factor) => max * factor);
    return this.#along(epoch, this.#ends.length === 3 ? [start, max, start, end] : [start, max, end]);
  }

  override momentumAt(epoch: number, group: number): number | null {
    if (this.#momenta === null) return null;
    const [base, max] = this.#momenta.map((value) => of(value, group));
    return this.#along(epoch, this.#ends.length === 3 ? [max, base, max, max] : [max, base, max]);
  }

  /** @param values  where each part starts, and the last one's end */
  #along(epoch: number, values: readonly number[]): number {
    if (epoch > this.totalSteps) {
      const [op, argument, must] = ["OneCycleLR", "step", `be called at most ${this.totalSteps} times, its totalSteps`];
      throw new OptionError({ op, argument, must, value: `call ${epoch}` });
    }
    const part = Math.max(
      0,
      this.#ends.findIndex((end, i) => epoch <= end || i === this.#ends.length - 1),
    );
    const from = part === 0 ? 0 : this.#ends[part - 1];
    const length = this.#ends[part] - from;
    const at = length === 0 ? 1 : Math.min(1, (epoch - from) / length);
    return this.#anneal(values[part], values[part + 1], at);
  }
}

function stepsOf(op: string, { totalSteps, epochs, stepsPerEpoch }: OneCycleLROptions): number {
  if (totalSteps !== undefined) return checkPositiveInteger(op, "totalSteps", totalSteps);
  if (epochs === undefined && stepsPerEpoch === undefined) {
    const fix = "Write { maxLr, totalSteps }, or { maxLr, epochs, stepsPerEpoch }.";
    throw new OptionError({ op, argument: "totalSteps", must: "be given", value: "nothing", fix });
  }
  return checkPositiveInteger(op, "epochs", epochs) * checkPositiveInteger(op, "stepsPerEpoch", stepsPerEpoch);
}

/**
 * Half a cosine from lr to etaMin (0 by default) in t0 steps, then at once lr again; each such run is tMult times (1) as long as the one
 * before it.
 * Source: Loshchilov & Hutter 2017; PyTorch lr_scheduler.CosineAnnealingWarmRestarts.
 */
export class CosineAnnealingWarmRestarts extends Schedule {
  readonly t0: number;
  readonly tMult: number;
  readonly etaMin: number;

  constructor(optimizer: Scheduled, options: { t0: number; tMult?: number | undefined; etaMin?: number | undefined }) {
    super(optimizer);
    const op = "CosineAnnealingWarmRestarts";
    checkKnownOptions(op, options, ["t0", "tMult", "etaMin"]);
    this.t0 = checkPositiveInteger(op, "t0", options.t0);
    this.tMult = checkPositiveInteger(op, "tMult", options.tMult ?? 1);
    this.etaMin = checkNumber(op, "etaMin", options.etaMin ?? 0, { min: 0 });
    this.apply();
  }

  override lrAt(epoch: number, baseLr: number): number {
    let [at, length] = [epoch, this.t0];
    if (this.tMult === 1) at %= length;
    else {
      while (at >= length) {
        at -= length;
        length *= this.tMult;
      }
    }
    return cosine(baseLr, this.etaMin, at / length);
  }
}

export interface CyclicLROptions {
  /** The lowest rate, instead of the optimiser's; an array for one a group. */
  baseLr: PerGroup;
  /** The highest. */
  maxLr: PerGroup;
  /** Steps up. Default 2000. */
  stepSizeUp?: number | undefined;
  /** Steps down. Default: as many as up. */
  stepSizeDown?: number | undefined;
  /** All peaks alike, each half as high as the one before, or falling by `gamma` a step. Default "triangular". */
  mode?: "triangular" | "triangular2" | "exp_range" | undefined;
  /** Of exp_range. Default 1. */
  gamma?: number | undefined;
  /** The peaks' height by a function of one's own, instead of `mode`. */
  scaleFn?: ((x: number) => number) | undefined;
  /** What `scaleFn` is given: the number of the cycle from 1 on, or of the step. Default "cycle". */
  scaleMode?: "cycle" | "iterations" | undefined;
  /** Move the momentum against the rate. Default: where the optimiser has one. */
  cycleMomentum?: boolean | undefined;
  /** Default 0.8. */
  baseMomentum?: PerGroup | undefined;
  /** Default 0.9. */
  maxMomentum?: PerGroup | undefined;
}

const CYCLIC = [
  ...["baseLr", "maxLr", "stepSizeUp", "stepSizeDown", "mode", "gamma", "scaleFn", "scaleMode", "cycleMomentum"],
  ...["baseMomentum", "maxMomentum"],
];

/**
 * The rate up and down in straight lines between baseLr and maxLr, the momentum the other way. Step it after each step of the optimiser.
 * Source: Smith 2017; PyTorch lr_scheduler.CyclicLR.
 */
export class CyclicLR extends Schedule {
  readonly #rates: readonly [base: PerGroup, max: PerGroup];
  readonly #momenta: readonly [base: PerGroup, max: PerGroup] | null;
  readonly #up: number;
  readonly #down: number;
  readonly #height: (cycle: number, epoch: number) => number;

  constructor(optimizer: Scheduled, options: CyclicLROptions) {
    super(optimizer);
    const op = "CyclicLR";
    checkKnownOptions(op, options, CYCLIC);
    const each = (name: "baseLr" | "maxLr" | "baseMomentum" | "maxMomentum", value: unknown, max?: number) =>
      checkPerGroup(op, name, value, optimizer, max);
    this.#rates = [each("baseLr", options.baseLr), each("maxLr", options.maxLr)];
    const momenta = [
      each("baseMomentum", options.baseMomentum ?? 0.8, 1),
      each("maxMomentum", options.maxMomentum ?? 0.9, 1),
    ] as const;
    this.#momenta = cycles(op, options.cycleMomentum, optimizer) ? momenta : null;
    this.#up = checkPositiveInteger(op, "stepSizeUp", options.stepSizeUp ?? 2000);
    this.#down = checkPositiveInteger(op, "stepSizeDown", options.stepSizeDown ?? this.#up);
    this.#height = heightOf(op, options);
    this.apply();
  }

  override lrAt(epoch: number, _baseLr: number, group = 0): number {
    const [base, max] = this.#rates.map((value) => of(value, group));
    return base + (max - base) * this.#risen(epoch);
  }

  override momentumAt(epoch: number, group: number): number | null {
    if (this.#momenta === null) return null;
    const [base, max] = this.#momenta.map((value) => of(value, group));
    return max - (max - base) * this.#risen(epoch);
  }

  /** 0 at the foot, and 1 at a full peak. */
  #risen(epoch: number): number {
    const length = this.#up + this.#down;
    const cycle = Math.floor(1 + epoch / length);
    const at = (epoch % length) / length;
    const rise = this.#up / length;
    return (at <= rise ? at / rise : (at - 1) / (rise - 1)) * this.#height(cycle, epoch);
  }
}

function heightOf(op: string, options: CyclicLROptions): (cycle: number, epoch: number) => number {
  const mode = checkOneOf(op, "mode", options.mode ?? "triangular", ["triangular", "triangular2", "exp_range"]);
  const gamma = checkNumber(op, "gamma", options.gamma ?? 1, { min: 0 });
  const by = checkOneOf(op, "scaleMode", options.scaleMode ?? "cycle", ["cycle", "iterations"]);
  const { scaleFn } = options;
  if (scaleFn !== undefined) {
    checkFunction(op, "scaleFn", scaleFn, "Write { scaleFn: (cycle) => 0.9 ** cycle }.");
    return (cycle, epoch) => checkNumber(op, "scaleFn's result", scaleFn(by === "cycle" ? cycle : epoch));
  }
  if (mode === "triangular") return () => 1;
  return mode === "triangular2" ? (cycle) => 2 ** (1 - cycle) : (_cycle, epoch) => power(gamma, epoch);
}
