import { spawn, spawnSync } from "node:child_process";
import { resolve } from "node:path";

export const PROGRAM = resolve("dist/node/cli.js");
export const hasMpi = spawnSync("mpirun", ["--version"]).status === 0;
export const title = (text: string) => (hasMpi ? text : `${text} (skip: mpirun is not installed; Debian: openmpi-bin)`);

/** The program, as a command. */
export const node = (...argv: string[]): string[] => [process.execPath, PROGRAM, ...argv];

interface Ended {
  status: number | null;
  out: string;
  err: string;
}

export interface Launch {
  /** Called with all output so far. */
  onOutput?: (text: string) => void;
  /** Variables of the environment, beside this process's. */
  env?: Readonly<Record<string, string>>;
}

/** Runs a command as so many ranks in a folder. */
export function launch(
  folder: string,
  ranks: number,
  argv: readonly string[],
  { onOutput = () => {}, env = {} }: Launch = {},
): Promise<Ended> {
  const all = {
    ...process.env,
    OMPI_ALLOW_RUN_AS_ROOT: "1",
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
    UNROLLED_ENGINE: "wasm",
    ...env,
  };
  const args = ["--oversubscribe", "-n", String(ranks), ...argv];
  const child = spawn("mpirun", args, { cwd: folder, env: all, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    onOutput(out);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  return new Promise((done) => child.on("close", (status) => done({ status, out, err })));
}

/** The errors that a command tells of. */
export const errorsIn = (text: string): string[] => text.split("\n").filter((line) => line.includes("error: "));
