import type { InterruptSignal, OutputStream, Terminal } from "../../src/cli/terminal/output.js";

/** A terminal that remembers what was printed. */
export class FakeTerminal implements Terminal {
  readonly stdout: OutputStream & { text: string; bytes: number[]; closed: boolean };
  readonly stderr: OutputStream & { text: string; closed: boolean };
  /** Exits asked for by a second signal. */
  readonly exits: number[] = [];
  readonly program = ["unrolled"];
  readonly #input: Uint8Array;
  #listener: ((signal: InterruptSignal) => void) | undefined;

  constructor({
    isTTY = false,
    columns = 200,
    input = "" as string | Uint8Array,
    onWrite = (_text: string) => {},
  } = {}) {
    this.stdout = fakeStream(isTTY, columns, onWrite);
    this.stderr = fakeStream(isTTY, columns, () => {});
    this.#input = typeof input === "string" ? new TextEncoder().encode(input) : input;
  }

  readInput(): Promise<Uint8Array> {
    return Promise.resolve(this.#input);
  }

  async *inputPieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < this.#input.length; at += 1000) yield this.#input.subarray(at, at + 1000);
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

function fakeStream(isTTY: boolean, columns: number, onWrite: (text: string) => void) {
  const stream = {
    isTTY,
    escapes: isTTY,
    live: isTTY,
    columns,
    closed: false,
    text: "",
    bytes: [] as number[],
    write(text: string | Uint8Array) {
      if (stream.closed) return;
      const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
      for (const byte of bytes) stream.bytes.push(byte);
      const shown = typeof text === "string" ? text : new TextDecoder().decode(text);
      stream.text += shown;
      onWrite(shown);
    },
    drained: () => Promise.resolve(),
  };
  return stream;
}
