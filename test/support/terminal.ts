import type { InterruptSignal, OutputStream, Terminal } from "../../src/cli/output.js";

/** A terminal that remembers what was printed. */
export class FakeTerminal implements Terminal {
  readonly stdout: OutputStream & { text: string; closed: boolean };
  readonly stderr: OutputStream & { text: string; closed: boolean };
  /** Exits asked for by a second signal. */
  readonly exits: number[] = [];
  #listener: ((signal: InterruptSignal) => void) | undefined;

  constructor({ isTTY = false, onWrite = (_text: string) => {} } = {}) {
    this.stdout = fakeStream(isTTY, onWrite);
    this.stderr = fakeStream(isTTY, () => {});
  }

  onSignal(callback: (signal: InterruptSignal) => void): () => void {
    this.#listener = callback;
    return () => {
      this.#listener = undefined;
    };
  }

  /** As if the system had sent it. */
  interrupt(signal: InterruptSignal): void {
    this.#listener?.(signal);
  }

  exit(code: number): void {
    this.exits.push(code);
  }
}

function fakeStream(isTTY: boolean, onWrite: (text: string) => void) {
  const stream = {
    isTTY,
    columns: 200,
    closed: false,
    text: "",
    write(text: string) {
      if (stream.closed) return;
      stream.text += text;
      onWrite(text);
    },
    drained: () => Promise.resolve(),
  };
  return stream;
}
