export * from "./index.js";
export { type ListeningServer, type ListenOptions, listen } from "./serve-node.js";
