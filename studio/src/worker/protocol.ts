/** What the page and the worker say to each other: requests with one answer each, and events that nobody asked for. */
import type { LookEvents, LookRequests } from "./look.js";
import type { TrainEvents, TrainRequests } from "./train.js";

/** Of each request what is asked and what is answered. A new family of requests is a file beside this one and a line here. */
export interface Requests extends TrainRequests, LookRequests {}
export interface Events extends TrainEvents, LookEvents {}

export type Name = keyof Requests;
export type Asked<N extends Name> = Requests[N]["ask"];
export type Answered<N extends Name> = Requests[N]["answer"];

/** An error as data; `fix` is what to do about it. */
export interface ErrorData {
  name: string;
  message: string;
  code: string | null;
  op: string | null;
  argument: string | null;
  must: string | null;
  value: string | null;
  fix: string | null;
  details: Readonly<Record<string, unknown>> | null;
}

export type ToWorker = { id: number; name: Name; ask: unknown };
export type FromWorker =
  | { id: number; answer: unknown }
  | { id: number; error: ErrorData }
  | { event: keyof Events; value: unknown };

/** An answer whose buffers are handed over instead of copied. */
export class Transferred<T> {
  readonly value: T;
  readonly buffers: readonly ArrayBuffer[];

  constructor(value: T, buffers: readonly ArrayBuffer[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

export type Handlers<Part> = {
  [N in keyof Part]: Part[N] extends { ask: infer Ask; answer: infer Answer }
    ? (ask: Ask) => Answer | Transferred<Answer> | Promise<Answer | Transferred<Answer>>
    : never;
};

export type Tell = <E extends keyof Events>(event: E, value: Events[E], buffers?: readonly ArrayBuffer[]) => void;
