/**
 * A server for models of any task: its handler runs wherever there are `Request` and `Response`, and `listen` starts it where Node's
 * modules are.
 * @example
 * import { createHandler, listen } from "unrolled/serve";
 * import { load } from "unrolled/tasks";
 * const { url, close } = await listen({ models: { reviews: load("runs/reviews") }, port: 0 });
 * const { fetch } = createHandler({ models: { reviews: load("reviews.safetensors") } });
 * Deno.serve(fetch); // or Bun.serve({ fetch }), or a worker's export default { fetch }
 * @packageDocumentation
 */
export * from "./index.js";
export { type ListeningServer, type ListenOptions, listen } from "./serve-node.js";
