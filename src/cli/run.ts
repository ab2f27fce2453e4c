import { CommanderError } from "commander";
import { EXIT, toCliError } from "./cli-error.js";
import type { Terminal } from "./output.js";
import { buildProgram } from "./program.js";
import { usageError } from "./usage-error.js";

/** The whole command line as a function: prints to `terminal`, returns the exit status, throws nothing. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  const outcome = { exitCode: EXIT.done as number };
  const program = buildProgram(terminal, outcome);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return outcome.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    const shown = error instanceof CommanderError ? usageError(error, program, argv) : toCliError(error);
    const debug = argv.includes("--debug");
    if (shown !== null) {
      terminal.stderr.write(`error: ${shown.message}\n`);
      if (debug) terminal.stderr.write(`${(error as Error).stack}\n`);
      return shown.exitCode;
    }
    const message = error instanceof Error ? error.message : String(error);
    const hint = debug
      ? `${(error as Error).stack}\n`
      : "Try: the same command with --debug, and report what it prints\n";
    terminal.stderr.write(`error: unrolled: ${message}; this should not happen. ${hint}`);
    return EXIT.fault;
  }
}
