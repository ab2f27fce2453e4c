import { type FormatError, show, UnrolledError } from "../base/errors.js";
import { parseStrictJson } from "../base/strict-json.js";
import { decodeUtf8 } from "../text/utf8.js";
import type { Head, Incoming } from "./head.js";
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
export function contentType(head: Head): string {
  const given = head.get("content-type") ?? "";
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
export function requireJson(head: Head, ...others: string[]): void {
  const type = contentType(head);
  if (type !== JSON_TYPE) throw wrongType(type, JSON_TYPE, ...others);
}

/** How many bytes bodies may have, and how many are held by now. */
export interface BodyRoom {
  readonly most: number;
  readonly seconds: number;
  /** Takes so many bytes of what all bodies may have; throws where there are none left. */
  hold(bytes: number): void;
}

/** Where a body comes from. */
export interface BodySource {
  readonly request: Request;
  readonly head: Head;
  /** In Node: without the streams that a `Request` would be made of. */
  readonly incoming: Incoming | null;
}

/**
 * The bytes of a body, which may lie about their number: at most `most` are held, and those alone that came.
 * @throws RequestError 400 where the connection ends before it, 408, 413, 503
 */
export async function readBody({ request, head, incoming }: BodySource, room: BodyRoom): Promise<Uint8Array> {
  const { most, seconds } = room;
  const told = head.get("content-length");
  if (told !== null && !(Number(told) <= most)) throw tooLarge(most, `${show(told)} of them`);
  if (incoming !== null) return readIncoming(incoming, room);
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const pieces = new Pieces(room);
  const end = performance.now() + 1000 * seconds;
  try {
    for (;;) {
      const left = (end - performance.now()) / 1000;
      const { done, value } = await nextPiece(reader, Math.max(left, 0), () => lateBody(seconds));
      if (done) return pieces.joined();
      pieces.add(value);
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
}

/** @throws RequestError 400 where the connection ends before the body; what `late` gives */
export async function nextPiece(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  seconds: number,
  late: () => Error,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  try {
    return await within(seconds, reader.read(), late);
  } catch (error) {
    throw error instanceof RequestError ? error : cutOff();
  }
}

function cutOff(): RequestError {
  const must = "come to its end";
  return new RequestError({ status: 400, code: "cut-off", argument: "body", must, value: "a part of it" });
}

function readIncoming(incoming: Incoming, room: BodyRoom): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const pieces = new Pieces(room);
    const ended = (error: Error | null): void => {
      clearTimeout(timer);
      incoming.off("data", onData).off("end", onEnd).off("error", onCut).off("close", onCut);
      if (error === null) resolve(pieces.joined());
      else reject(error);
    };
    const onData = (piece: Uint8Array): void => {
      try {
        pieces.add(piece);
      } catch (error) {
        // Of what else comes nothing is kept; Node takes it, or cuts the connection.
        ended(error as Error);
      }
    };
    const onEnd = (): void => ended(null);
    const onCut = (): void => ended(cutOff());
    const timer = setTimeout(() => ended(lateBody(room.seconds)), 1000 * room.seconds);
    incoming.on("data", onData).on("end", onEnd).on("error", onCut).on("close", onCut);
  });
}

/** What has come of a body. */
class Pieces {
  readonly #room: BodyRoom;
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(room: BodyRoom) {
    this.#room = room;
  }

  /** @throws RequestError 413, 503 */
  add(piece: Uint8Array): void {
    const { most, hold } = this.#room;
    this.#length += piece.length;
    if (this.#length > most) throw tooLarge(most, "more");
    hold(piece.length);
    this.#pieces.push(piece);
  }

  joined(): Uint8Array {
    return joined(this.#pieces, this.#length);
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
