import { refusal } from "../base/check.js";
import { partsOf, TaskModel } from "../tasks/task-model.js";
import { checkName, handlerOf, type ServeOptions } from "./options.js";

/** Answers requests about models. */
export interface ModelServer {
  /** The answer to a request: for `Deno.serve`, `Bun.serve`, a worker, and for tests. */
  fetch(request: Request): Response | Promise<Response>;
  /** Puts a model under a name, perhaps in the place of another: what was asked of that one is still answered by it. @throws OptionError */
  set(name: string, model: TaskModel): void;
  /** Tells connections to end and `/readyz` that no more is taken; resolves when all that was asked is answered. */
  drain(): Promise<void>;
}

/**
 * A handler of requests about models, without a server around it.
 * @example Deno.serve(createHandler({ models: { reviews: load("reviews.safetensors") } }).fetch);
 * @throws OptionError
 */
export function createHandler(options: ServeOptions): ModelServer {
  const handler = handlerOf(options);
  return {
    // Runtimes hand more to it: what they know of the connection, or variables.
    fetch: (request) => handler.fetch(request),
    set(name, model) {
      checkName(name, "name");
      if (!(model instanceof TaskModel)) {
        throw refusal("serve", "model", "be a model that load or train gave", model, "Pass tasks.load(path).");
      }
      handler.set(name, partsOf(model));
    },
    drain: () => handler.drain(),
  };
}
