import type { Json } from "../../base/strict-json.js";
import type { Tensor } from "../../tensor/index.js";
import { type Collective, gatherLists } from "./collective.js";
import { RankError } from "./rank-error.js";

/** Failures of which all ranks know. */
export const agreed = new WeakSet<object>();

/** The first rank of which something holds; -1 where it holds of none. All ranks get the same answer. */
function firstWhere(collective: Collective, holds: boolean): number {
  return collective.gather(Float64Array.of(holds ? 1 : 0)).indexOf(1);
}

/** A text of every rank, in their order. All must call it. */
export function gatherText(collective: Collective, own: string): string[] {
  const bytes = Float64Array.from(new TextEncoder().encode(own));
  return gatherLists(collective, bytes).map((list) => new TextDecoder().decode(Uint8Array.from(list)));
}

/**
 * Does something on every rank that may fail on some: then it fails on all, and the first one that failed tells of it.
 * @param statusOf  with which status a process ends after a failure: a positive integer
 * @throws what failed here, where this rank is the first; else a RankError that is not to be told
 */
export async function attempt<T>(
  collective: Collective,
  work: () => T | Promise<T>,
  statusOf: (failure: unknown) => number,
): Promise<T> {
  if (collective.size === 1) return await work();
  let value: T | undefined;
  let failure: unknown;
  try {
    value = await work();
  } catch (error) {
    // All know of it already, or one of them can no longer be told.
    if (error instanceof RankError || (error instanceof Object && agreed.has(error))) throw error;
    failure = error ?? new Error("unknown");
  }
  const statuses = collective.gather(Float64Array.of(failure === undefined ? 0 : statusOf(failure)));
  const first = statuses.findIndex((status) => status > 0);
  if (first < 0) return value as T;
  if (first === collective.rank) {
    if (typeof failure === "object" && failure !== null) agreed.add(failure);
    throw failure;
  }
  throw otherFailed(first, statuses[first], failure);
}

function otherFailed(rank: number, status: number | undefined, cause?: unknown): RankError {
  const parts = { op: "train", argument: `rank ${rank}`, must: "be able to go on", value: "an error" };
  return new RankError(parts, { tells: false, status, cause });
}

/**
 * Makes sure that all ranks have the same of everything that decides what is trained.
 * @throws RankError  on all ranks, naming what the first one that differs has
 */
export function checkSame(collective: Collective, mine: Readonly<Record<string, Json>>): void {
  if (collective.size === 1) return;
  const text = new TextDecoder().decode(collective.broadcast(new TextEncoder().encode(JSON.stringify(mine))));
  const theirs = JSON.parse(text) as Readonly<Record<string, Json>>;
  const differing = [...new Set([...Object.keys(theirs), ...Object.keys(mine)])].find(
    (key) => JSON.stringify(theirs[key]) !== JSON.stringify(mine[key]),
  );
  const first = firstWhere(collective, differing !== undefined);
  if (first < 0) return;
  if (first !== collective.rank || differing === undefined) throw otherFailed(first, undefined);
  throw new RankError({
    code: "ranks-differ",
    op: "train",
    argument: `${differing} on rank ${first}`,
    must: `be as on rank 0: ${JSON.stringify(theirs[differing])}`,
    value: JSON.stringify(mine[differing]) ?? "nothing",
    fix: "Start all ranks with the same package, options and files.",
  });
}

/** @throws RankError  on all ranks, when weights are not the same bits everywhere */
export function checkSameWeights(collective: Collective, parameters: readonly Tensor[], step: number): void {
  if (collective.size === 1) return;
  const hashes = collective.gather(Float64Array.of(hashOfWeights(parameters)));
  const first = hashes.findIndex((hash) => hash !== hashes[0]);
  if (first < 0) return;
  const parts = {
    op: "train",
    argument: `weights of rank ${first} after step ${step}`,
    must: "be the bits of rank 0",
    value: "others",
    fix: "Use the same processor, engine and versions on all machines: UNROLLED_ENGINE=wasm gives the same bits everywhere.",
  };
  throw new RankError(parts, { tells: collective.rank === 0 });
}

/** FNV-1a over the bits of all weights. */
export function hashOfWeights(parameters: readonly Tensor[]): number {
  let hash = 0x811c9dc5;
  for (const parameter of parameters) {
    const data = parameter.data();
    const words = new Uint32Array(data.buffer, data.byteOffset, data.byteLength >>> 2);
    for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i], 0x01000193);
  }
  return hash >>> 0;
}
