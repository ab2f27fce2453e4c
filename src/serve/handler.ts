import { type Context, Hono } from "hono";
import { OutOfMemoryError, show, UnrolledError } from "../base/errors.js";
import { nearest } from "../base/nearest.js";
import { Call } from "./call.js";
import { describeModel } from "./describe.js";
import { generate } from "./generate.js";
import { type Access, checkAccess } from "./guard.js";
import { type Head, type Incoming, NodeHead } from "./head.js";
import type { Limits } from "./limits.js";
import { Load } from "./load.js";
import { Metrics } from "./metrics.js";
import { Models } from "./models.js";
import { openApi } from "./openapi.js";
import { PAGE_PATHS, pageFile } from "./page.js";
import { predict } from "./predict.js";
import { Queue } from "./queue.js";
import { errorValue, type PlainHeaders, RequestError } from "./request-error.js";
import type { Servable } from "./served-model.js";
import { Sessions } from "./sessions.js";

export interface HandlerParts {
  readonly access: Access;
  readonly limits: Limits;
  /** Told of what is no fault of a request. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** Needs no token, and tells nothing that is worth one. */
  readonly isOpen?: boolean;
  handle(call: Call, param: (name: string) => string): Response | Promise<Response>;
}

/** Answers requests about some models, wherever there are `Request` and `Response`. */
export class Handler {
  readonly models = new Models();
  readonly load: Load;
  readonly metrics = new Metrics();
  readonly queue: Queue;
  readonly sessions: Sessions;
  readonly #app = new Hono<{ Bindings: { incoming?: Incoming | undefined } }>();
  readonly #parts: HandlerParts;
  readonly #routes: readonly Route[];
  #isDraining = false;

