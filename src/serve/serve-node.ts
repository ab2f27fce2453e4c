import { checkBoolean, checkNonNegativeInteger, checkString } from "../base/check.js";
import { resolveFields } from "../base/fields.js";
import type { TaskModel } from "../tasks/task-model.js";
import { partsOf } from "../tasks/task-model.js";
import { LIMIT_FIELDS, type Limits } from "./limits.js";
import { listenWith } from "./listen-node.js";
import { handlerOf, type ServeOptions } from "./options.js";

/** What a server is made of, and where it listens. */
export interface ListenOptions extends ServeOptions {
  /** Default 8080; 0: any that is free. */
  port?: number | undefined;
  /** Default 127.0.0.1; another address needs a token, or `insecure`. */
  host?: string | undefined;
  /** Whether anybody who reaches it may ask. Default false. */
  insecure?: boolean | undefined;
}

/** A server that listens. */
export interface ListeningServer {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Puts a model under a name, perhaps in the place of another: what was asked of that one is still answered by it. */
  set(name: string, model: TaskModel): void;
  /** Takes no more connections, answers what was asked, and ends. @param seconds  after which connections are cut; default: the time-out */
  close(seconds?: number): Promise<void>;
}

/**
 * Serves models over HTTP, in Node.
 * @example const { url, close } = await listen({ models: { reviews: load("runs/reviews") }, port: 0 });
 * @throws OptionError
 */
export async function listen(options: ListenOptions): Promise<ListeningServer> {
  const { port = 8080, host = "127.0.0.1", insecure = false, ...rest } = options;
  checkNonNegativeInteger("serve", "port", port);
  checkString("serve", "host", host);
  checkBoolean("serve", "insecure", insecure);
  const handler = handlerOf(rest);
  const limits = resolveFields("serve", LIMIT_FIELDS, (rest.limits ?? {}) as Partial<Limits>);
  const isGuarded = insecure || (rest.token ?? null) !== null;
  const listening = await listenWith(handler, { port, host }, { limits, isGuarded });
  return { ...listening, set: (name, model) => handler.set(name, partsOf(model)) };
}
