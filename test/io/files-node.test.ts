import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FileError } from "../../src/base/errors.js";
import {
  type AtomicFileSystem,
  appendToFile,
  fileErrorCode,
  readFileBytes,
  temporaryOf,
  writeFileAtomic,
} from "../../src/io/files-node.js";

let folder = "";
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "unrolled-files-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const bytes = Uint8Array.of(3, 1, 4, 1, 5, 9);

function failing(part: Partial<AtomicFileSystem>): AtomicFileSystem {
  return { ...fs, ...part };
}

function systemError(code: string): () => never {
  return () => {
    throw Object.assign(new Error(`${code}: made by the test`), { code });
  };
}

function thrownBy(call: () => unknown): FileError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(FileError);
    return error as FileError;
  }
  throw new Error("nothing was thrown");
}

test("writes a new file and replaces an old one, leaving nothing else in the folder", () => {
  const path = join(folder, "model.safetensors");
  writeFileAtomic(path, bytes);
  expect(readFileBytes(path)).toEqual(bytes);
  fs.chmodSync(path, 0o640);
  writeFileAtomic(path, bytes.subarray(2));
  expect(readFileBytes(path)).toEqual(bytes.subarray(2));
  expect(fs.statSync(path).mode & 0o777).toBe(0o640);
  expect(fs.readdirSync(folder)).toEqual(["model.safetensors"]);
});

