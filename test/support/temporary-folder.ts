import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { FakeTerminal } from "./terminal.js";

/** A fresh folder for each test of the file. Tests share a process, so none may change its working directory. */
export function temporaryFolder() {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "unrolled-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    at: (...names: string[]) => join(folder, ...names),
    /** Runs the command line in this process. `@name` is a file of the folder; what is printed calls it `name`. */
    async cli(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
      return this.cliOn(new FakeTerminal(), ...argv);
    },
    async cliOn(terminal: FakeTerminal, ...argv: string[]): Promise<{ code: number; out: string; err: string }> {
      // Read where it is asked for: most files need the folder alone.
      const { run } = await import("../../src/cli/run.js");
      const code = await run(
        argv.map((argument) => argument.replace(/^@/, `${folder}/`)),
        terminal,
      );
      const shown = (text: string) => text.replaceAll(`${folder}/`, "").replaceAll(folder, ".");
      return { code, out: shown(terminal.stdout.text), err: shown(terminal.stderr.text) };
    },
  };
}
