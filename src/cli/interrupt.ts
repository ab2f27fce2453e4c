import type { RunFolder } from "../runs/run-folder-node.js";
import { type InterruptSignal, SIGNAL_EXIT, type Terminal } from "./terminal/output.js";
import type { Reporter } from "./train/reporters.js";

/** How training hears that it is to end. */
export interface Interrupt {
  signal: AbortSignal;
  received: InterruptSignal | undefined;
  /** Hears signals from now on; before, they end the process as the system does. */
  start(): void;
  /** Ends training as a signal does. */
  end(): void;
  stop(): void;
}

/** The first signal ends training after the step under way, the second ends the process. */
export function listen(
  terminal: Terminal,
  reporter: Pick<Reporter, "warn">,
  folder: Pick<RunFolder, "unlock">,
): Interrupt {
  const controller = new AbortController();
  let silence: (() => void) | undefined;
  const interrupt: Interrupt = {
    signal: controller.signal,
    received: undefined,
    start() {
      silence ??= terminal.onSignal((signal) => {
        if (interrupt.received !== undefined) {
          folder.unlock();
          return terminal.exit(SIGNAL_EXIT[signal]);
        }
        interrupt.received = signal;
        reporter.warn(`${signal}: saving. Once more stops at once, without saving.`);
        controller.abort();
      });
    },
    end: () => controller.abort(),
    stop: () => silence?.(),
  };
  return interrupt;
}