test("follows a link and keeps it", () => {
  fs.writeFileSync(join(folder, "real"), "old");
  fs.symlinkSync("real", join(folder, "link"));
  writeFileAtomic(join(folder, "link"), bytes);
  expect(fs.lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
  expect(readFileBytes(join(folder, "real"))).toEqual(bytes);
});

test("writes, flushes, renames and flushes the folder, in this order, also when the system writes byte by byte", () => {
  const calls: string[] = [];
  const path = join(folder, "f");
  const slow = failing({
    writeSync: ((file: number, data: Uint8Array, at: number) => {
      calls.push("write");
      return fs.writeSync(file, data, at, 1);
    }) as typeof fs.writeSync,
    fsyncSync: (file) => {
      calls.push(fs.fstatSync(file).isDirectory() ? "flush folder" : "flush file");
      fs.fsyncSync(file);
    },
    renameSync: (from, to) => {
      calls.push("rename");
      fs.renameSync(from, to);
    },
  });
  writeFileAtomic(path, bytes, slow);
  expect(calls).toEqual([...Array(6).fill("write"), "flush file", "rename", "flush folder"]);
  expect(readFileBytes(path)).toEqual(bytes);
});

test.each(["writeSync", "fsyncSync", "renameSync"] as const)(
  "a full disk in %s leaves the previous file alone",
  (call) => {
    const path = join(folder, "f");
    fs.writeFileSync(path, "previous");
    const error = thrownBy(() => writeFileAtomic(path, bytes, failing({ [call]: systemError("ENOSPC") })));
    expect(error).toMatchObject({ code: "ENOSPC", path });
    expect(error.message).toContain("a full disk. What was there before is untouched.");
    expect(error.cause).toMatchObject({ code: "ENOSPC" });
    expect(fileErrorCode(new Error("saving failed", { cause: error }))).toBe("ENOSPC");
    expect(fs.readFileSync(path, "utf8")).toBe("previous");
    expect(fs.readdirSync(folder)).toEqual(["f"]);
  },
);

test("nothing planted is written to: temporary files have names that nobody foresees, and are new", () => {
  const path = join(folder, "f");
  const seen: { name: string; flags: number }[] = [];
  const watching = failing({
    openSync: ((name: string, flags: number, mode?: number) => {
      if (typeof flags === "number") seen.push({ name, flags });
      return fs.openSync(name, flags, mode);
    }) as typeof fs.openSync,
  });
  for (let i = 0; i < 20; i++) writeFileAtomic(path, bytes, watching);
  expect(new Set(seen.map(({ name }) => name)).size).toBe(20);
  const { O_EXCL, O_CREAT, O_NOFOLLOW } = fs.constants;
  for (const { name, flags } of seen) {
    expect(name).toMatch(/\/\.f\.[0-9a-f]{16}\.tmp$/);
    expect(temporaryOf(name.slice(folder.length + 1))).toBe("f");
    expect(flags & (O_EXCL | O_CREAT | O_NOFOLLOW)).toBe(O_EXCL | O_CREAT | O_NOFOLLOW);
  }
  // Even where the name is foreseen.
  fs.writeFileSync(join(folder, "victim"), "untouched");
  const planting = failing({
    openSync: ((name: string, flags: number, mode?: number) => {
      if (typeof flags === "number") fs.symlinkSync("victim", name);
      return fs.openSync(name, flags, mode);
    }) as typeof fs.openSync,
  });
  expect(thrownBy(() => writeFileAtomic(path, bytes.subarray(1), planting)).code).toBe("EEXIST");
  expect(fs.readFileSync(join(folder, "victim"), "utf8")).toBe("untouched");
  expect(readFileBytes(path)).toEqual(bytes);
});

test("a system that writes nothing and says no error is one that fails", () => {
  const nothing = failing({ writeSync: (() => 0) as typeof fs.writeSync });
  expect(thrownBy(() => writeFileAtomic(join(folder, "f"), bytes, nothing)).code).toBe("EIO");
  expect(fs.readdirSync(folder)).toEqual([]);
});

test("the mode of the old file is kept, whatever the process's mask takes away", () => {
  const path = join(folder, "f");
  fs.writeFileSync(path, "");
  fs.chmodSync(path, 0o666);
  writeFileAtomic(path, bytes);
  expect(fs.statSync(path).mode & 0o777).toBe(0o666);
  fs.rmSync(path);
  const modeless = failing({ fchmodSync: systemError("EPERM") });
  writeFileAtomic(path, bytes);
  writeFileAtomic(path, bytes.subarray(1), modeless);
  expect(readFileBytes(path)).toEqual(bytes.subarray(1));
});

test("appending follows a link to a file, and replaces one to nowhere", () => {
  const outside = fs.mkdtempSync(join(tmpdir(), "unrolled-outside-"));
  const path = join(folder, "metrics");
  fs.symlinkSync(join(outside, "planted"), path);
  appendToFile(path, bytes);
  appendToFile(path, bytes, { flush: true });
  expect(fs.readdirSync(outside)).toEqual([]);
  expect(fs.lstatSync(path).isFile()).toBe(true);
  expect(readFileBytes(path)).toEqual(Uint8Array.of(...bytes, ...bytes));
  fs.writeFileSync(join(outside, "mine"), "");
  fs.symlinkSync(join(outside, "mine"), join(folder, "link"));
  appendToFile(join(folder, "link"), bytes);
  expect(readFileBytes(join(outside, "mine"))).toEqual(bytes);
  fs.rmSync(outside, { recursive: true });
});

test("a system that cannot flush folders is no error; one that fails to is", () => {
  const path = join(folder, "f");
  const flush = (code: string) =>
    failing({ fsyncSync: (file) => (fs.fstatSync(file).isDirectory() ? systemError(code)() : fs.fsyncSync(file)) });
  writeFileAtomic(path, bytes, flush("EINVAL"));
  expect(thrownBy(() => writeFileAtomic(path, bytes, flush("EIO"))).message).toContain("The new file is in place");
});

test("writing over a folder or into a missing one says so", () => {
  expect(thrownBy(() => writeFileAtomic(folder, bytes)).message).toContain("must be a file, got a folder");
  const missing = thrownBy(() => writeFileAtomic(join(folder, "no", "f"), bytes));
  expect(missing.message).toContain("must be an existing file in an existing folder, got nothing there");
  fs.writeFileSync(join(folder, "file"), "");
  expect(thrownBy(() => writeFileAtomic(join(folder, "file", "f"), bytes)).code).toBe("ENOTDIR");
});

test("reading what is missing, a folder, or forbidden says so", () => {
  expect(thrownBy(() => readFileBytes(join(folder, "no")))).toMatchObject({ code: "ENOENT", name: "FileError" });
  expect(thrownBy(() => readFileBytes(folder)).message).toContain("must be a file, got a folder");
  expect(fileErrorCode("no error")).toBeUndefined();
});

test.skipIf(process.getuid?.() === 0)("a file without permission is named so; skip: root may read everything", () => {
  const path = join(folder, "secret");
  fs.writeFileSync(path, "x", { mode: 0 });
  expect(thrownBy(() => readFileBytes(path)).message).toContain("permission denied");
});
