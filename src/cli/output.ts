/** Where a command prints: the process's own streams, or a test's. */
export interface Terminal {
  stdout: OutputStream;
  stderr: OutputStream;
  /** Calls back at each signal that asks to end; returns how to stop that. */
  onSignal(callback: (signal: InterruptSignal) => void): () => void;
  exit(code: number): void;
}

/** SIGHUP: the terminal was closed, or the connection to it. */
export type InterruptSignal = "SIGHUP" | "SIGINT" | "SIGTERM";

export const SIGNAL_EXIT: Readonly<Record<InterruptSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

const SIGNALS = Object.keys(SIGNAL_EXIT) as InterruptSignal[];

export interface OutputStream {
  readonly isTTY: boolean;
  readonly columns: number;
  /** The reader has gone, as `head` does when it has enough. */
  readonly closed: boolean;
  write(text: string): void;
  /** Resolves when the reader has caught up. */
  drained(): Promise<void>;
}

export function processTerminal(): Terminal {
  const stderr = outputOf(process.stderr);
  return {
    stdout: outputOf(process.stdout, (error) => stderr.write(`warning: standard output is lost (${error.message})\n`)),
    stderr,
    onSignal(callback) {
      const listeners = SIGNALS.map((signal) => [signal, () => callback(signal)] as const);
      for (const [signal, listener] of listeners) process.on(signal, listener);
      return () => {
        for (const [signal, listener] of listeners) process.off(signal, listener);
      };
    },
    exit: (code) => process.exit(code),
  };
}

/** Nobody is there to read what is lost, or wants to. */
const QUIET = ["EPIPE", "ERR_STREAM_DESTROYED", "EIO"];

function outputOf(stream: NodeJS.WriteStream, onLoss: (error: Error) => void = () => {}): OutputStream {
  let closed = false;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const due = waiting;
    waiting = [];
    for (const resolve of due) resolve();
  };
  // A full disk, a reader that has gone, a terminal that was closed: none is worth what a command has still to save.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (!closed && !QUIET.includes(error.code ?? "")) onLoss(error);
    closed = true;
    wake();
  });
  stream.on("drain", wake);
  return {
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? 80;
    },
    get closed() {
      return closed;
    },
    write(text) {
      if (!closed) stream.write(text);
    },
    drained() {
      if (closed || !stream.writableNeedDrain) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}
