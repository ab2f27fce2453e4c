import { hostname } from "node:os";
import type { LastWords } from "./beats-thread-node.js";
import { RankError } from "./rank-error.js";
import { VARIABLES, type Waits } from "./waits.js";

/** Who tells of lost ranks. */
interface Teller {
  readonly rank: number;
  readonly size: number;
}

/**
 * Ranks that do not answer.
 * @param ranks  their numbers, as they are shown
 * @param seconds  for which they were waited for
 * @param tells  whether this rank is the one that tells a person
 */
export function silence(
  { rank, size }: Teller,
  ranks: string,
  { seconds, waits: { busy }, tells = true }: { seconds: number; waits: Waits; tells?: boolean | undefined },
): RankError {
  const more = seconds < busy ? "" : `; one that is at work for longer needs ${longer("busy", busy)}`;
  const parts = {
    op: "train",
    argument: `rank ${ranks} of ${size}`,
    must: "answer or be at work",
    value: `nothing in ${seconds.toFixed(0)} s (asked by ${named(rank)})`,
    fix: `Look whether its process is stopped or its machine is gone, and go on with --resume${more}.`,
  };
  return new RankError(parts, { isLost: true, tells });
}

/** Ranks whose processes run, and do nothing. */
export function standstill(
  { rank, size }: Teller,
  ranks: string,
  { waits: { stuck }, tells = true }: { waits: Waits; tells?: boolean | undefined },
): RankError {
  const parts = {
    op: "train",
    argument: `rank ${ranks} of ${size}`,
    must: "be at work",
    value: `nothing done in ${stuck} s, no byte moved and no processor used (seen by ${named(rank)})`,
    fix: `Look whether its disk answers, and go on with --resume; a disk that may be silent for longer needs ${longer("stuck", stuck)}.`,
  };
  return new RankError(parts, { isLost: true, tells });
}

/** Ranks that did not come, before anything was trained. @param who  as they are shown */
function absence({ rank }: Teller, who: string, { start }: Waits): RankError {
  const parts = {
    code: "ranks-late",
    op: "train",
    argument: who,
    must: "start",
    value: `no sign of it in ${start} s (awaited by ${named(rank)})`,
    fix: `Look whether its process is stopped, its machine is reached and its disk answers; ranks that take longer need ${longer("start", start)}.`,
  };
  return new RankError(parts, { isLost: true });
}

/** What is said of lost ranks by who can no longer tell which: `{ranks}` stands for them. */
export function lastWords(
  teller: Teller,
  waits: Waits,
  { silent, print }: { silent: number; print: (error: RankError) => string },
): LastWords {
  return {
    silent: print(silence(teller, "{ranks}", { seconds: silent, waits })),
    stuck: print(standstill(teller, "{ranks}", { waits })),
    unseen: print(absence(teller, `rank {ranks} of ${teller.size}`, waits)),
    late: print(absence(teller, `another rank of ${teller.size}`, waits)),
  };
}

function named(rank: number): string {
  return `rank ${rank} on ${hostname()}`;
}

/** A longer wait, as mpirun hands it to all ranks. */
function longer(kind: keyof Waits, seconds: number): string {
  return `mpirun -x ${VARIABLES[kind]}=${10 * seconds}`;
}
