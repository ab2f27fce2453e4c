/** Where runs are kept: the page's own file system, or this worker's memory where there is none. */
export interface Store {
  /** Whether what is written is still there after the page is loaded anew. */
  readonly lasts: boolean;
  read(path: string): Promise<Uint8Array | null>;
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Names in a folder; none where there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** A file, or a folder with all in it; nothing where there is none. */
  remove(path: string): Promise<void>;
}

/** Folders of its own, so that nothing else of the site is in the way. */
const ROOT = "studio";

export async function openStore(): Promise<Store> {
  try {
    const root = await navigator.storage.getDirectory();
    return new OwnFiles(await root.getDirectoryHandle(ROOT, { create: true }));
  } catch {
    return new MemoryStore(); // private windows, and pages that are not secure, have none
  }
}

export class MemoryStore implements Store {
  readonly lasts = false;
  readonly #files = new Map<string, Uint8Array>();

  async read(path: string): Promise<Uint8Array | null> {
    return this.#files.get(path) ?? null;
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.#files.set(path, bytes.slice());
  }

  async list(folder: string): Promise<string[]> {
    const names = [...this.#files.keys()].filter((path) => path.startsWith(`${folder}/`));
    return [...new Set(names.map((path) => path.slice(folder.length + 1).split("/")[0]))];
  }

  async remove(path: string): Promise<void> {
    for (const name of [...this.#files.keys()]) {
      if (name === path || name.startsWith(`${path}/`)) this.#files.delete(name);
    }
  }
}

type SyncFile = {
  truncate(size: number): void;
  write(bytes: Uint8Array, at: { at: number }): number;
  flush(): void;
  close(): void;
};
type FileHandle = FileSystemFileHandle & { createSyncAccessHandle?(): Promise<SyncFile> };

/** The origin's private file system. */
class OwnFiles implements Store {
  readonly lasts = true;
  readonly #root: FileSystemDirectoryHandle;

  constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  async read(path: string): Promise<Uint8Array | null> {
    try {
      const [folder, name] = await this.#place(path, false);
      const file = await (await folder.getFileHandle(name)).getFile();
      return new Uint8Array(await file.arrayBuffer());
    } catch (error) {
      if (isAbsence(error)) return null;
      throw error;
    }
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const [folder, name] = await this.#place(path, true);
    const handle: FileHandle = await folder.getFileHandle(name, { create: true });
    if (handle.createWritable !== undefined) {
      const stream = await handle.createWritable();
      await stream.write(bytes as Uint8Array<ArrayBuffer>);
      await stream.close();
      return;
    }
    // Safari before 26 has this alone, in workers.
    const file = await handle.createSyncAccessHandle!();
    file.truncate(0);
    file.write(bytes, { at: 0 });
    file.flush();
    file.close();
  }

  async list(folder: string): Promise<string[]> {
    try {
      const [parent, name] = await this.#place(folder, false);
      const handle = (await parent.getDirectoryHandle(name)) as unknown as { keys(): AsyncIterable<string> };
      const names: string[] = [];
      for await (const key of handle.keys()) names.push(key);
      return names;
    } catch (error) {
      if (isAbsence(error)) return [];
      throw error;
    }
  }

  async remove(path: string): Promise<void> {
    try {
      const [folder, name] = await this.#place(path, false);
      await folder.removeEntry(name, { recursive: true });
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
  }

  async #place(path: string, create: boolean): Promise<[FileSystemDirectoryHandle, string]> {
    const parts = path.split("/");
    let folder = this.#root;
    for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part, { create });
    return [folder, parts.at(-1)!];
  }
}

const isAbsence = (error: unknown): boolean => (error as Error)?.name === "NotFoundError";
