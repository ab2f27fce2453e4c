/** Where a command prints: the process's own streams, or a test's. */
export interface Terminal {
  stdout: OutputStream;
  stderr: OutputStream;
  /** Calls back at SIGINT and SIGTERM; returns how to stop that. */
  onSignal(callback: (signal: InterruptSignal) => void): () => void;
  exit(code: number): void;
}

export type InterruptSignal = "SIGINT" | "SIGTERM";

export const SIGNAL_EXIT: Readonly<Record<InterruptSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

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
  return {
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    onSignal(callback) {
      const listeners = (["SIGINT", "SIGTERM"] as const).map((signal) => [signal, () => callback(signal)] as const);
      for (const [signal, listener] of listeners) process.on(signal, listener);
      return () => {
        for (const [signal, listener] of listeners) process.off(signal, listener);
      };
    },
    exit: (code) => process.exit(code),
  };
}

function outputOf(stream: NodeJS.WriteStream): OutputStream {
  let closed = false;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const due = waiting;
    waiting = [];
    for (const resolve of due) resolve();
  };
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED" && error.code !== "EIO") throw error;
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
