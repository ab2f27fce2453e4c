import { builtin } from "../../base/builtin.js";
import { FormatError, show } from "../../base/errors.js";
import { readFile } from "../../io/files.js";
import type { KerasFile } from "./model-file.js";
import { type ReadTfjsOptions, readTfjs } from "./read.js";

interface NodeFs {
  realpathSync(path: string): string;
  existsSync(path: string): boolean;
}

const OP = "readTfjsFiles";

/**
 * A layers model of TensorFlow.js from its folder: Node, Deno and Bun; in a page, its own file system.
 * @param path  of the model.json
 * @throws FileError; what `readTfjs` throws; FormatError, code `path-outside`, for a shard that is a link out of the folder
 */
export async function readTfjsFiles(path: string, options: ReadTfjsOptions = {}): Promise<KerasFile> {
  return readTfjsBeside(path, await readFile(OP, path), options);
}

/** @internal `readTfjsFiles` with the bytes of the model.json at hand. */
export function readTfjsBeside(path: string, model: Uint8Array, options: ReadTfjsOptions = {}): Promise<KerasFile> {
  const folder = path.slice(0, Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  const shard = async (name: string): Promise<Uint8Array> => {
    checkInside(OP, folder, name);
    return readFile(OP, folder + name);
  };
  return readTfjs(model, shard, { source: path, ...options });
}

/** A link may lead anywhere. */
function checkInside(op: string, folder: string, name: string): void {
  const fs = builtin<NodeFs>("node:fs");
  const node = builtin<{ sep: string }>("node:path");
  if (fs === undefined || node === undefined || !fs.existsSync(folder + name)) return;
  const [inside, real] = [fs.realpathSync(folder || "."), fs.realpathSync(folder + name)];
  if (real.startsWith(inside.endsWith(node.sep) ? inside : inside + node.sep)) return;
  const must = "lie in the folder of the model.json";
  throw new FormatError({
    code: "path-outside",
    op,
    argument: `shard ${show(name)}`,
    must,
    value: "a link to another folder",
    details: { file: name },
  });
}
