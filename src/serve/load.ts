import type { Limits } from "./limits.js";
import { tooBusy } from "./request-error.js";

/** What one request holds of the server until it is answered. */
export interface Held {
  /** Counts bytes of its body. @throws RequestError 503 */
  bytes(count: number): void;
  /** Counts it as a stream. @throws RequestError 429 */
  stream(): void;
  release(): void;
}

/** What is going on at once, and the bounds on it. */
export class Load {
  readonly #limits: Limits;
  requests = 0;
  streams = 0;
  bytes = 0;
  /** Called whenever a request ends. */
  onRelease: (() => void) | undefined;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** @throws RequestError 429 */
  begin(): Held {
    const { maxRequests, maxStreams, maxBodies } = this.#limits;
    if (this.requests >= maxRequests) {
      throw tooBusy(429, "too-many-requests", `have fewer than ${maxRequests} requests at once`, String(this.requests));
    }
    this.requests++;
    let [held, isStream, isOver] = [0, false, false];
    return {
      bytes: (count) => {
        if (this.bytes + count > maxBodies) {
          throw tooBusy(503, "memory-full", `hold at most ${maxBodies} bytes of bodies`, `${this.bytes + count}`);
        }
        this.bytes += count;
        held += count;
      },
      stream: () => {
        if (this.streams >= maxStreams) {
          throw tooBusy(429, "too-many-streams", `have fewer than ${maxStreams} streams at once`, String(this.streams));
        }
        this.streams++;
        isStream = true;
      },
      release: () => {
        if (isOver) return;
        isOver = true;
        this.requests--;
        this.bytes -= held;
        if (isStream) this.streams--;
        this.onRelease?.();
      },
    };
  }
}
