import { errorData } from "./error-data.js";
import {
  type Answered,
  type Asked,
  type ErrorData,
  type Events,
  type FromWorker,
  type Handlers,
  type Name,
  type Requests,
  type Tell,
  type ToWorker,
  Transferred,
} from "./protocol.js";

/** One end of a channel: a Worker, the worker's own scope, a MessagePort. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

/** An error that the worker told of. */
export class WorkerError extends Error {
  readonly data: ErrorData;

  constructor(data: ErrorData) {
    super(data.message);
    this.data = data;
    this.name = data.name;
  }
}

/** Answers what comes in by `handlers`, each request on its own: one may wait for another. @returns how to tell of events */
export function serve(port: Port, makeHandlers: (tell: Tell) => Handlers<Requests>): void {
  const send = (message: FromWorker, buffers: readonly ArrayBuffer[] = []) => port.postMessage(message, [...buffers]);
  const handlers = makeHandlers((event, value, buffers) => send({ event, value }, buffers));
  port.addEventListener("message", async ({ data }: MessageEvent<ToWorker>) => {
    const { id, name, ask } = data;
    try {
      const handler = handlers[name] as (ask: unknown) => unknown;
      const answer = await handler(ask);
      if (answer instanceof Transferred) send({ id, answer: answer.value }, answer.buffers);
      else send({ id, answer });
    } catch (error) {
      send({ id, error: errorData(error) });
    }
  });
}

/** The page's end. */
export interface Client {
  /** @throws WorkerError */
  ask<N extends Name>(name: N, ask: Asked<N>, buffers?: readonly ArrayBuffer[]): Promise<Answered<N>>;
  /** @returns how to listen no more */
  on<E extends keyof Events>(event: E, listener: (value: Events[E]) => void): () => void;
}

export function connect(port: Port): Client {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const listeners = new Map<keyof Events, Set<(value: never) => void>>();
  let last = 0;
  port.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
    if ("event" in data) {
      for (const listener of listeners.get(data.event) ?? []) listener(data.value as never);
      return;
    }
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if ("error" in data) asked?.reject(new WorkerError(data.error));
    else asked?.resolve(data.answer);
  });
  return {
    ask: (name, ask, buffers = []) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        port.postMessage({ id, name, ask } satisfies ToWorker, [...buffers]);
      }),
    on: (event, listener) => {
      const all = listeners.get(event) ?? new Set();
      listeners.set(event, all.add(listener));
      return () => void all.delete(listener);
    },
  };
}