  constructor(parts: HandlerParts) {
    const { limits } = parts;
    this.#parts = parts;
    this.load = new Load(limits);
    const onBatch = (model: { name: string }, inputs: number) => this.metrics.batch(model.name, inputs);
    this.queue = new Queue({ maxWaiting: limits.maxWaiting, timeout: limits.timeout, onBatch });
    this.sessions = new Sessions(limits);
    this.#routes = this.#table();
    for (const route of this.#routes) this.#app.on(route.method, route.path, (c) => this.#run(route, c));
    // What a browser asks before it asks carries no token; where there is nothing, names of models would be told.
    this.#app.notFound((c) => {
      const isOpen = c.req.method === "OPTIONS";
      return this.#run({ method: "GET", path: "none", isOpen, handle: (call) => this.#nowhere(call, c) }, c);
    });
  }

  /** The answer to a request. @param node  in Node what its http gives of it */
  readonly fetch = (request: Request, node: { incoming?: Incoming | undefined } = {}): Response | Promise<Response> =>
    this.#app.fetch(request, node);

  /** Puts a model under a name, perhaps in the place of another: what was asked of that one is still answered by it. */
  set(name: string, model: Servable): void {
    this.models.set(name, model);
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Asks connections to end, and tells when all that was asked is answered. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.load.idle();
  }

  #table(): Route[] {
    const ok = { status: "ok" };
    return [
      {
        method: "POST",
        path: "/v1/models/:name/predict",
        handle: (call, param) => predict(call, this.models.get(param("name"))),
      },
      {
        method: "POST",
        path: "/v1/models/:name/generate",
        handle: (call, param) => generate(call, this.models.get(param("name"))),
      },
      {
        method: "GET",
        path: "/v1/models",
        handle: (call) => call.answer(200, { models: [...this.models].map(describeModel) }),
      },
      {
        method: "GET",
        path: "/v1/models/:name",
        handle: (call, param) => call.answer(200, describeModel(this.models.get(param("name")))),
      },
      ...this.#sessionTable(),
      {
        method: "GET",
        path: "/openapi.json",
        handle: (call) => call.answer(200, openApi([...this.models], this.#parts.access.token !== null)),
      },
      ...PAGE_PATHS.map((path) => ({
        ...({ method: "GET", path, isOpen: true } as const),
        handle: (call: Call) => pageFile(call, path),
      })),
      { method: "GET", path: "/healthz", isOpen: true, handle: (call) => call.answer(200, ok) },
      { method: "GET", path: "/readyz", isOpen: true, handle: (call) => this.#ready(call) },
      { method: "GET", path: "/metrics", handle: (call) => this.#metrics(call) },
    ];
  }

  #sessionTable(): Route[] {
    const { sessions } = this;
    const all = "/v1/models/:name/sessions";
    const one = `${all}/:id`;
    return [
      { method: "POST", path: all, handle: (call, param) => sessions.begin(call, this.models.get(param("name"))) },
      { method: "GET", path: one, handle: (call, param) => sessions.tell(call, param("name"), param("id")) },
      { method: "DELETE", path: one, handle: (call, param) => sessions.end(call, param("name"), param("id")) },
      {
        method: "POST",
        path: `${one}/predict`,
        handle: (call, param) => sessions.read(call, param("name"), param("id")),
      },
      {
        method: "POST",
        path: `${one}/generate`,
        handle: (call, param) => sessions.write(call, param("name"), param("id")),
      },
    ];
  }

  async #run(route: Route, c: Context<{ Bindings: { incoming?: Incoming | undefined } }>): Promise<Response> {
    const begin = performance.now();
    const request = c.req.raw;
    const { incoming = null } = c.env;
    const head: Head = incoming === null ? request.headers : new NodeHead(incoming);
    let call: Call | undefined;
    let response: Response;
    try {
      checkAccess(head, request.url, this.#parts.access, route.isOpen === true);
      const { limits, onError } = this.#parts;
      const uses = { limits, queue: this.queue, headers: this.#ownHeaders(head), onError };
      call = new Call({ request, head, incoming }, { ...uses, held: this.load.begin() });
      response = await route.handle(call, (name) => c.req.param(name as never) ?? "");
    } catch (error) {
      response = this.#refuse(error, this.#ownHeaders(head));
    }
    if (call?.isStream !== true) call?.held.release();
    this.metrics.request(route.path, response.status, (performance.now() - begin) / 1000);
    return response;
  }

  /** Those that go with every answer: null for none. */
  #ownHeaders(head: Head): PlainHeaders | null {
    const { origins } = this.#parts.access;
    if (origins.length === 0 && !this.#isDraining) return null;
    const origin = head.get("origin");
    const isAllowed = origin !== null && origins.includes(origin);
    return {
      ...(this.#isDraining && { connection: "close" }),
      ...(origins.length > 0 && { vary: "Origin" }),
      ...(isAllowed && { "access-control-allow-origin": origin }),
    };
  }

  #refuse(error: unknown, own: PlainHeaders | null): Response {
    const found = this.#asRequestError(error);
    const { status, headers } = found;
    const text = JSON.stringify({ error: errorValue(found) });
    return new Response(text, { status, headers: { "content-type": "application/json", ...headers, ...own } });
  }

  #asRequestError(error: unknown): RequestError {
    if (error instanceof RequestError) return error;
    this.#parts.onError?.(error);
    if (error instanceof OutOfMemoryError || error instanceof RangeError) {
      const must = "have memory for this request";
      return new RequestError({ status: 503, code: "out-of-memory", argument: "server", must, value: "less" });
    }
    const value = error instanceof UnrolledError ? `an error (${error.code})` : "an error";
    return new RequestError({ status: 500, code: "internal", argument: "server", must: "answer", value });
  }

  #ready(call: Call): Response {
    return this.#isDraining ? call.answer(503, { status: "draining" }) : call.answer(200, { status: "ready" });
  }

  #metrics(call: Call): Response {
    const gauges = [
      { name: "unrolled_requests_under_way", help: "Requests that are not answered yet.", value: this.load.requests },
      { name: "unrolled_streams", help: "Streams under way.", value: this.load.streams },
      { name: "unrolled_inputs_waiting", help: "Inputs that wait for their turn.", value: this.queue.length },
      { name: "unrolled_sessions", help: "Sessions that have not ended.", value: this.sessions.size },
      { name: "unrolled_session_bytes", help: "Bytes of what sessions remember.", value: this.sessions.bytes },
      { name: "unrolled_body_bytes", help: "Bytes of bodies that are held.", value: this.load.bytes },
    ];
    return call.text(200, this.metrics.text(gauges), { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  }

  /** A path that is none, or a method that its path does not take; what a page of another site asks before it asks. */
  #nowhere(call: Call, { req: { method, path } }: Context): Response {
    const allowed = this.#routes.filter((route) => matches(route.path, path)).map((route) => route.method);
    if (method === "OPTIONS" && allowed.length > 0 && call.head.get("origin") !== null) {
      return call.text(204, "", {
        "access-control-allow-methods": allowed.join(", "),
        "access-control-allow-headers": "authorization, content-type",
        "access-control-max-age": "600",
      });
    }
    if (allowed.length > 0) {
      const allow = [...new Set(allowed)].join(", ");
      const headers = { allow };
      throw new RequestError({
        ...{ status: 405, code: "method", argument: "method", must: `be ${allow}`, value: method, headers },
      });
    }
    const names = [...this.models].map(({ name }) => name);
    const paths = this.#routes.flatMap((route) => names.map((name) => route.path.replace(":name", name)));
    const near = nearest(path, [...new Set(paths)]);
    const fix = near === undefined ? "/openapi.json tells what there is." : `Did you mean ${near}?`;
    const details = { key: path.slice(0, 200), nearest: near };
    throw new RequestError({
      ...{
        status: 404,
        code: "unknown-path",
        argument: "path",
        must: "be one of the server's",
        value: show(path),
        fix,
      },
      details,
    });
  }
}

function matches(pattern: string, path: string): boolean {
  const [own, given] = [pattern.split("/"), path.split("/")];
  return own.length === given.length && own.every((part, i) => part.startsWith(":") || part === given[i]);
}
