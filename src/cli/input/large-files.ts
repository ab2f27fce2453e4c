import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { constants, gunzipSync } from "node:zlib";
import { wholeRows } from "../../data/readers/whole-rows.js";
import type { CommandTask } from "../../tasks/commands.js";
import { START, STREAMED_FROM } from "../../tasks/files.js";
import { formatBytes } from "../../train/memory.js";
import { CliError, EXIT } from "../errors/cli-error.js";
import { STANDARD_INPUT } from "./texts.js";

/** The longest text that can be held as a whole. */
const MOST_WHOLE = 2 ** 29;
/** Bytes that are enough to guess by. */
const LOOK = 2 ** 16;
/** Deflate makes a byte of at most so many. */
const MOST_PACKED = 1032;

/** Whether files are together better not held in memory. */
export function isLarge(paths: readonly string[], from = STREAMED_FROM): boolean {
  return paths.reduce((sum, path) => sum + sizeOf(path), 0) >= from;
}

/** @throws CliError for texts that nobody can hold as a whole, where the task needs all of them */
export function refuseTooLarge(paths: readonly string[], task: CommandTask, most = MOST_WHOLE): void {
  const large = paths.find((path) => sizeOf(path) > most);
  if (large === undefined) return;
  throw new CliError({
    exitCode: EXIT.memory,
    where: large,
    found: `found ${formatBytes(sizeOf(large))}`,
    expected: `${task.title} needs its ${task.input} as a whole, of at most ${formatBytes(most)}`,
    untouched: "Nothing was written.",
    fix: { text: "a part of it" },
  });
}

/** The size of a file, unpacked as far as gzip says: not modulo 4 GiB. 0 for what is no file. */
function sizeOf(path: string): number {
  if (path === STANDARD_INPUT) return 0;
  try {
    // A look would take from a pipe what nobody can read again.
    if (!statSync(path).isFile()) return 0;
    const file = openSync(path, "r");
    try {
      const { size } = fstatSync(file);
      const ends = new Uint8Array(4);
      readSync(file, ends, 0, 2, 0);
      if (ends[0] !== 0x1f || ends[1] !== 0x8b) return size;
      readSync(file, ends, 0, 4, size - 4);
      const unpacked = new DataView(ends.buffer).getUint32(0, true);
      // What is cut off ends with anything: gzip packs no tighter than that.
      return unpacked > MOST_PACKED * size ? size : Math.max(size, unpacked);
    } finally {
      closeSync(file);
    }
  } catch {
    // Whoever reads it says why it cannot be read.
    return 0;
  }
}

/** The first rows of a large file, unpacked. */
export function readStart(path: string, most = START): Uint8Array {
  const file = openSync(path, "r");
  try {
    const start = new Uint8Array(most);
    const bytes = start.subarray(0, readSync(file, start, 0, most, 0));
    return firstRows(bytes);
  } finally {
    closeSync(file);
  }
}

/** How a file begins, for a guess at what it is: nothing of a pipe, or of what cannot be read, as whoever reads it says. */
export function lookAt(path: string): Uint8Array {
  try {
    return statSync(path).isFile() ? readStart(path, LOOK) : new Uint8Array();
  } catch {
    return new Uint8Array();
  }
}

/** The rows with which a file begins, unpacked. */
export function firstRows(start: Uint8Array): Uint8Array {
  const isPacked = start[0] === 0x1f && start[1] === 0x8b;
  // The archive is cut off: what there is of it is unpacked.
  return wholeRows(isPacked ? gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH }) : start);
}
