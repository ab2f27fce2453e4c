import { type ErrorParts, UnrolledError } from "../../base/errors.js";

/** The ranks of one training no longer are together: one is lost, has failed, or has something else than the others. */
export class RankError extends UnrolledError {
  static override readonly code: string = "rank";
  /** Whether this rank is the one that tells a person: all end with it. */
  readonly tells: boolean;
  /** Whether a rank no longer answers: then nothing more can be said to it. */
  readonly isLost: boolean;
  /** With which status the rank that tells ends, where that is known. */
  readonly status: number | undefined;

  constructor(
    parts: ErrorParts,
    options: ErrorOptions & {
      tells?: boolean | undefined;
      isLost?: boolean | undefined;
      status?: number | undefined;
    } = {},
  ) {
    super(parts, options);
    this.tells = options.tells ?? true;
    this.isLost = options.isLost ?? false;
    this.status = options.status;
  }
}
