import { checkKnownOptions, checkOptionsObject, refusal } from "../base/check.js";
import { resolveFields } from "../base/fields.js";
import { partsOf, TaskModel } from "../tasks/task-model.js";
import { Handler } from "./handler.js";
import { LIMIT_FIELDS, type Limits } from "./limits.js";

/** What a server is made of. */
export interface ServeOptions {
  /** By the names under which they are asked. */
  models: Readonly<Record<string, TaskModel>>;
  /** What requests must carry as `Authorization: Bearer`. Default: nothing. */
  token?: string | null | undefined;
  /** Names under which the server may be asked, beside localhost and addresses. */
  hosts?: readonly string[] | undefined;
  /** Origins of pages of others that may ask it: `https://example.com`. */
  origins?: readonly string[] | undefined;
  /** What it takes at most. */
  limits?: { readonly [K in keyof Limits]?: Limits[K] | undefined } | undefined;
  /** Told of what is no fault of a request. Default: nobody is. */
  onError?: ((error: unknown) => void) | undefined;
}

const OP = "serve";
const KEYS = ["models", "token", "hosts", "origins", "limits", "onError"];

/** Letters, digits, dot, dash, underscore: what needs no escape in a path. */
const NAME = /^[\w.-]{1,100}$/;

export function isServedName(name: string): boolean {
  return NAME.test(name) && !/^\.+$/.test(name);
}

export function checkName(name: string, argument: string): void {
  if (isServedName(name)) return;
  throw refusal(OP, argument, "be letters, digits, dots, dashes and underscores, at most 100", name);
}

export const TOKEN_MUST = "be letters, digits and signs without spaces, at least one";

/** What can stand in a head, and is not nothing: an empty variable of a shell would let in who sends an empty one. */
export function isToken(token: unknown): boolean {
  return typeof token === "string" && /^[!-~]+$/.test(token);
}

/** @throws OptionError */
export function handlerOf(options: ServeOptions): Handler {
  checkOptionsObject(OP, options, "models");
  checkKnownOptions(OP, options, KEYS);
  const { models, token = null, hosts = [], origins = [], limits = {}, onError } = options;
  checkOptionsObject(OP, models);
  if (token !== null && !isToken(token)) throw refusal(OP, "token", TOKEN_MUST, token, "Leave it out for none.");
  const access = { token, hosts: hosts.map((host) => host.toLowerCase()), origins };
  const handler = new Handler({ access, limits: resolveFields(OP, LIMIT_FIELDS, limits as Partial<Limits>), onError });
  for (const [name, model] of Object.entries(models)) {
    checkName(name, "models");
    if (!(model instanceof TaskModel)) {
      throw refusal(OP, `models.${name}`, "be a model that load or train gave", model, "Pass tasks.load(path).");
    }
    handler.set(name, partsOf(model));
  }
  return handler;
}
