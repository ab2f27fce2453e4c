import { FileError } from "../../base/errors.js";
import { nearFile } from "../../io/near-file.js";
import type { Fix } from "../errors/advice.js";

/** The name in the same folder that was probably meant, for a path that does not exist. */
export function misspelled(error: unknown, path: string): Fix | undefined {
  if (!(error instanceof FileError) || error.code !== "ENOENT") return undefined;
  const near = nearFile(path);
  return near === undefined ? undefined : { edit: { replace: { from: path, to: [near] } } };
}
