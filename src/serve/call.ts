import { jsonOf, readBody } from "./body.js";
import type { Limits } from "./limits.js";
import type { Held } from "./load.js";
import type { Queue } from "./queue.js";
import type { PlainHeaders } from "./request-error.js";

const JSON_HEADERS = {
  "content-type": "application/json",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

/** A request under way, and what it may use of the server. */
export class Call {
  readonly request: Request;
  readonly limits: Limits;
  readonly queue: Queue;
  readonly held: Held;
  /** Whether it goes on after its answer was begun: then the stream releases what is held. */
  isStream = false;
  /** Goes with every answer to it. */
  readonly #headers: PlainHeaders | null;

  constructor(request: Request, uses: { limits: Limits; queue: Queue; held: Held; headers: PlainHeaders | null }) {
    this.request = request;
    this.limits = uses.limits;
    this.queue = uses.queue;
    this.held = uses.held;
    this.#headers = uses.headers;
  }

  /** The body. @throws RequestError 400, 408, 413 */
  async json(): Promise<unknown> {
    const { maxBody: most, timeout: seconds } = this.limits;
    return jsonOf(await readBody(this.request, { most, seconds, hold: this.held.bytes }), "body");
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
