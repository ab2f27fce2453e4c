import { checkNumber, refusal } from "../../base/check.js";

/** Probabilities of zoneout. */
export interface ZoneoutRates {
  /** Of the hidden state. Default 0. */
  h?: number | undefined;
  /** Of the cell state, where there is one. Default 0. */
  c?: number | undefined;
}

/** What a recurrence can have that is taken one step at a time. */
export interface StepOptions {
  /**
   * In training each unit keeps its old state with this probability; in evaluation it takes the mean of the two. A number
   * is meant for every state. Default 0. Source: Krueger et al. 2017, whose rates for characters are h 0.05 and c 0.5.
   */
  zoneout?: number | ZoneoutRates | undefined;
  /**
   * In training, the probability with which a unit of h_{t-1} is dropped where it enters the products, at every step of a sequence or at
   * none. Default 0. Source: Gal & Ghahramani 2016.
   */
  recurrentDropout?: number | undefined;
}

export const STEP_OPTIONS = ["zoneout", "recurrentDropout"];

/** Probabilities of what acts inside a step. */
export interface StepRates {
  /** Of each state, h first. */
  zoneout: readonly number[];
  recurrentDropout: number;
}

/** Whether a walk with these rates does what it would without them. */
export function isQuiet({ zoneout, recurrentDropout }: StepRates, training: boolean): boolean {
  if (training && recurrentDropout !== 0) return false;
  for (const p of zoneout) if (p !== 0) return false;
  return true;
}

/** @param states  1 for h alone, 2 for h and c. @throws OptionError for rates outside [0, 1), or of a state that is not there */
export function resolveRates(op: string, options: StepOptions, states: 1 | 2): StepRates {
  const { zoneout = 0, recurrentDropout = 0 } = options;
  const range = { min: 0, max: 1, openMax: true };
  checkNumber(op, "recurrentDropout", recurrentDropout, range);
  const names = ["h", "c"].slice(0, states);
  if (typeof zoneout === "number") {
    checkNumber(op, "zoneout", zoneout, range);
    return { zoneout: names.map(() => zoneout), recurrentDropout };
  }
  if (zoneout === null || typeof zoneout !== "object" || !Object.keys(zoneout).every((name) => names.includes(name))) {
    const must = `be a number or { ${names.join(", ")} }`;
    throw refusal(op, "zoneout", must, zoneout);
  }
  const { h = 0, c = 0 } = zoneout;
  const rates = [h, c].slice(0, states);
  for (const [i, rate] of rates.entries()) checkNumber(op, `zoneout.${names[i]}`, rate, range);
  return { zoneout: rates, recurrentDropout };
}
