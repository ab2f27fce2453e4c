import { accessSync, constants } from "node:fs";
import { basename, delimiter, join, relative } from "node:path";
import { environment } from "../../base/environment.js";
import type { Program } from "../errors/advice.js";

/** Where a command prints: the process's own streams, or a test's. */
export interface Terminal {
  stdout: OutputStream;
  stderr: OutputStream;
  /** Calls back at each signal that asks to end; returns how to stop that. */
  onSignal(callback: (signal: InterruptSignal) => void): () => void;
  exit(code: number): void;
  /** Standard input, to its end. */
  readInput(): Promise<Uint8Array>;
  /** Standard input as it comes. */
  inputPieces(): AsyncIterable<Uint8Array>;
  /** How this program was started, for commands that can be typed. */
  readonly program: Program;
}

/** SIGHUP: the terminal was closed, or the connection to it. */
export type InterruptSignal = "SIGHUP" | "SIGINT" | "SIGTERM";

export const SIGNAL_EXIT: Readonly<Record<InterruptSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

const SIGNALS = Object.keys(SIGNAL_EXIT) as InterruptSignal[];

export interface OutputStream {
  readonly isTTY: boolean;
  /** A terminal that shows styles, and is asked to: `NO_COLOR` is not set. */
  readonly escapes: boolean;
  /** A terminal whose cursor can go back to the beginning of its line. */
  readonly live: boolean;
  readonly columns: number;
  /** The reader has gone, as `head` does when it has enough. */
  readonly closed: boolean;
  /** Why what was written did not get where it should, such as onto a full disk; a reader that has gone is no reason. */
  readonly lost?: Error | null;
  /** Called when it is lost. */
  onLoss?: (error: Error) => void;
  write(text: string | Uint8Array): void;
  /** Resolves when the reader has caught up. */
  drained(): Promise<void>;
}

export function processTerminal(): Terminal {
  return {
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    onSignal(callback) {
      const listeners = SIGNALS.map((signal) => [signal, () => callback(signal)] as const);
      for (const [signal, listener] of listeners) process.on(signal, listener);
      return () => {
        for (const [signal, listener] of listeners) process.off(signal, listener);
      };
    },
    exit: (code) => process.exit(code),
    readInput: readStandardInput,
    inputPieces: () => process.stdin as AsyncIterable<Uint8Array>,
    program: startedAs(process.argv[1] ?? "unrolled", {
      npm_command: environment("npm_command"),
      PATH: environment("PATH"),
    }),
  };
}

/** Nobody is there to read what is lost, or wants to. */
const QUIET = ["EPIPE", "ERR_STREAM_DESTROYED", "EIO"];

function outputOf(stream: NodeJS.WriteStream): OutputStream {
  let closed = false;
  let lost: Error | null = null;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const due = waiting;
    waiting = [];
    for (const resolve of due) resolve();
  };
  const output: OutputStream = {
    get isTTY() {
      return stream.isTTY === true;
    },
    get live() {
      return stream.isTTY === true && environment("TERM") !== "dumb";
    },
    get escapes() {
      return stream.isTTY === true && environment("TERM") !== "dumb" && environment("NO_COLOR") === undefined;
    },
    get columns() {
      return stream.columns || 80;
    },
    get closed() {
      return closed;
    },
    get lost() {
      return lost;
    },
    write(text) {
      if (!closed) stream.write(text);
    },
    drained() {
      if (closed || !stream.writableNeedDrain) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
  // A full disk, a reader that has gone, a terminal that was closed: none is worth what a command has still to save.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (!closed && !QUIET.includes(error.code ?? "")) {
      lost = error;
      output.onLoss?.(error);
    }
    closed = true;
    wake();
  });
  stream.on("drain", wake);
  return output;
}

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return new Uint8Array(Buffer.concat(chunks));
}

/**
 * What to type to start this program again: `unrolled` where it is on the path, `npx unrolled` where npm runs it, else Node
 * with the file.
 * @param script  the file that Node was given
 */
export function startedAs(script: string, env: Readonly<Record<string, string | undefined>>): Program {
  if (env["npm_command"] === "exec") return ["npx", "unrolled"];
  const name = basename(script);
  const installed = script.includes(join("node_modules", ".bin")) || script.includes(join("node_modules", "unrolled"));
  if (!installed && isOnPath(name, env["PATH"] ?? "")) return [name];
  if (installed) return ["npx", "unrolled"];
  const near = relative(process.cwd(), script);
  return ["node", near.startsWith("..") ? script : near];
}

function isOnPath(name: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return folder !== "";
    } catch {
      return false;
    }
  });
}

/** A terminal to which nothing gets. */
export function muted(terminal: Terminal): Terminal {
  const silent = (stream: OutputStream): OutputStream => ({
    ...{ isTTY: false, escapes: false, live: false, columns: stream.columns, closed: false },
    write() {},
    drained: () => Promise.resolve(),
  });
  return { ...terminal, stdout: silent(terminal.stdout), stderr: silent(terminal.stderr) };
}
