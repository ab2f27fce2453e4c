// A file system that does what it is told and remembers every operation, and a disk that can lose power after any of them.

import * as fs from "node:fs";
import { dirname, join, resolve } from "node:path";
import { below } from "./scenario.mjs";

/**
 * @param operations  each is pushed here as it succeeds
 * @returns a file system for RunFolder
 */
export function recordingFiles(operations) {
  const byPath = new Map();
  const byHandle = new Map();
  let count = 0;
  const push = (operation) => operations.push(operation);
  return {
    ...fs,
    openSync(path, flags, mode) {
      const existed = fs.existsSync(path);
      const handle = fs.openSync(path, flags, mode);
      const at = resolve(path);
      const isFolder = fs.fstatSync(handle).isDirectory();
      if (!existed) {
        byPath.set(at, `file ${count++}`);
        push({ type: "enter", folder: dirname(at), path: at, file: byPath.get(at) });
      }
      byHandle.set(handle, isFolder ? { folder: at } : { file: byPath.get(at), at: 0 });
      return handle;
    },
    writeSync(handle, data, offset = 0, length = data.length - offset) {
      const target = byHandle.get(handle);
      const written = fs.writeSync(handle, data, offset, length);
      push({ type: "write", file: target.file, bytes: Buffer.from(data.slice(offset, offset + written)) });
      return written;
    },
    /** Noted, not done: what is on this machine's disk does not matter. */
    fsyncSync(handle) {
      push({ type: "flush", ...byHandle.get(handle) });
    },
    renameSync(from, to) {
      fs.renameSync(from, to);
      const [source, target] = [resolve(from), resolve(to)];
      byPath.set(target, byPath.get(source));
      push({ type: "enter", folder: dirname(target), path: target, file: byPath.get(source), leave: source });
    },
    linkSync(from, to) {
      fs.linkSync(from, to);
      byPath.set(resolve(to), byPath.get(resolve(from)));
      push({ type: "enter", folder: dirname(resolve(to)), path: resolve(to), file: byPath.get(resolve(from)) });
    },
    unlinkSync(path) {
      fs.unlinkSync(path);
      push({ type: "enter", folder: dirname(resolve(path)), leave: resolve(path) });
    },
    mkdirSync(path) {
      fs.mkdirSync(path);
      push({ type: "enter", folder: dirname(resolve(path)), path: resolve(path), file: "folder" });
    },
  };
}

/**
 * What may be on the disk when power is lost after these operations: everything flushed, and of the rest any part in
 * any order. A file's bytes may be lost, torn or zero; a new name, a rename and a deletion each be done or not.
 * @param from  written anew there, with the paths below `root`
 */
export function writeRemains(operations, random, { root, to }) {
  const contents = new Map();
  const names = new Map();
  const open = { writes: new Map(), names: new Map() };
  for (const operation of operations) {
    if (operation.type === "write") listOf(open.writes, operation.file).push(operation.bytes);
    else if (operation.type === "enter") listOf(open.names, operation.folder).push(operation);
    else if (operation.folder !== undefined) {
      for (const change of takeAll(open.names, operation.folder)) apply(names, change);
    } else settle(contents, operation.file, takeAll(open.writes, operation.file));
  }
  for (const [file, writes] of open.writes)
    settle(
      contents,
      file,
      writes.map((bytes) => damaged(bytes, random)),
    );
  const share = random();
  for (const changes of open.names.values()) {
    for (const change of changes) if (random() < share) apply(names, change);
  }
  materialise(names, contents, { root, to });
}

const listOf = (map, key) => map.get(key) ?? map.set(key, []).get(key);

function takeAll(map, key) {
  const all = map.get(key) ?? [];
  map.delete(key);
  return all;
}

function settle(contents, file, writes) {
  contents.set(file, Buffer.concat([contents.get(file) ?? Buffer.alloc(0), ...writes]));
}

function damaged(bytes, random) {
  const kind = below(random, 4);
  if (kind === 0) return bytes;
  if (kind === 1) return Buffer.alloc(0);
  return kind === 2 ? bytes.subarray(0, below(random, bytes.length + 1)) : Buffer.alloc(bytes.length);
}

function apply(names, { path, file, leave }) {
  if (leave !== undefined) names.delete(leave);
  if (path !== undefined) names.set(path, file);
}

function materialise(names, contents, { root, to }) {
  for (const [path, file] of [...names].sort(([a], [b]) => a.length - b.length)) {
    const target = join(to, path.slice(resolve(root).length));
    // A folder whose own name was lost takes what is in it along.
    if (!fs.existsSync(dirname(target))) continue;
    if (file === "folder") fs.mkdirSync(target);
    else fs.writeFileSync(target, contents.get(file) ?? "");
  }
}
