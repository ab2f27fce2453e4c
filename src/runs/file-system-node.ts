import * as nodeFs from "node:fs";

/** What a run folder asks of the file system; a test puts a failing or a recording one in its place. */
export type RunFileSystem = Pick<
  typeof nodeFs,
  | "accessSync"
  | "closeSync"
  | "existsSync"
  | "fchmodSync"
  | "fsyncSync"
  | "linkSync"
  | "lstatSync"
  | "mkdirSync"
  | "openSync"
  | "readFileSync"
  | "readdirSync"
  | "realpathSync"
  | "renameSync"
  | "statSync"
  | "unlinkSync"
  | "writeSync"
>;

/** A copy, of which a test may replace a function. */
export const systemFiles: RunFileSystem = { ...nodeFs };
