import { DivergedError, FileError, FormatError, OptionError, OutOfMemoryError, UnrolledError } from "../base/errors.js";

/** 0 done, 1 our fault, and these; 130 and 143 after SIGINT and SIGTERM. */
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
  /** One way out, to follow "Try:". */
  fix?: string | undefined;
}

/** An error as a person meets it on a command line. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(parts: CliErrorParts, options?: ErrorOptions) {
    const { where, found, expected, untouched = "", fix = "", exitCode } = parts;
    const sentences = [`${where}: ${found}; ${expected}.`, untouched, fix && `Try: ${fix}`];
    super(sentences.filter(Boolean).join(" "), options);
    this.exitCode = exitCode;
  }
}

/** What the command line knows that the error does not. */
export interface ErrorContext {
  /** In place of the argument the error names. */
  where?: string;
  /** A sentence: `Nothing was written.` */
  untouched?: string;
  fix?: string;
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
  const fix = context.fix ?? error.fix.replace(/\.$/, "");
  return new CliError(
    {
      exitCode,
      where,
      found: `found ${value}`,
      expected: `it must ${error.must}`,
      untouched: context.untouched ?? "",
      fix,
    },
    { cause: error },
  );
}

function exitCodeOf(error: UnrolledError): number {
  if (error instanceof OptionError) return EXIT.usage;
  if (error instanceof FormatError) return EXIT.input;
  if (error instanceof FileError) return EXIT.files;
  if (error instanceof DivergedError) return EXIT.diverged;
  if (error instanceof OutOfMemoryError || error.op === "alloc") return EXIT.memory;
  return EXIT.fault;
}

function outOfMemory(cause: RangeError, { untouched = "" }: ErrorContext): CliError {
  const found = `the system gave no more (${cause.message})`;
  const expected = "training needs memory for the model, its gradients and a batch";
  const fix = "a smaller --hidden, --batch or --seq-len";
  return new CliError({ exitCode: EXIT.memory, where: "memory", found, expected, untouched, fix }, { cause });
}
