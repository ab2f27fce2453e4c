import { checkNumber } from "../base/check.js";

type Timers = { setImmediate?: (callback: () => void) => unknown };

/** Lets the event loop run once: signals, timers, a terminal, a page. */
export function pause(): Promise<void> {
  const { setImmediate } = globalThis as Timers;
  if (setImmediate !== undefined) return new Promise((resolve) => void setImmediate(resolve));
  // A page delays nested timers by 4 ms; a message comes at once.
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Computation that goes on for long calls `tick` between its steps: it pauses when the last pause is some time ago. */
export class Pacer {
  readonly #milliseconds: number;
  #last = performance.now();

  constructor(milliseconds = 20) {
    this.#milliseconds = checkNumber("Pacer", "milliseconds", milliseconds, { min: 0 });
  }

  /** Undefined when no pause is due, so that a loop need not wait for a promise each time. */
  tick(): Promise<void> | undefined {
    if (performance.now() - this.#last < this.#milliseconds) return undefined;
    return pause().then(() => {
      this.#last = performance.now();
    });
  }
}
