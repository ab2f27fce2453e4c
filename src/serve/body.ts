import { type FormatError, show, UnrolledError } from "../base/errors.js";
import { parseStrictJson } from "../base/strict-json.js";
import { decodeUtf8 } from "../text/utf8.js";
import { RequestError } from "./request-error.js";

const count = (n: number): string => n.toLocaleString("en");

/** What comes of `promise`, unless it takes longer. */
export function within<T>(seconds: number, promise: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), 1000 * seconds);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

export function lateBody(seconds: number): RequestError {
  const must = `come within ${seconds} s`;
  return new RequestError({
    ...{ status: 408, code: "late-body", argument: "body", must, value: "less of it" },
    headers: { connection: "close" },
  });
}

function tooLarge(most: number, value: string): RequestError {
  const must = `be at most ${count(most)} bytes`;
  const fix = "Send fewer inputs at once, or a line each as application/x-ndjson.";
  return new RequestError({
    ...{ status: 413, code: "too-large", argument: "body", must, value, fix },
    headers: { connection: "close" },
  });
}

/** Without what stands behind it: `application/json`. */
export function contentType({ headers }: Request): string {
  const given = headers.get("content-type") ?? "";
  const end = given.indexOf(";");
  return (end < 0 ? given : given.slice(0, end)).trim().toLowerCase();
}

function wrongType(found: string, ...may: string[]): RequestError {
  const must = `be ${may.join(" or ")}`;
  const value = found === "" ? "none" : show(found);
  return new RequestError({ status: 415, code: "content-type", argument: "Content-Type", must, value });
}

export const JSON_TYPE = "application/json";

/** @throws RequestError 415 */
export function requireJson(request: Request, ...others: string[]): void {
  const type = contentType(request);
  if (type !== JSON_TYPE) throw wrongType(type, JSON_TYPE, ...others);
}

/** How many bytes bodies may have, and how many are held by now. */
export interface BodyRoom {
  readonly most: number;
  readonly seconds: number;
  /** Takes so many bytes of what all bodies may have; throws where there are none left. */
  hold(bytes: number): void;
}

/**
 * The bytes of a body, which may lie about their number: at most `most` are held.
 * @throws RequestError 408, 413, 503
 */
export async function readBody(request: Request, { most, seconds, hold }: BodyRoom): Promise<Uint8Array> {
  const told = request.headers.get("content-length");
  if (told !== null && request.headers.get("transfer-encoding") === null) {
    if (!(Number(told) <= most)) throw tooLarge(most, `${show(told)} of them`);
    hold(Number(told));
    return new Uint8Array(await within(seconds, request.arrayBuffer(), () => lateBody(seconds)));
  }
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const pieces: Uint8Array[] = [];
  let length = 0;
  const end = performance.now() + 1000 * seconds;
  for (;;) {
    const left = (end - performance.now()) / 1000;
    const { done, value } = await within(Math.max(left, 0), reader.read(), () => lateBody(seconds));
    if (done) return joined(pieces, length);
    length += value.length;
    if (length > most) throw tooLarge(most, "more");
    hold(value.length);
    pieces.push(value);
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** @param name  what errors call it: `body`, `line 7` @throws RequestError 400 saying where it is none */
export function jsonOf(bytes: Uint8Array, name: string): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw malformed(name, () => decodeUtf8(bytes, name), "Send it in UTF-8.");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw malformed(name, () => parseStrictJson("request", name, text), "");
  }
}

/** @param read  finds the place, which the quick way does not tell */
function malformed(argument: string, read: () => unknown, fix: string): RequestError {
  try {
    read();
  } catch (error) {
    if (error instanceof UnrolledError) {
      const { code, must, value, details } = error as FormatError;
      return new RequestError({
        status: 400,
        code: code === "format" ? "not-json" : code,
        argument,
        must,
        value,
        fix,
        details,
      });
    }
  }
  return new RequestError({ status: 400, code: "not-json", argument, must: "be valid JSON", value: "something else" });
}
