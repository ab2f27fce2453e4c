import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UnrolledError } from "../../src/base/errors.js";
import { readCSV } from "../../src/data/with-readers.js";
import { io, load, nn, save } from "../../src/index.js";
import * as tasks from "../../src/tasks/index.js";

/** What is advised where a page runs, which has no files but its own. */

const CSV = `text,label\n${"good,a\nbad,b\n".repeat(8)}`;
const model = () => new nn.Linear(3, 2);

beforeEach(() => void vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function adviceOn(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    expect(error).toBeInstanceOf(UnrolledError);
    return (error as UnrolledError).fix;
  }
  throw new Error("no error");
}

const failure = (name: string) => Object.assign(new Error(name), { name });

/** A page's own file system, of so many bytes. */
class Folder {
  readonly items = new Map<string, Folder | Uint8Array>();
  readonly disk: { free: number };
  constructor(disk: { free: number }) {
    this.disk = disk;
  }

  async getDirectoryHandle(name: string, { create = false } = {}): Promise<Folder> {
    if (create && !this.items.has(name)) this.items.set(name, new Folder(this.disk));
    const found = this.items.get(name);
    if (found === undefined) throw failure("NotFoundError");
    if (!(found instanceof Folder)) throw failure("TypeMismatchError");
    return found;
  }

  async getFileHandle(name: string, { create = false } = {}) {
    if (name === "" || name === "..") throw new TypeError("a name");
    const found = this.items.get(name);
    if (found instanceof Folder) throw failure("TypeMismatchError");
    if (found === undefined && !create) throw failure("NotFoundError");
    return {
      getFile: async () => new Blob([found as Uint8Array<ArrayBuffer>]),
      createWritable: async () => ({
        write: async (bytes: Uint8Array) => {
          if (bytes.length > this.disk.free) throw failure("QuotaExceededError");
          this.disk.free -= bytes.length;
          this.items.set(name, bytes.slice());
        },
        close: async () => {},
        abort: async () => {},
      }),
    };
  }

  delete(name: string) {
    this.disk.free += (this.items.get(name) as Uint8Array).length;
    this.items.delete(name);
  }
}

function page(free = 1e6): Folder {
  const root = new Folder({ free });
  vi.stubGlobal("navigator", { storage: { getDirectory: async () => root } });
  vi.stubGlobal(
    "FileSystemFileHandle",
    class {
      createWritable() {}
    },
  );
  return root;
}

test("a path of a text: what fetch gives, or a file that was chosen", async () => {
  expect(await adviceOn(() => readCSV("t.csv"))).toBe("Pass await fetch(path), or a File that was chosen.");
  expect(await readCSV(await fetch(`data:text/csv,${encodeURIComponent(CSV)}`))).toHaveLength(16);
  expect(await readCSV(new File([CSV], "t.csv"))).toHaveLength(16);
});

test("a path of a task's data: its bytes", async () => {
  const settings = { hidden: 3, layers: 1, epochs: 1, batch: 4, valid: 0 };
  expect(await adviceOn(() => tasks.train("t.csv", settings))).toBe("Fetch it, and pass { name, bytes }.");
  const given = { name: "t.csv", bytes: new TextEncoder().encode(CSV) };
  expect((await tasks.train(given, settings)).model.task).toBe("classify");
});

test("a platform without files: bytes", async () => {
  const advice = "Use io.toBytes(model) and io.fromBytes(bytes, model).";
  expect(await adviceOn(() => save("m.safetensors", model()))).toBe(advice);
  const [from, to] = [model(), model()];
  io.fromBytes(io.toBytes(from), to);
  expect(to.weight.toArray()).toEqual(from.weight.toArray());
});

test("a page's own files: another name, a path of names, room", async () => {
  const root = page(1000);
  const saved = async (path: string) => {
    const [from, to] = [model(), model()];
    await save(path, from);
    await load(path, to);
    expect(to.weight.toArray()).toEqual(from.weight.toArray());
  };
  await root.getDirectoryHandle("models", { create: true });
  expect(await adviceOn(() => save("models", model()))).toContain("Choose another name.");
  await saved("model");
  expect(await adviceOn(() => save("models/..", model()))).toContain('Write "models/first.safetensors", say.');
  await saved("models/first.safetensors");
  root.disk.free = 10;
  expect(await adviceOn(() => save("last", model()))).toContain("Delete something.");
  root.delete("model");
  await saved("last");
});
