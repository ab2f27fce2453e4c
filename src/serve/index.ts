/**
 * A server for models of any task: its handler runs wherever there are `Request` and `Response`, and `listen` starts it in Node.
 * @example
 * import { createHandler } from "unrolled/serve";
 * import { load } from "unrolled/tasks";
 * const { fetch } = createHandler({ models: { reviews: load("runs/reviews") } });
 * Deno.serve(fetch); // or Bun.serve({ fetch }), or a worker's export default { fetch }
 * @packageDocumentation
 */
export { createHandler, type ModelServer } from "./create.js";
export type { Limits } from "./limits.js";
export type { ServeOptions } from "./options.js";
