import { buildTask, decodeAnyTask, OptionError } from "./library.js";
import { type Held, models } from "./models.js";
import type { Handlers, Tell } from "./protocol.js";

/** What a model is, for a title. */
export interface ModelAbout {
  task: string;
  title: string;
  config: Readonly<Record<string, unknown>>;
  parameters: number;
}

export interface LookRequests {
  /** Reads a checkpoint; it is called `key` from then on. */
  "look.open": { ask: { key: string; bytes: Uint8Array }; answer: ModelAbout };
  "look.close": { ask: { key: string }; answer: undefined };
}

// biome-ignore lint/suspicious/noEmptyInterface: events of this family go here
export interface LookEvents {}

export function lookHandlers(_tell: Tell): Handlers<LookRequests> {
  return {
    "look.open": ({ key, bytes }) => {
      const { task, ...checkpoint } = decodeAnyTask(bytes, key);
      const held: Held = { task, model: buildTask(task, checkpoint), known: checkpoint };
      models.set(key, held);
      return aboutModel(held);
    },
    "look.close": ({ key }) => {
      models.delete(key);
      return undefined;
    },
  };
}

/** @throws OptionError for a name that no model has */
export function modelNamed(key: string): Held {
  const found = models.get(key);
  if (found !== undefined) return found;
  const must = "be the name of an open model";
  throw new OptionError({ op: "look", argument: "key", must, value: JSON.stringify(key) });
}

export function aboutModel({ task, model, known }: Held): ModelAbout {
  let parameters = 0;
  for (const parameter of model.parameters()) parameters += parameter.size;
  return {
    task: task.name,
    title: task.title,
    config: known.config as unknown as Readonly<Record<string, unknown>>,
    parameters,
  };
}
