import { type Collective, gatherLists, LONG, SLOWER } from "./collective.js";

/**
 * Which pieces of what is held out a process judges. Lanes take turns, piece by piece, so that N processes with a lane each judge what one
 * process told to sum like them puts down to its lanes.
 */
export interface Share {
  /** Lanes of all processes. */
  readonly lanes: number;
  /** Which of them are this process's: one, or all. */
  readonly own: readonly number[];
  /** Whether a piece is this process's. All processes ask for every piece, in one order. */
  readonly takes: (piece: number) => boolean;
  /** Whether what comes at this place of all is this process's: to be asked where nothing long is done for it. */
  owns(place: number): boolean;
  /** Numbers of all processes, in the order of ranks: for what follows from all pieces together. All must call it. */
  gather(own: Float64Array): Float64Array[];
  /** What follows may take a process much longer than the pieces before. */
  takeTime(): void;
}

/** One process that judges all. */
export const WHOLE: Share = {
  lanes: 1,
  own: [0],
  takes: () => true,
  owns: () => true,
  gather: (own) => [own],
  takeTime() {},
};

/** Seconds between two signs of life, at most, unless a piece takes longer: many more are not worth their messages. */
const OFTEN = 0.25;

/** Shares of several processes, or of one that sums like them. While they judge, they say now and then that they are still there. */
export class LaneShare implements Share {
  readonly lanes: number;
  readonly own: readonly number[];
  readonly #collective: Collective;
  #asked = 0;
  /** Pieces of each process from one sign of life to the next, which comes before this piece of all. */
  #rounds = 1;
  #next = 0;
  #since = 0;
  /** The most seconds between two of them, of any process. */
  #slowest = 0;

  constructor(collective: Collective, lanes: number) {
    this.#collective = collective;
    this.lanes = lanes;
    const { rank, size } = collective;
    this.own = size > 1 ? [rank] : Array.from({ length: lanes }, (_, lane) => lane);
  }

  /** Before the pieces of a validation. */
  begin(): void {
    [this.#asked, this.#rounds, this.#next] = [0, 1, this.#collective.size];
    this.#since = performance.now();
    this.#collective.patience(this.#slowest === 0 ? LONG : SLOWER * this.#slowest);
  }

  readonly takes = (piece: number): boolean => {
    if (this.#collective.size > 1 && this.#asked++ === this.#next) this.#signOfLife();
    return this.owns(piece);
  };

  owns(place: number): boolean {
    const { rank, size } = this.#collective;
    return place % size === rank;
  }

  gather(own: Float64Array): Float64Array[] {
    const all = gatherLists(this.#collective, own);
    this.takeTime();
    return all;
  }

  takeTime(): void {
    this.#collective.patience(LONG);
  }

  /** All hear how long each took, so that the next one comes at one piece for all, and a process that hangs is missed soon. */
  #signOfLife(): void {
    const seconds = (performance.now() - this.#since) / 1000;
    const slowest = Math.max(...this.#collective.gather(Float64Array.of(seconds)));
    this.#slowest = Math.max(this.#slowest, slowest);
    this.#collective.patience(SLOWER * this.#slowest);
    if (2 * slowest < OFTEN) this.#rounds *= 2;
    this.#next += this.#rounds * this.#collective.size;
    this.#since = performance.now();
  }
}
