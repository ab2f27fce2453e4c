import { RowHash } from "./row-hash.js";

/** Rows whose hashes are held, in 24 MiB at most. */
const MOST = 2 ** 20;
const FIRST_SLOTS = 2 ** 10;
/** What a slot says of what was told: it is free, or it was told in several ways; all else stands for one answer. */
const [FREE, TORN] = [0, 1];

/**
 * Which rows that are validated on were trained on, too, and which of those read alike and are told otherwise: exactly, in memory that does not
 * grow with the rows. Of rows there are as many as a file has, so that of very many each is looked at or not by the bits of its hash: those
 * that are alike all or none, and what is told of those is true of them.
 */
export class SeenRows {
  /** Two words a slot. */
  #keys = new Int32Array(2 * FIRST_SLOTS);
  #told = new Int32Array(FIRST_SLOTS);
  #size = 0;
  /** Bits of a hash that are 0 in those that are looked at. */
  #mask = 0;
  #judged = 0;
  #repeated = 0;
  readonly #most: number;
  readonly #hash = new RowHash();

  /** @param most  rows that are held */
  constructor(most = MOST) {
    this.#most = most;
  }

  /** A row to train on. @param told  of the row: an index, or numbers */
  learn(read: ArrayLike<number>, told: number | ArrayLike<number>): void {
    const answer = this.#answerOf(told);
    this.#hash.of(read);
    const { low, high } = this.#hash;
    if ((low & this.#mask) !== 0) return;
    const slot = this.#slotOf(low, high);
    const before = this.#told[slot];
    if (before === FREE) this.#put(slot, low, high, answer);
    else if (before !== answer) this.#told[slot] = TORN;
  }

  /** A row to validate on, after all to train on. */
  judge(read: ArrayLike<number>): void {
    this.#hash.of(read);
    const { low, high } = this.#hash;
    if ((low & this.#mask) !== 0) return;
    this.#judged++;
    if (this.#told[this.#slotOf(low, high)] !== FREE) this.#repeated++;
  }

  /**
   * Figures on what was learned by heart say little of what is new; and of two that read alike and are told otherwise, no model gets both
   * right.
   * @param unit  what they are: `rows`
   * @param isExact  whether what reads alike is to be told alike: a number may vary
   */
  notes(unit: string, isExact: boolean): string[] {
    const torn = isExact ? this.#told.reduce((sum, told) => sum + Number(told === TORN), 0) : 0;
    const count = (n: number) => n.toLocaleString("en");
    const some = this.#mask === 0 ? "" : ` (one in ${count(this.#mask + 1)} looked at)`;
    const seen = `${count(this.#repeated)} of ${count(this.#judged)} ${unit} validated on${some} also stand in training: figures flatter`;
    const unsure = `${count(torn)} ${torn === 1 ? "time" : "times"} ${unit} to train on${some} read alike, and have other answers`;
    return [...(this.#repeated > 0 ? [seen] : []), ...(torn > 0 ? [unsure] : [])];
  }

  #answerOf(told: number | ArrayLike<number>): number {
    if (typeof told === "number") return told + TORN + 1;
    this.#hash.of(told);
    const { low } = this.#hash;
    return low === FREE || low === TORN ? low + 2 : low;
  }

  /** Where a row is, or would be. */
  #slotOf(low: number, high: number): number {
    const last = this.#told.length - 1;
    let slot = high & last;
    while (this.#told[slot] !== FREE && (this.#keys[2 * slot] !== low || this.#keys[2 * slot + 1] !== high)) {
      slot = (slot + 1) & last;
    }
    return slot;
  }

  #put(slot: number, low: number, high: number, answer: number): void {
    this.#keys[2 * slot] = low;
    this.#keys[2 * slot + 1] = high;
    this.#told[slot] = answer;
    this.#size++;
    while (2 * this.#size > this.#told.length || this.#size > this.#most) this.#rearrange();
  }

  /** Twice as many slots, or, where no more are held, half of the rows. */
  #rearrange(): void {
    const [keys, told] = [this.#keys, this.#told];
    const isFull = this.#size > this.#most;
    if (isFull) this.#mask = 2 * this.#mask + 1;
    const slots = isFull ? told.length : 2 * told.length;
    this.#keys = new Int32Array(2 * slots);
    this.#told = new Int32Array(slots);
    this.#size = 0;
    for (let at = 0; at < told.length; at++) {
      const [low, high] = [keys[2 * at], keys[2 * at + 1]];
      if (told[at] === FREE || (low & this.#mask) !== 0) continue;
      const slot = this.#slotOf(low, high);
      this.#keys[2 * slot] = low;
      this.#keys[2 * slot + 1] = high;
      this.#told[slot] = told[at];
      this.#size++;
    }
  }
}
