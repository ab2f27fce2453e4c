import { FormatError, OptionError, show } from "../base/errors.js";
import { requireJson } from "./body.js";
import type { Call } from "./call.js";
import { checkedOptions, fieldsOf } from "./fields.js";
import { checkAmount, seeded, writing } from "./generate.js";
import type { Limits } from "./limits.js";
import { RequestError, refusedInput, tooBusy } from "./request-error.js";
import { type Answer, checkedRow, type ServedModel } from "./served-model.js";

interface Session {
  readonly id: string;
  /** The version that it began with: it goes on with that one where another took its place. */
  readonly model: ServedModel;
  readonly memory: unknown;
  bytes: number;
  /** In milliseconds, as `performance.now` has it. */
  used: number;
  /** Whether it is writing: then nobody else may read or write. */
  isWriting: boolean;
}

/** What models remember between calls; what nobody uses ends by itself. */
export class Sessions {
  readonly #limits: Limits;
  readonly #all = new Map<string, Session>();
  #bytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get size(): number {
    this.#sweep();
    return this.#all.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `POST /v1/models/{name}/sessions` */
  begin(call: Call, model: ServedModel): Response {
    const { task, name } = model;
    if (task.remembers === undefined || model.remembered === null) {
      const must = "be one to which it matters what came before";
      const fix = task.predict === undefined ? "" : `Each input by itself: POST /v1/models/${name}/predict.`;
      throw new RequestError({ status: 404, code: "unsupported", argument: "model", must, value: task.title, fix });
    }
    this.#sweep();
    const { maxSessions } = this.#limits;
    if (this.#all.size >= maxSessions) {
      throw tooBusy(429, "too-many-sessions", `have fewer than ${maxSessions} sessions`, String(this.#all.size));
    }
    const memory = task.remembers.begin();
    const used = performance.now();
    const session = { id: crypto.randomUUID(), model, memory, bytes: 0, used, isWriting: false };
    this.#all.set(session.id, session);
    return call.answer(201, this.#describe(session));
  }

  tell(call: Call, name: string, id: string): Response {
    return call.answer(200, this.#describe(this.#get(name, id)));
  }

  end(call: Call, name: string, id: string): Response {
    this.#drop(this.#get(name, id));
    return call.text(204, "", {});
  }

  /** `POST .../predict`: reads a piece. */
  async read(call: Call, name: string, id: string): Promise<Response> {
    requireJson(call.head);
    const { input, options } = fieldsOf(await call.json(), "body", ["input", "options"]);
    const session = this.#free(name, id);
    const { model, memory } = session;
    const remembers = model.task.remembers!;
    const asked = checkedOptions(options, remembers.fields, "options");
    const row = checkedRow(input, "input", this.#limits.maxPrompt, model.remembered);
    let output: Answer;
    try {
      output = remembers.read(model.model, model.known, memory, row, asked);
    } catch (error) {
      const isInput = error instanceof FormatError || (error instanceof OptionError && error.code !== "not-finite");
      throw isInput ? refusedInput(error, "input") : error;
    }
    if (this.#fits(session)) return call.answer(200, { output });
    const must = `keep at most ${this.#limits.maxSessionBytes} bytes of sessions, so that this one has ended`;
    throw tooBusy(429, "sessions-full", must, "more");
  }

  /** `POST .../generate`: writes on. */
  async write(call: Call, name: string, id: string): Promise<Response> {
    requireJson(call.head);
    const body = await call.json();
    const session = this.#free(name, id);
    const { task, model } = session.model;
    const { write } = task.remembers!;
    if (write === undefined) {
      const must = "be of a task that writes";
      throw new RequestError({ status: 404, code: "unsupported", argument: "model", must, value: task.title });
    }
    const { prompt: _, ...fields } = task.generate!.fields;
    const options = seeded(checkedOptions(body, fields, "body"));
    checkAmount(options, task.generate!.amount, call);
    session.isWriting = true;
    const end = (): void => {
      session.isWriting = false;
      if (this.#all.has(session.id)) this.#fits(session);
    };
    const pieces = ended(write(model, session.memory, options), end);
    try {
      return await writing(call, options["seed"], pieces);
    } catch (error) {
      pieces.return?.();
      throw error;
    }
  }

  #describe({ id, model, bytes }: Session): object {
    return { id, model: model.name, version: model.version, bytes, seconds: this.#limits.sessionTime };
  }

  #get(name: string, id: string): Session {
    this.#sweep();
    const found = this.#all.get(id);
    if (found !== undefined && found.model.name === name) {
      this.#use(found);
      return found;
    }
    const must = "be one that was begun and has not ended";
    const fix = `Begin another: POST /v1/models/${name}/sessions.`;
    throw new RequestError({ status: 404, code: "unknown-session", argument: "session", must, value: show(id), fix });
  }

  #free(name: string, id: string): Session {
    const session = this.#get(name, id);
    if (!session.isWriting) return session;
    const fix = "Wait until its text has ended.";
    const parts = { argument: "session", must: "be asked one thing at a time", value: "one that is writing", fix };
    throw new RequestError({ status: 409, code: "busy-session", ...parts });
  }

  /** Whether all states together are small enough; else the one that made them too large ends. */
  #fits(session: Session): boolean {
    const bytes = session.model.task.remembers!.bytes(session.memory);
    this.#bytes += bytes - session.bytes;
    session.bytes = bytes;
    this.#use(session);
    if (this.#bytes <= this.#limits.maxSessionBytes) return true;
    this.#drop(session);
    return false;
  }

  #drop(session: Session): void {
    if (this.#all.delete(session.id)) this.#bytes -= session.bytes;
  }

  /** The map is in the order of their last uses. */
  #use(session: Session): void {
    session.used = performance.now();
    if (this.#all.delete(session.id)) this.#all.set(session.id, session);
  }

  #sweep(): void {
    const oldest = performance.now() - 1000 * this.#limits.sessionTime;
    for (const session of this.#all.values()) {
      if (session.used >= oldest) return;
      if (!session.isWriting) this.#drop(session);
    }
  }
}

/** Calls back once when they end, or nobody takes them any more. */
function ended(pieces: Iterator<string, void>, onEnd: () => void): Iterator<string, void> {
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    onEnd();
  };
  return {
    next() {
      try {
        const piece = pieces.next();
        if (piece.done === true) end();
        return piece;
      } catch (error) {
        end();
        throw error;
      }
    },
    return() {
      pieces.return?.();
      end();
      return { done: true, value: undefined };
    },
  };
}
