import { builtin } from "../base/builtin.js";
import { fileError } from "./atomic-write.js";

/** Bytes that are put aside, and read again at any place. Nobody else sees them, and nothing is left of them. */
export interface ScratchFile {
  readonly size: number;
  append(bytes: Uint8Array): void;
  /** Fills `into` with what begins at `at`. */
  read(at: number, into: Uint8Array): void;
  close(): void;
}

/** What of Node's file system is used. */
interface FileSystem {
  mkdtempSync(prefix: string): string;
  openSync(path: string, flags: string, mode: number): number;
  writeSync(file: number, bytes: Uint8Array, at: number, length: number, position: number): number;
  readSync(file: number, into: Uint8Array, at: number, length: number, position: number): number;
  closeSync(file: number): void;
  rmSync(path: string, options: { recursive: true; force: true }): void;
}

/**
 * A file in the system's folder for temporary ones (`TMPDIR` names another) where there are files, else memory.
 * @throws FileError, as it is made and as it is written
 */
export function openScratch(): ScratchFile {
  const fs = builtin<FileSystem>("node:fs");
  const os = builtin<{ tmpdir(): string }>("node:os");
  return fs === undefined || os === undefined ? new ScratchMemory() : new ScratchOnDisk(fs, os.tmpdir());
}

interface Closable {
  close(): void;
}

/** Several files: where one cannot be had, those that were `keep`t before it are closed. */
export function opening<T>(open: (keep: <F extends Closable>(file: F) => F) => T): T {
  const kept: Closable[] = [];
  try {
    return open((file) => {
      kept.push(file);
      return file;
    });
  } catch (error) {
    for (const file of kept) file.close();
    throw error;
  }
}

class ScratchOnDisk implements ScratchFile {
  size = 0;
  readonly #fs: FileSystem;
  readonly #folder: string;
  readonly #file: number;
  #isOpen = true;

  constructor(fs: FileSystem, parent: string) {
    this.#fs = fs;
    this.#folder = parent;
    this.#file = this.#attempt(() => {
      const folder = fs.mkdtempSync(`${parent}/unrolled-`);
      try {
        return fs.openSync(`${folder}/rows`, "wx+", 0o600);
      } finally {
        // It has no name from now on: the system takes it back when the process ends, however it ends.
        fs.rmSync(folder, { recursive: true, force: true });
      }
    });
  }

  append(bytes: Uint8Array): void {
    this.#attempt(() => {
      for (let at = 0; at < bytes.length; ) {
        at += this.#fs.writeSync(this.#file, bytes, at, bytes.length - at, this.size + at);
      }
    });
    this.size += bytes.length;
  }

  read(from: number, into: Uint8Array): void {
    this.#attempt(() => {
      for (let at = 0; at < into.length; ) {
        const read = this.#fs.readSync(this.#file, into, at, into.length - at, from + at);
        if (read === 0) throw Object.assign(new Error("it ends too early"), { code: "EIO" });
        at += read;
      }
    });
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#fs.closeSync(this.#file);
  }

  #attempt<R>(action: () => R): R {
    try {
      return action();
    } catch (cause) {
      throw fileError("scratch", this.#folder, cause);
    }
  }
}

const BLOCK = 2 ** 20;

class ScratchMemory implements ScratchFile {
  size = 0;
  readonly #blocks: Uint8Array[] = [];

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const from = this.size % BLOCK;
      if (from === 0) this.#blocks.push(new Uint8Array(BLOCK));
      const part = bytes.subarray(at, at + BLOCK - from);
      this.#blocks.at(-1)!.set(part, from);
      at += part.length;
      this.size += part.length;
    }
  }

  read(from: number, into: Uint8Array): void {
    for (let at = 0; at < into.length; ) {
      const [block, start] = [Math.floor((from + at) / BLOCK), (from + at) % BLOCK];
      const part = this.#blocks[block]!.subarray(start, start + into.length - at);
      into.set(part, at);
      at += part.length;
    }
  }

  close(): void {
    this.#blocks.length = 0;
  }
}
