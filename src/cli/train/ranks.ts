import { availableParallelism } from "node:os";
import { DivergedError, OptionError, UnsupportedError } from "../../base/errors.js";
import { agreed, attempt, checkSame } from "../../train/collective/agree.js";
import { type Collective, Local } from "../../train/collective/collective.js";
import { launchedAs } from "../../train/collective/launched.js";
import { joinRanks, Mpi } from "../../train/collective/mpi-node.js";
import { RankError } from "../../train/collective/rank-error.js";
import { CliError, EXIT, toCliError } from "../errors/cli-error.js";
import { packageVersion } from "../package-version.js";
import { muted, type Terminal } from "../terminal/output.js";
import { printLine, visible } from "../terminal/print.js";

/** This process among those that a launcher such as mpirun started. */
export class CommandRanks {
  readonly collective: Collective;
  /** Of rank 0 the process's own; the others are silent, unless something is wrong with them alone. */
  readonly terminal: Terminal;
  /** Threads for each, where nobody says how many: the host's are shared. */
  readonly threads: number | undefined;
  readonly #mpi: Mpi | null;

  constructor(collective: Collective, terminal: Terminal, threads?: number) {
    this.collective = collective;
    this.#mpi = collective instanceof Mpi ? collective : null;
    this.terminal = collective.rank === 0 ? terminal : muted(terminal);
    this.threads = threads;
  }

  /** Who speaks, and writes what is one for all. */
  get isFirst(): boolean {
    return this.collective.rank === 0;
  }

  get areSeveral(): boolean {
    return this.collective.size > 1;
  }

  /** What may fail on some ranks alone: then all end. */
  attempt<T>(work: () => T | Promise<T>): Promise<T> {
    return attempt(this.collective, work, (failure) => toCliError(failure)?.exitCode ?? EXIT.fault);
  }

  /**
   * Runs a command to its end, so that one rank tells what is wrong and all end with it.
   * @throws what is to be told
   */
  async run(command: () => Promise<number>): Promise<number> {
    const mpi = this.#mpi;
    if (mpi === null) return await command();
    let isTogether = false;
    process.once("exit", (code) => {
      if (isTogether) mpi.close();
      else mpi.abort(code);
    });
    const lost = new Promise<never>((_, reject) => {
      const hear = (error: RankError): void => {
        // What trains does not know of it, and leaves its line as it is.
        if (this.terminal.stdout.live) printLine(this.terminal.stdout, "");
        reject(error);
      };
      mpi.onLoss(hear);
    });
    try {
      // Before all else: what another version says next may be something else.
      checkSame(this.collective, { version: packageVersion() });
      const code = await Promise.race([command(), lost]);
      isTogether = true;
      return code;
    } catch (error) {
      const cause = error instanceof CliError ? error.cause : error;
      const { rank } = this.collective;
      isTogether = isOfAll(cause) || agreed.has(error as object);
      if (cause instanceof RankError) {
        // What this rank does goes on, and would keep it; all microtasks come first, and so does what they print.
        if (cause.isLost) setImmediate(() => this.terminal.exit(EXIT.fault));
        if (!cause.tells) return cause.status ?? EXIT.fault;
        throw rankFailure(cause);
      }
      if (rank > 0 && cause instanceof DivergedError) return EXIT.diverged;
      const told = toCliError(error);
      throw told === null || rank === 0 ? error : ofRank(rank, told);
    }
  }
}

/** What is printed of an error by who can no longer come to it. */
function lastWords(error: RankError): string {
  return `${visible(`error: ${rankFailure(error).message}`)}\n`;
}

function isOfAll(error: unknown): boolean {
  return error instanceof DivergedError || (error instanceof RankError && !error.isLost);
}

function rankFailure(error: RankError): CliError {
  const { argument, must, value, fix } = error;
  const expected = `it must ${must}`;
  const untouched = BEFORE_TRAINING.has(error.code) ? "Nothing was trained." : SAVED;
  return new CliError(
    { exitCode: EXIT.fault, where: argument, found: `found ${value}`, expected, untouched, fix },
    { cause: error },
  );
}

/** Codes of what is found before the first step. */
const BEFORE_TRAINING = new Set(["ranks-differ", "ranks-late"]);
const SAVED = "All ranks end; the last checkpoint is whole.";

function ofRank(rank: number, { sentences, exitCode, fix, cause }: CliError): CliError {
  const [where, ...rest] = sentences.split(": ");
  const found = rest.join(": ").replace(/\.$/, "");
  const expected = "all ranks end with it";
  return new CliError({ exitCode, where: `rank ${rank}: ${where}`, found, expected, fix: fix ?? undefined }, { cause });
}

/** @throws CliError where MPI cannot be had */
export function openRanks(terminal: Terminal): CommandRanks {
  const launched = launchedAs(process.env);
  if (launched === null) return new CommandRanks(new Local(), terminal);
  const threads = Math.max(1, Math.floor(availableParallelism() / launched.onThisHost));
  try {
    return new CommandRanks(joinRanks(launched, { print: lastWords }), terminal, threads);
  } catch (error) {
    if (error instanceof RankError) throw rankFailure(error);
    const untouched = "Nothing was written.";
    if (error instanceof OptionError) throw toCliError(error, { where: error.argument, untouched });
    const where = error instanceof UnsupportedError ? error.argument : "MPI";
    throw toCliError(error, { where, exitCode: EXIT.files, untouched }) ?? error;
  }
}
