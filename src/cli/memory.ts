import { totalmem } from "node:os";

/** Bytes that this process may use: the machine's, or less in a container. */
export function availableMemory(): number {
  const constrained = (process as { constrainedMemory?: () => number }).constrainedMemory?.() ?? 0;
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
