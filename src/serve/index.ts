// What runs without Node's modules, in workers of others too.
export { createHandler, type ModelServer } from "./create.js";
export type { Limits } from "./limits.js";
export type { ServeOptions } from "./options.js";
