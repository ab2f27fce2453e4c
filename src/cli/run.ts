import { type Command, CommanderError } from "commander";
import { OptionError, UnrolledError, UnsupportedError } from "../base/errors.js";
import { type Launched, launchedAs } from "../train/collective/launched.js";
import { VARIABLES } from "../train/collective/waits.js";
import { pause } from "../train/pause.js";
import { commandText, fixWords, type Invocation } from "./errors/advice.js";
import { CliError, EXIT, toCliError } from "./errors/cli-error.js";
import { RANKS, usageError } from "./errors/usage-error.js";
import { buildProgram, type Outcome, SHARED } from "./program.js";
import { muted, type OutputStream, type Terminal } from "./terminal/output.js";
import { printCommand, printLine } from "./terminal/print.js";

/** The whole command line as a function: prints to `terminal`, returns the exit status, throws nothing. */
export async function run(
  argv: readonly string[],
  terminal: Terminal,
  launched = launchedAs(process.env),
): Promise<number> {
  try {
    return await execute(argv, terminal, launched);
  } catch (error) {
    if (launched !== null && launched.rank > 0) await hearFirst(error);
    const debug = argv.includes("--debug");
    const { stderr } = terminal;
    if (error instanceof CliError) {
      printError(error, argv, terminal);
    } else {
      const message = error instanceof Error ? error.message : String(error);
      const hint = debug ? "" : " Try: the same command with --debug, and report what it prints";
      printLine(stderr, `error: unrolled: ${message}; this should not happen.${hint}`);
    }
    const { cause, stack } = error as Error;
    if (debug)
      for (const line of ((cause as Error | undefined)?.stack ?? stack ?? "").split("\n")) printLine(stderr, line);
    return error instanceof CliError ? error.exitCode : EXIT.fault;
  }
}

/** Milliseconds that the first rank may be later than another. */
const LATER_MS = 3000;

/**
 * What is wrong with the words, with variables about ranks, or with MPI, is wrong on all ranks, before they can speak to each other: the first one tells, and its end is the
 * end of all. Where this one is still there, it has something of its own to tell.
 */
async function hearFirst(error: unknown): Promise<void> {
  const { cause } = error as Error;
  const isOfRanks = cause instanceof OptionError && Object.values<string>(VARIABLES).includes(cause.argument);
  if (!(isOfRanks || cause instanceof CommanderError || cause instanceof UnsupportedError)) return;
  await new Promise((resolve) => setTimeout(resolve, LATER_MS));
}

function printError({ sentences, fix }: CliError, argv: readonly string[], terminal: Terminal): void {
  const message = `error: ${sentences}`;
  const advice = fix === null ? "" : fixWords(fix, invocationOf(argv, terminal));
  const { stderr } = terminal;
  if (typeof advice !== "string" && stderr.isTTY) {
    printLine(stderr, message);
    printCommand(stderr, "Try:", advice);
  } else {
    const text = [advice].flat().join(" ");
    printLine(stderr, text === "" ? message : `${message} Try: ${text}`);
  }
}

/**
 * Runs a command and lets its error out, for callers that show it themselves. Returns the exit status.
 * @throws CliError; any other error is our own fault
 */
export async function execute(
  argv: readonly string[],
  terminal: Terminal,
  launched: Launched | null = null,
): Promise<number> {
  const outcome: Outcome = { exitCode: EXIT.done };
  // Help is for one to say.
  const program = buildProgram(launched !== null && launched.rank > 0 ? muted(terminal) : terminal, outcome, argv);
  if (launched !== null) {
    program.hook("preAction", (_, command) => {
      if (command !== program && !SHARED.includes(command.name()))
        throw new CommanderError(EXIT.usage, RANKS, `${launched.size}`);
    });
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError && error.exitCode === 0)) {
      const found = error instanceof CommanderError ? usageError(error, program, argv) : toCliError(error);
      throw (found && withinReach(found, program, argv)) ?? error;
    }
  }
  if (!outcome.tells) await requireWritten(terminal.stdout);
  return outcome.exitCode;
}

/** Settings that would do are flags of `train`: a command that has none of them needs another model, or another file. */
function withinReach(error: CliError, program: Command, argv: readonly string[]): CliError {
  const { fix, cause } = error;
  const command = program.commands.find((candidate) => candidate.name() === argv[0]);
  if (command === undefined || fix === null || !("edit" in fix)) return error;
  const { set = [], without = [] } = fix.edit;
  const known = new Set(command.options.map(({ long }) => long));
  const isFlag = (word: string) => word.startsWith("--");
  // Who trains says which columns are meant; a model knows its own.
  const isColumn = cause instanceof UnrolledError && cause.code === "no-column" && command.name() !== "train";
  if (!isColumn && [...set, ...without].filter(isFlag).every((flag) => known.has(flag))) return error;
  if (isColumn && cause.details.nearest !== undefined) {
    const text = `the name ${cause.value} in its header, in place of ${JSON.stringify(cause.details.nearest)}`;
    return error.advising({ text });
  }
  const settings = set.length > 0 ? `with ${commandText(set)}` : `without ${commandText(without)}`;
  return error.advising({ text: `a model that was trained ${settings}` });
}

/** What a command prints is what it was called for: a full disk must not look like success. @throws CliError */
async function requireWritten(stdout: OutputStream): Promise<void> {
  await stdout.drained();
  // A failure is told of once the event loop has run.
  await pause();
  if (!stdout.lost) return;
  throw new CliError(
    {
      exitCode: EXIT.files,
      where: "standard output",
      found: `found no way to write all of it (${stdout.lost.message})`,
      expected: "it must take what the command prints",
      fix: "freeing some space, or a file on another disk",
    },
    { cause: stdout.lost },
  );
}

/** What the commands in an error's advice are made of. */
export function invocationOf(argv: readonly string[], terminal: Terminal): Invocation {
  const program = buildProgram(terminal, { exitCode: EXIT.done }, argv);
  const options = program.commands.flatMap((command) => command.options);
  const switches = new Set(options.flatMap(({ long, required }) => (long && !required ? [long] : [])));
  return { program: terminal.program, argv, switches };
}
