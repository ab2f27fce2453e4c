import { builtin } from "../base/builtin.js";
import { refusal } from "../base/check.js";
import { FileError, UnrolledError } from "../base/errors.js";
import { fileError, writeFileAtomic } from "./atomic-write.js";
import { browserFileError, browserFiles } from "./browser-files.js";
import { nearFile } from "./near-file.js";

interface NodeFs {
  readFileSync(path: string): Uint8Array<ArrayBuffer>;
}

/**
 * Files by one call wherever it runs: Node's own (Deno and Bun have the same), else the page's file system (OPFS), else its IndexedDB.
 * @throws FileError naming the nearest file where there is none of that name
 */
export async function readFile(op: string, path: string): Promise<Uint8Array> {
  checkPath(op, path);
  const fs = builtin<NodeFs>("node:fs");
  if (fs === undefined) return inBrowser(op, path, async () => (await browserFiles()).read(path));
  try {
    const { buffer, byteOffset, byteLength } = fs.readFileSync(path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (cause) {
    const error = fileError(op, path, cause);
    const near = error.code === "ENOENT" ? nearFile(path) : undefined;
    if (near === undefined) throw error;
    const { argument, must, value, code } = error;
    const fix = `Did you mean ${near}?`;
    throw new FileError({ op, argument, must, value, fix, code, path, details: { nearest: near } }, { cause });
  }
}

/** Replaces the file, or leaves it as it was. @throws FileError */
export async function writeFile(op: string, path: string, bytes: Uint8Array): Promise<void> {
  checkPath(op, path);
  if (builtin("node:fs") === undefined) {
    await inBrowser(op, path, async () => (await browserFiles()).write(path, bytes));
    return;
  }
  try {
    writeFileAtomic(path, bytes);
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    const { argument, must, value, fix, code } = cause;
    throw new FileError({ op, argument, must, value, fix, code, path }, { cause });
  }
}

/** Whether there is such a file. */
export async function fileExists(op: string, path: string): Promise<boolean> {
  checkPath(op, path);
  const fs = builtin<{ existsSync(path: string): boolean }>("node:fs");
  if (fs !== undefined) return fs.existsSync(path);
  try {
    await (await browserFiles()).read(path);
    return true;
  } catch {
    return false;
  }
}

/** @throws OptionError for what names no file */
export function checkPath(op: string, path: unknown): string {
  if (typeof path === "string" && path !== "" && !path.includes("\0") && !path.endsWith("/")) return path;
  throw refusal(op, "path", "be the path of a file", path, `Write ${op}("model.safetensors", ...).`);
}

async function inBrowser<T>(op: string, path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw cause instanceof UnrolledError ? cause : browserFileError(op, path, cause);
  }
}
