import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import { FileError } from "../../src/base/errors.js";
import { readFileBytes, writeFileAtomic } from "../../src/io/files-node.js";
import { RunFolder } from "../../src/runs/run-folder-node.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const { at } = temporaryFolder();
const BYTES = Uint8Array.of(1, 2, 3);

function adviceOn(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(FileError);
    return (error as FileError).fix;
  }
  throw new Error("no error");
}

/** A file system that refuses to make files, as a full or a read-only disk does. */
const refusing = (code: string) => ({
  ...fs,
  openSync: () => {
    throw Object.assign(new Error(code), { code });
  },
});

describe("what errors of files advise works", () => {
  test("a misspelled path, a folder, a file on the way", () => {
    fs.writeFileSync(at("a.txt"), BYTES);
    fs.mkdirSync(at("folder"));
    fs.writeFileSync(at("folder", "b.txt"), BYTES);
    expect(adviceOn(() => readFileBytes(at("b.txt")))).toBe("Check the spelling of the path.");
    expect(readFileBytes(at("a.txt"))).toHaveLength(3);
    expect(adviceOn(() => readFileBytes(at("folder")))).toBe("Name a file in it.");
    expect(readFileBytes(at("folder", "b.txt"))).toHaveLength(3);
    expect(adviceOn(() => readFileBytes(at("a.txt", "b.txt")))).toBe("Check the path.");
  });

  test.each([
    ["EACCES", "Check its permissions and its folder's."],
    ["EPERM", "Check its permissions and its folder's."],
    ["EROFS", "Choose another folder."],
    ["ENOSPC", "Free some space or choose another folder."],
    ["EDQUOT", "Free some space or choose another folder."],
  ])("a disk that refuses with %s, and one that does not", (code, advice) => {
    expect(adviceOn(() => writeFileAtomic(at("a.txt"), BYTES, refusing(code)))).toContain(advice);
    writeFileAtomic(at("a.txt"), BYTES);
    fs.mkdirSync(at("other"));
    writeFileAtomic(at("other", "a.txt"), BYTES);
    expect(fs.readFileSync(at("other", "a.txt"))).toHaveLength(3);
  });

  test("a run folder", () => {
    const made = new RunFolder(at("run"));
    made.create({ file: "c.txt" });
    made.unlock();
    const other = () => {
      const folder = new RunFolder(at("other"));
      folder.checkFree();
      folder.create({ file: "c.txt" });
      folder.unlock();
      fs.rmSync(at("other"), { recursive: true });
    };
    expect(adviceOn(() => new RunFolder(at("run")).checkFree())).toBe("Choose another folder, or go on with that run.");
    new RunFolder(at("run")).checkResumable();
    other();
    expect(adviceOn(() => new RunFolder(at("new")).checkResumable())).toBe(
      "Choose the folder of a run, or start one here.",
    );
    fs.mkdirSync(at("half"));
    fs.writeFileSync(at("half", "metrics.jsonl"), "");
    expect(adviceOn(() => new RunFolder(at("half")).checkResumable())).toBe("Choose the folder of a run.");
    fs.writeFileSync(at("file"), BYTES);
    expect(adviceOn(() => new RunFolder(at("file")).checkFree())).toBe("Choose another path.");
    const accessSync = refusing("EACCES").openSync;
    expect(adviceOn(() => new RunFolder(at("other"), { ...fs, accessSync }).checkFree())).toBe(
      "Choose another folder, or other permissions.",
    );
    other();
  });
});
