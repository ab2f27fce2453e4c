import { type Collective, treeSum } from "../../src/train/collective/collective.js";

const WAITS = Symbol("others have not said it yet");

/**
 * What ranks do, in one process and without threads: each is begun anew until all that it waits for was said. So `work` must do the same
 * each time, and make all that it changes.
 */
export async function onRanks<T>(size: number, work: (collective: Collective) => Promise<T>): Promise<T[]> {
  /** Of each call, what each rank said. */
  const said: Float64Array[][] = [];
  const collectiveOf = (rank: number): Collective => {
    let calls = 0;
    const gather = (own: Float64Array): Float64Array => {
      said[calls] ??= [];
      const of = said[calls++]!;
      // What was said first holds: times differ.
      of[rank] ??= own.slice();
      for (let other = 0; other < size; other++) if (of[other] === undefined) throw WAITS;
      return Float64Array.from(of.flatMap((list) => [...list]));
    };
    const sum = ([own]: readonly Float32Array[]): Float32Array => {
      const all = Float32Array.from(gather(Float64Array.from(own!)));
      own!.set(treeSum(Array.from({ length: size }, (_, r) => all.slice(r * own!.length, (r + 1) * own!.length))));
      return own!;
    };
    return {
      ...{ rank, size, gather, sum },
      summing: (part) => ({ begin() {}, advance() {}, end: () => void sum([part]) }),
      broadcast: (own) => {
        const length = gather(Float64Array.of(own.length))[0]!;
        return Uint8Array.from(gather(Float64Array.from({ length }, (_, i) => own[i] ?? 0)).subarray(0, length));
      },
      patience() {},
      alive() {},
    };
  };
  for (;;) {
    const results: T[] = [];
    let waiting = 0;
    for (let rank = 0; rank < size; rank++) {
      try {
        results[rank] = await work(collectiveOf(rank));
      } catch (error) {
        if (error !== WAITS) throw error;
        waiting++;
      }
    }
    if (waiting === 0) return results;
  }
}
