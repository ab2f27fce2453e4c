import { type BodySource, jsonOf, readBody } from "./body.js";
import type { Head, Incoming } from "./head.js";
import type { Limits } from "./limits.js";
import type { Held } from "./load.js";
import type { Queue } from "./queue.js";
import type { PlainHeaders } from "./request-error.js";
import { LateReader, streamOf } from "./stream.js";

const JSON_HEADERS = {
  "content-type": "application/json",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

interface CallUses {
  readonly limits: Limits;
  readonly queue: Queue;
  readonly held: Held;
  readonly headers: PlainHeaders | null;
  readonly onError: ((error: unknown) => void) | undefined;
}

/** A request under way, and what it may use of the server. */
export class Call implements BodySource {
  readonly request: Request;
  readonly head: Head;
  readonly incoming: Incoming | null;
  readonly limits: Limits;
  readonly queue: Queue;
  readonly held: Held;
  /** Whether it goes on after its answer was begun: then the stream releases what is held. */
  isStream = false;
  /** Goes with every answer to it. */
  readonly #headers: PlainHeaders | null;
  readonly #onError: ((error: unknown) => void) | undefined;

  constructor({ request, head, incoming }: BodySource, uses: CallUses) {
    this.request = request;
    this.head = head;
    this.incoming = incoming;
    this.limits = uses.limits;
    this.queue = uses.queue;
    this.held = uses.held;
    this.#headers = uses.headers;
    this.#onError = uses.onError;
  }

  /** The body. @throws RequestError 400, 408, 413 */
  async json(): Promise<unknown> {
    const { maxBody: most, timeout: seconds } = this.limits;
    return jsonOf(await readBody(this, { most, seconds, hold: this.held.bytes }), "body");
  }

  /** Chunks as they are taken, until it is cut off; what is held goes with its end. */
  stream(chunks: AsyncIterator<Uint8Array>, headers: PlainHeaders, onEnd: () => void = () => {}): Response {
    const ends = {
      seconds: 2 * this.limits.timeout,
      onEnd: () => {
        onEnd();
        this.held.release();
      },
      cut: (error: unknown) => {
        if (!(error instanceof LateReader)) this.#onError?.(error);
        this.incoming?.socket.destroy();
        return this.incoming !== null;
      },
    };
    this.isStream = true;
    return this.text(200, streamOf(chunks, ends), { ...headers, "cache-control": "no-store" });
  }

  answer(status: number, value: unknown, headers?: PlainHeaders): Response {
    return this.text(
      status,
      JSON.stringify(value),
      headers === undefined ? JSON_HEADERS : { ...JSON_HEADERS, ...headers },
    );
  }

  text(status: number, text: string | ReadableStream<Uint8Array>, headers: PlainHeaders): Response {
    return new Response(status === 204 ? null : text, {
      status,
      headers: this.#headers === null ? headers : { ...headers, ...this.#headers },
    });
  }
}
