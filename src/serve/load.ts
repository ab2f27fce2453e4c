import type { Limits } from "./limits.js";
import { tooBusy } from "./request-error.js";

/** What is going on at once, and the bounds on it. */
export class Load {
  readonly #limits: Limits;
  requests = 0;
  streams = 0;
  bytes = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Once no request is under way. */
  async idle(): Promise<void> {
    if (this.requests > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** @throws RequestError 429 */
  begin(): Held {
    const { maxRequests } = this.#limits;
    if (this.requests >= maxRequests) {
      throw tooBusy(429, "too-many-requests", `have fewer than ${maxRequests} requests at once`, String(this.requests));
    }
    this.requests++;
    return new Held(this, this.#limits);
  }

  /** @internal */
  ended(): void {
    if (--this.requests === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** What one request holds of the server until it is answered. */
export class Held {
  readonly #load: Load;
  readonly #limits: Limits;
  #bytes = 0;
  #isStream = false;
  #isOver = false;

  constructor(load: Load, limits: Limits) {
    this.#load = load;
    this.#limits = limits;
  }

  /** Counts bytes of its body. @throws RequestError 503 */
  readonly bytes = (count: number): void => {
    const { maxBodies } = this.#limits;
    const all = this.#load.bytes + count;
    if (all > maxBodies) throw tooBusy(503, "memory-full", `hold at most ${maxBodies} bytes of bodies`, String(all));
    this.#load.bytes = all;
    this.#bytes += count;
  };

  /** Counts it as a stream. @throws RequestError 429 */
  stream(): void {
    const { maxStreams } = this.#limits;
    const { streams } = this.#load;
    if (streams >= maxStreams) {
      throw tooBusy(429, "too-many-streams", `have fewer than ${maxStreams} streams at once`, String(streams));
    }
    this.#load.streams++;
    this.#isStream = true;
  }

  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#load.bytes -= this.#bytes;
    if (this.#isStream) this.#load.streams--;
    this.#load.ended();
  }
}
