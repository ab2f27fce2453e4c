import {
  DivergedError,
  FileError,
  FormatError,
  OptionError,
  OutOfMemoryError,
  UnrolledError,
} from "../../base/errors.js";
import { flagOf } from "../../base/flag-name.js";
import { type Fix, fixWords, type Invocation } from "./advice.js";

/** 0 done, 1 our fault, and these; 129, 130 and 143 after SIGHUP, SIGINT and SIGTERM. */
export const EXIT = { done: 0, fault: 1, usage: 2, input: 3, files: 4, diverged: 5, memory: 6 } as const;

export interface CliErrorParts {
  exitCode: number;
  /** A flag, a file, `file:line:column`. */
  where: string;
  found: string;
  /** A clause: `it must be a positive integer`. */
  expected: string;
  /** What is as it was before: a sentence. */
  untouched?: string | undefined;
  /** One way out, to follow "Try:"; a string is a text. */
  fix?: Fix | string | undefined;
}

const NOWHERE: Invocation = { program: ["unrolled"], argv: [], switches: new Set() };

/** An error as a person meets it on a command line. */
export class CliError extends Error {
  readonly exitCode: number;
  readonly fix: Fix | null;
  /** The message without its advice. */
  readonly sentences: string;
  readonly #parts: CliErrorParts;

  constructor(parts: CliErrorParts, options?: ErrorOptions) {
    const { where, found, expected, untouched = "", exitCode } = parts;
    const fix = typeof parts.fix === "string" ? { text: parts.fix } : (parts.fix ?? null);
    const sentences = `${where}: ${found}; ${expected}.${untouched && ` ${untouched}`}`;
    const advice = fix === null ? "" : [fixWords(fix, NOWHERE)].flat().join(" ");
    super(sentences + (advice && ` Try: ${advice}`), options);
    this.exitCode = exitCode;
    this.fix = fix;
    this.sentences = sentences;
    this.#parts = parts;
  }

  /** With another way out. */
  advising(fix: Fix): CliError {
    return new CliError({ ...this.#parts, fix }, { cause: this.cause });
  }
}

/** What the command line knows that the error does not. */
export interface ErrorContext {
  /** In place of the argument the error names. */
  where?: string;
  /** In place of the value the error names: `found NaN`. */
  found?: string;
  /** A sentence: `Nothing was written.` */
  untouched?: string;
  fix?: Fix | string | undefined;
  exitCode?: number;
}

/** Any error in the form of the command line; null for one that is our own fault. */
export function toCliError(error: unknown, context: ErrorContext = {}): CliError | null {
  if (error instanceof CliError) return error;
  if (error instanceof RangeError && /allocation|memory/i.test(error.message)) return outOfMemory(error, context);
  if (!(error instanceof UnrolledError)) return null;
  const { argument, value } = error;
  const exitCode = context.exitCode ?? exitCodeOf(error);
  if (exitCode === EXIT.fault) return null;
  const where = context.where ?? (error instanceof FileError ? error.path : argument);
  const own = error instanceof FileError ? error.untouched : "";
  return new CliError(
    {
      exitCode,
      where,
      found: context.found ?? `found ${value}`,
      expected: `it must ${error.must}`,
      untouched: context.untouched ?? own,
      fix: context.fix ?? settingsFix(error) ?? { text: error.fix.slice(own.length).trim().replace(/\.$/, "") },
    },
    { cause: error },
  );
}

export { flagOf };

/** The flags of the settings with which an error says that it would do. */
function settingsFix({ details }: UnrolledError): Fix | undefined {
  const settings = Object.entries(details.settings ?? {});
  if (settings.length === 0) return undefined;
  const set = settings.flatMap(([key, value]) => (value === null ? [] : [flagOf(key), String(value)]));
  const without = settings.flatMap(([key, value]) => (value === null ? [flagOf(key)] : []));
  return { edit: { ...(set.length > 0 && { set }), ...(without.length > 0 && { without }) } };
}

function exitCodeOf(error: UnrolledError): number {
  if (error instanceof OptionError) return EXIT.usage;
  if (error instanceof FormatError) return EXIT.input;
  if (error instanceof FileError) return EXIT.files;
  if (error instanceof DivergedError) return EXIT.diverged;
  if (error instanceof OutOfMemoryError || error.op === "alloc") return EXIT.memory;
  return EXIT.fault;
}

function outOfMemory(cause: RangeError, { untouched = "", fix }: ErrorContext): CliError {
  const found = `the system gave no more (${cause.message})`;
  const expected = "training needs memory for the model, its gradients and a batch";
  return new CliError({ exitCode: EXIT.memory, where: "memory", found, expected, untouched, fix }, { cause });
}
