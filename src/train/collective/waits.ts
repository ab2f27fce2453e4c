import { checkPositiveInteger } from "../../base/check.js";
import { environment } from "../../base/environment.js";

/** How long ranks wait for each other, in whole seconds, as the environment of a rank says. */
export interface Waits {
  /** Until all are together, from its own start. */
  readonly start: number;
  /** For one that does nothing that can be seen. Of rank 0 alone: it counts for all. */
  readonly stuck: number;
  /** For one that is at work on something of which nobody knows how long it takes. Of rank 0 alone. */
  readonly busy: number;
}

/** What the variables are called. */
export const VARIABLES = {
  start: "UNROLLED_RANKS_START",
  stuck: "UNROLLED_RANKS_STUCK",
  busy: "UNROLLED_RANKS_BUSY",
} as const;

/** Machines of a cluster begin one after another; a disk answers within seconds; one disk is slower than another. */
const DEFAULTS: Waits = { start: 60, stuck: 6, busy: 600 };

/** @throws OptionError */
export function waitsOfEnvironment(): Waits {
  const read = (kind: keyof Waits): number => {
    const text = environment(VARIABLES[kind]);
    if (text === undefined) return DEFAULTS[kind];
    const value = /^\d{1,6}$/.test(text) ? Number(text) : text;
    return checkPositiveInteger("train", VARIABLES[kind], value, `Leave it out, or name seconds: ${DEFAULTS[kind]}.`);
  };
  return { start: read("start"), stuck: read("stuck"), busy: read("busy") };
}
