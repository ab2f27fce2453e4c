/**
 * The errors of Unrolled. Each names the operation, the argument, the rule it broke, the value found
 * and the fix, in one sentence and as fields:
 *
 *   `{op}: {argument} must be {rule}, got {value}. {fix}`
 */
export interface ErrorParts {
  /** Where it happened, as the caller wrote it: `LSTM.forward`, `tensor`, `AdamW`. */
  op: string;
  /** The argument at fault: `input`, `hiddenSize`. */
  argument: string;
  /** What it must be, to follow the words "must be" or "must have": `a positive integer`. */
  rule: string;
  /** What was found, already readable. */
  value: string;
  /** One way out, a whole sentence. May be empty. */
  fix?: string;
}

export class UnrolledError extends Error {
  readonly op: string;
  readonly argument: string;
  readonly rule: string;
  readonly value: string;
  readonly fix: string;

  constructor(parts: ErrorParts, options?: ErrorOptions) {
    const { op, argument, rule, value, fix = "" } = parts;
    const must =
      /^(have|be|not|contain|hold|match|come|divide|start|end|lie|name|share|broadcast|return|require)\b/.test(rule)
        ? `must ${rule}`
        : `must be ${rule}`;
    super(`${op}: ${argument} ${must}, got ${value}.${fix ? ` ${fix}` : ""}`, options);
    this.name = new.target.name;
    this.op = op;
    this.argument = argument;
    this.rule = rule;
    this.value = value;
    this.fix = fix;
  }
}

/** A shape, a rank, an axis or an index that does not fit. */
export class ShapeError extends UnrolledError {}
/** An element type that the operation does not take. */
export class DTypeError extends UnrolledError {}
/** An option outside its range, of the wrong type, or unknown. */
export class OptionError extends UnrolledError {}
/** A tensor whose memory was released. */
export class DisposedError extends UnrolledError {}
/** A file or a text that is not what its format says. */
export class FormatError extends UnrolledError {}
/** A file or folder that the system will not open, read or write. `code` is the system's word for it: `ENOENT`, `ENOSPC`. */
export class FileError extends UnrolledError {
  readonly code: string;
  readonly path: string;

  constructor(parts: ErrorParts & { code: string; path: string }, options?: ErrorOptions) {
    super(parts, options);
    this.code = parts.code;
    this.path = parts.path;
  }
}
/** Something this engine, platform or version cannot do. */
export class UnsupportedError extends UnrolledError {}
/** More memory than there is, found before it is asked for. */
export class OutOfMemoryError extends UnrolledError {}
/** A loss or a gradient that is NaN or infinite. `step` counts from 1; the update was not applied. */
export class DivergedError extends UnrolledError {
  readonly step: number;

  constructor(parts: ErrorParts & { step: number }, options?: ErrorOptions) {
    super(parts, options);
    this.step = parts.step;
  }
}

/** A value as an error shows it: strings quoted, arrays in brackets, long ones cut. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (Array.isArray(value)) {
    const items = value.slice(0, 8).map(show);
    return `[${items.join(", ")}${value.length > 8 ? ", ..." : ""}]`;
  }
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `a function`;
  if (value !== null && typeof value === "object") return `an object of type ${value.constructor?.name ?? "Object"}`;
  return String(value);
}
