import { type Collective, LONG, SLOWER } from "./collective.js";

/** Milliseconds between two messages, at least. */
const BETWEEN_MS = 1000;

/** Tells other ranks, which wait for what this one does alone, that it is at work: of steps that take about as long as each other. */
export class Pulse {
  readonly #collective: Collective;
  readonly #now: () => number;
  #longest = 0;
  /** When the step before was over; null where something else was done since. */
  #before: number | null = null;
  #said = Number.NEGATIVE_INFINITY;

  /** @param now  milliseconds. Default: the clock */
  constructor(collective: Collective, now: () => number = () => performance.now()) {
    this.#collective = collective;
    this.#now = now;
  }

  /** One of many steps is over. The first one after something long says so at once, as soon as it is known how long steps take. */
  step(): void {
    const now = this.#now();
    if (this.#before !== null) this.#longest = Math.max(this.#longest, now - this.#before);
    this.#before = now;
    if (this.#longest === 0 || now - this.#said < BETWEEN_MS) return;
    this.#said = now;
    this.#collective.alive((SLOWER * this.#longest) / 1000);
  }

  /** Something begins that takes as long as it takes: reading, saving. */
  long(): void {
    this.#before = null;
    this.#said = Number.NEGATIVE_INFINITY;
    this.#collective.alive(LONG);
  }
}
