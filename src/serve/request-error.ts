import { type ErrorParts, UnrolledError } from "../base/errors.js";

/** Plain, so that the server writes them without a step between. */
export type PlainHeaders = Readonly<Record<string, string>>;

/** A request that is not answered: what is wrong with it as data, and the status that says so. */
export class RequestError extends UnrolledError {
  static override readonly code: string = "request";
  readonly status: number;
  readonly headers: PlainHeaders;

  constructor(
    parts: Omit<ErrorParts, "op"> & { op?: string | undefined; status: number; headers?: PlainHeaders | undefined },
  ) {
    super({ ...parts, op: parts.op ?? "request" });
    this.status = parts.status;
    this.headers = parts.headers ?? {};
  }
}

/** What a task refused, under the name that it has in the request: status 422. */
export function refusedInput(error: UnrolledError, argument: string): RequestError {
  const { code, op, must, value, fix, details } = error;
  return new RequestError({ status: 422, code, op, argument, must, value, fix, details });
}

/** More than the server does at once: to be sent again later. */
export function tooBusy(status: 429 | 503, code: string, must: string, value: string): RequestError {
  const fix = "Send it again later.";
  return new RequestError({
    ...{ status, code, argument: "server", must, value, fix },
    headers: { "retry-after": "1" },
  });
}

/** As it stands in an answer. */
export function errorValue({
  status,
  code,
  message,
  argument: field,
  must,
  value,
  fix,
  details,
}: RequestError): object {
  return { status, code, message, field, must, value, fix, details };
}
