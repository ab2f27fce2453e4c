import { builtin } from "./builtin.js";
import { OutOfMemoryError } from "./errors.js";

/** Where one array ends, whatever the machine has: WebAssembly memory does, and kernels count in 32 bits. */
const MOST_BYTES = 2 ** 32;
/** Smaller arrays are not worth a question to the system. */
export const SMALL_BYTES = 2 ** 28;

/**
 * Whoever makes an array says first how long it will be: an absurd size is told as an error, before it is asked for.
 * @throws OutOfMemoryError when there is no room for it
 */
export function checkRoom(bytes: number, op = "alloc"): void {
  if (bytes <= SMALL_BYTES) return;
  const room = Math.min(MOST_BYTES, availableBytes());
  if (bytes < room) return;
  throw new OutOfMemoryError({
    op,
    argument: "memory",
    must: `have room for the array (${Math.floor(room / 2 ** 20)} MiB are left for one)`,
    value: `a request for ${bytes} bytes`,
    fix: "Use smaller sizes, or fewer at a time.",
  });
}

/** What the system still has for this process; infinite where it does not say. */
function availableBytes(): number {
  const { availableMemory } = (globalThis.process ?? {}) as { availableMemory?: () => number };
  return availableMemory?.() ?? builtin<{ freemem(): number }>("node:os")?.freemem() ?? Infinity;
}
