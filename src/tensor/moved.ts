import { builtin } from "../base/builtin.js";
import { NO_GRAD, OutOfMemoryError } from "../base/errors.js";

/**
 * What moved to JavaScript memory although a graph or a model may still need it, and was not fetched since: garbage waits there for the
 * collector. Counted by batches, each with a finalizer, for one finalizer a storage would cost more than the move.
 */
export interface Batch {
  readonly count: { bytes: number };
}

/** In synchronous code no finalizer runs: from then on everything is one batch. */
const MOST_BATCHES = 256;
const BATCH_BYTES = 1 << 23;
/** Between two looks at how much memory there is. */
const LOOK_EVERY = 1 << 26;
/** Of the memory that the process may use, before it is the system that ends it. */
const MOST_OF_MEMORY = 0.75;

let batch: Batch = { count: { bytes: 0 } };
let batches = 0;
let waiting = 0;
let sinceLook = 0;

const finalizer = new FinalizationRegistry<Batch["count"]>((count) => {
  batches--;
  waiting -= count.bytes;
});

/**
 * Counts `bytes` as moved, and returns what the storage keeps until it is fetched or released.
 * @throws OutOfMemoryError when JavaScript memory is nearly all that the process may use
 */
export function moved(bytes: number): Batch {
  if (batch.count.bytes >= BATCH_BYTES && batches < MOST_BATCHES) batch = { count: { bytes: 0 } };
  if (batch.count.bytes === 0) {
    finalizer.register(batch, batch.count);
    batches++;
  }
  batch.count.bytes += bytes;
  waiting += bytes;
  sinceLook += bytes;
  if (sinceLook >= LOOK_EVERY) look();
  return batch;
}

/** The opposite. */
export function fetched({ count }: Batch, bytes: number): void {
  count.bytes -= bytes;
  waiting -= bytes;
}

/** Bytes in JavaScript memory that the collector takes once nobody can reach them. */
export function waitingBytes(): number {
  return waiting;
}

/** What the system would end the process for is an error in time; nothing is known of it in a browser. */
function look(): void {
  sinceLook = 0;
  const found = process?.memoryUsage?.().arrayBuffers;
  const total = builtin<{ totalmem(): number }>("node:os")?.totalmem();
  if (found === undefined || total === undefined) return;
  const constrained = process?.constrainedMemory?.() || total;
  if (found > MOST_OF_MEMORY * Math.min(constrained, total)) throw noRoom(`${found} bytes of arrays`);
}

const process = globalThis.process as
  | { memoryUsage?(): { arrayBuffers?: number }; constrainedMemory?(): number }
  | undefined;

/** The error for values that find no place in JavaScript memory either. */
export function noRoom(value: string, options?: ErrorOptions): OutOfMemoryError {
  const parts = {
    op: "memory",
    argument: "values kept for backward()",
    must: "fit into the memory of the process",
    value,
    fix: NO_GRAD,
  };
  return new OutOfMemoryError(parts, options);
}
