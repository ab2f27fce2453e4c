/**
 * The errors of Unrolled. Each names the operation, the argument, the rule it broke, the value found
 * and the fix, in one sentence and as fields:
 *
 *   `{op}: {argument} must {must}, got {value}. {fix}`
 *
 * Programs read the fields (`code`, `details`, ...) and never the sentence.
 */
export interface ErrorParts {
  /** Where it happened, as the caller wrote it: `LSTM.forward`, `tensor`, `AdamW`. */
  op: string;
  /** The argument at fault: `input`, `hiddenSize`. */
  argument: string;
  /** The rule, to follow the word "must": `be a positive integer`, `have 2 dimensions`. */
  must: string;
  /** What was found, already readable. */
  value: string;
  /** One way out, a whole sentence. May be empty. */
  fix?: string | undefined;
  /** What kind of mistake it is, for programs: `unknown-option`, `not-utf8`. Left out: the class's own word. */
  code?: string | undefined;
  /** Where exactly, and whatever else a program may want to know. */
  details?: ErrorDetails | undefined;
}

/** What a program may read instead of the message. `line` and `column` count from 1 (characters), `index` and `byte` from 0. */
export interface ErrorDetails {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly index?: number | undefined;
  readonly byte?: number | undefined;
  /** A character or word that a vocabulary does not have, as it is shown. */
  readonly token?: string | undefined;
  /** An unknown name, and the known one that is nearest to it. */
  readonly key?: string | undefined;
  readonly nearest?: string | undefined;
  /** Of weights: names that the model has and the file has not, and the other way round. */
  readonly missing?: readonly string[] | undefined;
  readonly unexpected?: readonly string[] | undefined;
  /** Of a graph: operators that do not run, how often each is there, and the nodes. */
  readonly operators?:
    | readonly { readonly operator: string; readonly count: number; readonly nodes: readonly string[] }[]
    | undefined;
  /** Of a value that was written too early: the parameter's name, its shape, the operation that needs it, and what wrote it. */
  readonly tensor?: string | undefined;
  readonly shape?: readonly number[] | undefined;
  readonly operation?: string | undefined;
  readonly writer?: string | undefined;
  /** Settings of a task with which it would do; null: left out. */
  readonly settings?: Readonly<Record<string, string | number | null>> | undefined;
  /** Of a model of another toolkit: layers that cannot be built, and why. */
  readonly layers?: readonly { name: string; type: string; reason: string }[] | undefined;
}

/** What every error of this package is: what went wrong as data, and as a sentence. */
export class UnrolledError extends Error {
  /** The `code` of errors of this class that name none of their own. */
  static readonly code: string = "error";
  readonly code: string;
  readonly op: string;
  readonly argument: string;
  readonly must: string;
  readonly value: string;
  readonly fix: string;
  readonly details: ErrorDetails;

  constructor(parts: ErrorParts, options?: ErrorOptions) {
    const { argument, must, value, fix = "", details = {} } = parts;
    // Some public functions take the name under which errors speak of them: that is no place to fail.
    const op = typeof parts.op === "string" ? parts.op : show(parts.op);
    super(`${op}: ${argument} must ${must}, got ${value}.${fix ? ` ${fix}` : ""}`, options);
    this.name = new.target.name;
    this.code = parts.code ?? new.target.code;
    this.op = op;
    this.argument = argument;
    this.must = must;
    this.value = value;
    this.fix = fix;
    this.details = details;
  }

  /** `must` without a leading "be". @deprecated read `must` */
  get rule(): string {
    return this.must.replace(/^be /, "");
  }

  /** What a program gets where the error is sent as JSON: the fields, without a stack. */
  toJSON(): Record<string, unknown> {
    const { name, message, code, op, argument, must, value, fix, details } = this;
    return { name, message, code, op, argument, must, value, fix, details };
  }
}

/** A shape, a rank, an axis or an index that does not fit. */
export class ShapeError extends UnrolledError {
  static override readonly code = "shape";
}
/** An element type that the operation does not take. */
export class DTypeError extends UnrolledError {
  static override readonly code = "dtype";
}
/** An option outside its range, of the wrong type, or unknown. */
export class OptionError extends UnrolledError {
  static override readonly code = "option";
}
/** A tensor whose memory was released. */
export class DisposedError extends UnrolledError {
  static override readonly code = "disposed";
}
/** A value that `backward()` needs was written in place after the forward pass. No gradient was changed. */
export class ModifiedError extends UnrolledError {
  static override readonly code = "modified";
}
/** A file or a text that is not what its format says. */
export class FormatError extends UnrolledError {
  static override readonly code = "format";
}
/** A file or folder that the system will not open, read or write. `code` is the system's word for it: `ENOENT`, `ENOSPC`. */
export class FileError extends UnrolledError {
  readonly path: string;
  /** What is as it was, a sentence: with it `fix` begins. May be empty. */
  readonly untouched: string;

  constructor(
    parts: ErrorParts & { code: string; path: string; untouched?: string | undefined },
    options?: ErrorOptions,
  ) {
    const { untouched = "", fix = "" } = parts;
    super({ ...parts, fix: `${untouched} ${fix}`.trim(), details: { file: parts.path, ...parts.details } }, options);
    this.path = parts.path;
    this.untouched = untouched;
  }
}
/** Something this engine, platform or version cannot do. */
export class UnsupportedError extends UnrolledError {
  static override readonly code = "unsupported";
}
/** More memory than there is, found before it is asked for. */
export class OutOfMemoryError extends UnrolledError {
  static override readonly code = "out-of-memory";
}
/** What to do where memory ends, which mostly is full of what nobody will walk. */
export const NO_GRAD =
  "Compute what needs no gradient inside noGrad(() => ...), carry states on with detachState(), keep loss.item() rather than losses " +
  "(unrolled.memory() counts what is alive), or use a smaller batch, sequence or model.";
/** A loss or a gradient that is NaN or infinite. `step` counts from 1; the update was not applied. */
export class DivergedError extends UnrolledError {
  static override readonly code = "diverged";
  readonly step: number;

  constructor(parts: ErrorParts & { step: number }, options?: ErrorOptions) {
    super(parts, options);
    this.step = parts.step;
  }
}

const SHOWN_ITEMS = 8;
const SHOWN_DEPTH = 3;

/**
 * A value as an error shows it: strings quoted, arrays in brackets, long and deep ones cut. It throws for none, not even for
 * objects whose getters, proxies or names are made to.
 */
export function show(value: unknown): string {
  try {
    return shown(value, 0);
  } catch {
    return "an object that cannot be shown";
  }
}

function shown(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(cut(value));
  if (Array.isArray(value)) {
    if (depth === SHOWN_DEPTH && value.length > 0) return "[...]";
    const items = Array.from({ length: Math.min(value.length, SHOWN_ITEMS) }, (_, i) => shown(value[i], depth + 1));
    return `[${items.join(", ")}${value.length > SHOWN_ITEMS ? ", ..." : ""}]`;
  }
  if (typeof value === "bigint") return `${cut(String(value))}n`;
  if (typeof value === "function") return `a function`;
  if (value !== null && typeof value === "object") return `an object of type ${className(value)}`;
  return cut(String(value));
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Of the prototype, because an object's own `constructor` is only a key. */
function className(value: object): string {
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === "string" && /^[\w$]{1,60}$/.test(name) ? name : "Object";
}
