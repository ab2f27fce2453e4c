/**
 * The processes of one training, its ranks: what they say to each other. All methods must be called by all ranks, in the same order.
 * Between ranks, bits do not depend on who is faster: every sum has one order, that of `treeSum`.
 */
export interface Collective {
  readonly rank: number;
  readonly size: number;
  /** Values of all ranks, one rank after another. @param own  as many on each rank */
  gather(own: Float64Array): Float64Array;
  /**
   * Sums parts over all ranks in the order of `treeSum`.
   * @param parts  of this rank, all of one length: one where there are several ranks
   * @returns the sum, the same bits on every rank; it may be one of the parts
   */
  sum(parts: readonly Float32Array[]): Float32Array;
  /** As `sum`, of a part whose values come step by step: what is in a part may travel while others are computed. Begun and ended in one order. */
  summing(part: Float32Array): Summing;
  /** The bytes of rank 0. @param own  what rank 0 has; ignored elsewhere */
  broadcast(own: Uint8Array): Uint8Array;
  /** Seconds that an answer of another rank may take from now on before it counts as lost; or LONG. */
  patience(seconds: number): void;
  /**
   * Says that this rank is at work, and that it says so again or answers within so many seconds, or LONG: until then it does not count as lost. Any
   * rank may say so at any time.
   */
  alive(seconds: number): void;
}

/** As long as ranks may take for something of which nobody knows how long it takes: reading data, validating, saving, the first step. */
export const LONG = Number.POSITIVE_INFINITY;
/** What ranks do again and again may take so many times as long as it took before. */
export const SLOWER = 20;

/** A sum over all ranks that goes on while something else is done. It can be used again and again. */
export interface Summing {
  /** The part is as it should be. */
  begin(): void;
  /** Does what can be done without waiting. */
  advance(): void;
  /** Waits until the part is the sum. */
  end(): void;
}

const NOTHING_TO_SUM: Summing = { begin() {}, advance() {}, end() {} };

/** Numbers of every rank, as many as each has, in the order of ranks. All must call it. */
export function gatherLists(collective: Collective, own: Float64Array): Float64Array[] {
  if (collective.size === 1) return [own];
  const lengths = collective.gather(Float64Array.of(own.length));
  const width = Math.max(...lengths);
  const padded = new Float64Array(width);
  padded.set(own);
  const all = collective.gather(padded);
  return Array.from(lengths, (length, rank) => all.subarray(rank * width, rank * width + length));
}

/** One process that is alone. */
export class Local implements Collective {
  readonly rank = 0;
  readonly size = 1;

  gather(own: Float64Array): Float64Array {
    return own;
  }

  sum(parts: readonly Float32Array[]): Float32Array {
    return treeSum(parts);
  }

  summing(_part: Float32Array): Summing {
    return NOTHING_TO_SUM;
  }

  broadcast(own: Uint8Array): Uint8Array {
    return own;
  }

  patience(): void {}

  alive(): void {}
}

/**
 * The sum of parts, neighbours first: ((0 + 1) + (2 + 3)) + 4 of five. In place: the first holds it then.
 * It is the order in which ranks sum, so that one process that takes their parts one after another gets the same bits.
 */
export function treeSum(parts: readonly Float32Array[]): Float32Array {
  let level = parts;
  while (level.length > 1) {
    const above: Float32Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      if (i + 1 < level.length) addTo(level[i], level[i + 1]);
      above.push(level[i]);
    }
    level = above;
  }
  return level[0];
}

function addTo(sum: Float32Array, more: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] += more[i];
}
