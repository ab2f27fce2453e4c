import { FileError, UnsupportedError } from "../base/errors.js";

/** Where a page keeps files: its own file system, or a database where a browser has none that can be written from here. */
export interface BrowserFiles {
  read(path: string): Promise<Uint8Array>;
  /** Whole, or not at all. */
  write(path: string, bytes: Uint8Array): Promise<void>;
}

type Folder = {
  getDirectoryHandle(name: string, options?: { create: boolean }): Promise<Folder>;
  getFileHandle(name: string, options?: { create: boolean }): Promise<FileHandle>;
};
type FileHandle = {
  getFile(): Promise<Blob>;
  createWritable?(): Promise<{
    write(bytes: Uint8Array): Promise<void>;
    close(): Promise<void>;
    abort(): Promise<void>;
  }>;
};

const DATABASE = "unrolled";
const STORE = "files";

/** @throws UnsupportedError where there is neither */
export async function browserFiles(): Promise<BrowserFiles> {
  const root = await ownFileSystem();
  if (root !== undefined) return inFolder(root);
  if (typeof indexedDB === "object" && indexedDB !== null) return inDatabase;
  throw new UnsupportedError({
    op: "files",
    argument: "this platform",
    must: "have files, a page's own file system or IndexedDB",
    value: "none of them",
    fix: "Use io.toBytes(model) and io.fromBytes(bytes, model).",
  });
}

/** Undefined where there is none, where it is refused (private windows), and where only workers may write it (older Safari). */
async function ownFileSystem(): Promise<Folder | undefined> {
  const { navigator, FileSystemFileHandle } = globalThis as {
    navigator?: { storage?: { getDirectory?(): Promise<unknown> } };
    FileSystemFileHandle?: { prototype: object };
  };
  if (FileSystemFileHandle === undefined || !("createWritable" in FileSystemFileHandle.prototype)) return undefined;
  try {
    return (await navigator?.storage?.getDirectory?.()) as Folder | undefined;
  } catch {
    return undefined;
  }
}

function inFolder(root: Folder): BrowserFiles {
  const handle = async (path: string, create: boolean): Promise<FileHandle> => {
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    let folder = root;
    for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part, { create });
    return folder.getFileHandle(parts.at(-1) ?? path, { create });
  };
  return {
    async read(path) {
      const file = await (await handle(path, false)).getFile();
      return new Uint8Array(await file.arrayBuffer());
    },
    async write(path, bytes) {
      // What is written goes into a file beside it, which takes its place when it is closed.
      const writable = await (await handle(path, true)).createWritable!();
      try {
        await writable.write(bytes);
      } catch (error) {
        await writable.abort();
        throw error;
      }
      await writable.close();
    },
  };
}

const inDatabase: BrowserFiles = {
  async read(path) {
    const found = await transact("readonly", (store) => store.get(path));
    if (found instanceof Uint8Array) return found;
    throw Object.assign(new Error("nothing of that name"), { name: "NotFoundError" });
  },
  async write(path, bytes) {
    await transact("readwrite", (store) => store.put(bytes, path));
  },
};

async function transact(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await settled(opening);
  try {
    const transaction = database.transaction(STORE, mode);
    const request = act(transaction.objectStore(STORE));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? request.error);
    });
    return request.result;
  } finally {
    database.close();
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

const RULES: Readonly<Record<string, readonly [code: string, must: string, value: string, fix: string]>> = {
  NotFoundError: ["ENOENT", "be a file that was saved here", "nothing there", "Check the spelling of the path."],
  TypeMismatchError: ["EISDIR", "be a file, in folders", "a folder, or a file on the way", "Choose another name."],
  TypeError: ["EINVAL", "be a path of names", "another", 'Write "models/first.safetensors", say.'],
  QuotaExceededError: ["ENOSPC", "be written where there is room", "a quota that is used up", "Delete something."],
};

/** What a browser's file system threw, as the error that Node's would be. */
export function browserFileError(op: string, path: string, cause: unknown): FileError {
  const { name = "", message = String(cause) } = cause as { name?: string; message?: string };
  const [code, must, value, fix] = RULES[name] ?? ["EUNKNOWN", "be a file that the browser can use", message, ""];
  return new FileError({ op, argument: JSON.stringify(path), must, value, fix, code, path }, { cause });
}
