import { hostname } from "node:os";
import { type Collective, treeSum } from "./collective.js";
import { type MpiLibrary, type MpiRequest, openMpi } from "./mpi-library-node.js";
import { RankError } from "./rank-error.js";

/** What says that a launcher such as mpirun started this process, and as which of how many. */
const LAUNCHERS = [
  { rank: "OMPI_COMM_WORLD_RANK", size: "OMPI_COMM_WORLD_SIZE", local: "OMPI_COMM_WORLD_LOCAL_SIZE" },
  { rank: "PMI_RANK", size: "PMI_SIZE", local: "MPI_LOCALNRANKS" },
] as const;

/** What the launcher says of this process; null for one that is alone. */
export function launchedAs(env: NodeJS.ProcessEnv): { rank: number; size: number; onThisHost: number } | null {
  for (const { rank, size, local } of LAUNCHERS) {
    const count = Number(env[size]);
    if (Number.isInteger(count) && count > 1)
      return { rank: Number(env[rank]), size: count, onThisHost: Number(env[local] ?? 1) };
  }
  return null;
}

/** Seconds that a rank may be silent while nothing long goes on. */
const PATIENCE = 8;
/** Milliseconds in which a rank only asks; after them it also sleeps, so that one with more to do gets the processor. */
const ASKING_MS = 2;
const NAP_MS = 0.2;
/** Milliseconds by which a rank that is not to tell of a lost one waits longer than the one that is. */
const LATER_MS = 1000;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Ranks under MPI. */
export class Mpi implements Collective {
  readonly rank: number;
  readonly size: number;
  readonly #library: MpiLibrary;
  #patience = PATIENCE;
  #tag = 0;
  /** Of the last sum: its parts on their way. */
  #sent = new Float32Array(0);
  #received = new Float32Array(0);

  constructor(library: MpiLibrary = openMpi(process.env["UNROLLED_MPI"])) {
    this.#library = library;
    this.rank = library.rank();
    this.size = library.size();
  }

  patience(seconds: number): void {
    this.#patience = Math.max(PATIENCE, seconds);
  }

  /** From each to each, so that the one whose values do not come can be named. */
  gather(own: Float64Array): Float64Array {
    const { rank, size } = this;
    const all = new Float64Array(size * own.length);
    const tag = this.#nextTag();
    const others = Array.from({ length: size }, (_, r) => r).filter((r) => r !== rank);
    const parts = others.map((from) => {
      const part = new Float64Array(own.length);
      return { from, part, request: this.#library.receive(part, part.byteLength, from, tag) };
    });
    const sends = others.map((to) => this.#library.send(own, own.byteLength, to, tag));
    this.#await([...parts.map(({ request }) => request), ...sends], () =>
      parts.filter(({ request }) => !request.test()).map(({ from }) => from),
    );
    all.set(own, rank * own.length);
    for (const { from, part } of parts) all.set(part, from * own.length);
    return all;
  }

  /** Each rank sums one piece of all, and gives it to the others: what travels is twice the gradients, whatever the number of ranks. */
  sum([own]: readonly Float32Array[]): Float32Array {
    const { size } = this;
    const piece = Math.ceil(own.length / size);
    if (this.#sent.length !== piece * size) {
      this.#sent = new Float32Array(piece * size);
      this.#received = new Float32Array(piece * size);
    }
    const [sent, received] = [this.#sent, this.#received];
    sent.set(own);
    const silent = () => [];
    this.#await([this.#library.allToAll(sent, received, 4 * piece)], silent);
    const parts = Array.from({ length: size }, (_, r) => received.subarray(r * piece, (r + 1) * piece));
    const sum = treeSum(parts);
    this.#await([this.#library.allGather(sum, sent, 4 * piece)], silent);
    own.set(sent.subarray(0, own.length));
    return own;
  }

  broadcast(own: Uint8Array): Uint8Array {
    const [length] = this.gather(Float64Array.of(this.rank === 0 ? own.length : 0));
    if (length === 0) return new Uint8Array(0);
    const tag = this.#nextTag();
    if (this.rank === 0) {
      const others = Array.from({ length: this.size - 1 }, (_, i) => i + 1);
      this.#await(
        others.map((to) => this.#library.send(own, own.length, to, tag)),
        () => [],
      );
      return own;
    }
    const bytes = new Uint8Array(length);
    this.#await([this.#library.receive(bytes, length, 0, tag)], () => [0]);
    return bytes;
  }

  /** Ends this rank's part; all ranks must call it. */
  close(): void {
    this.#library.finalize();
  }

  /** Ends all ranks at once. */
  abort(exitCode: number): void {
    this.#library.abort(exitCode);
  }

  #nextTag(): number {
    this.#tag = (this.#tag + 1) % 30_000;
    return this.#tag;
  }

  /** @throws RankError when another rank is silent for too long. @param missing  those that are not heard of, as far as it can be known */
  #await(requests: readonly MpiRequest[], missing: () => readonly number[]): void {
    const start = performance.now();
    for (const request of requests) {
      while (!request.test()) {
        const waited = performance.now() - start;
        if (waited > ASKING_MS) Atomics.wait(sleeper, 0, 0, NAP_MS);
        if (waited > 1000 * this.#patience) this.#lost(missing(), waited / 1000);
      }
    }
  }

  #lost(ranks: readonly number[], seconds: number): never {
    // The lowest of those that are left tells; the others wait for it to end them.
    const teller = Array.from({ length: this.size }, (_, r) => r).find((r) => !ranks.includes(r)) ?? 0;
    if (this.rank !== teller) Atomics.wait(sleeper, 0, 0, LATER_MS);
    const who = ranks.length === 0 ? "another rank" : `rank ${ranks.join(", ")}`;
    const parts = {
      op: "train",
      argument: `${who} of ${this.size}`,
      must: `answer within ${this.#patience} s`,
      value: `nothing in ${seconds.toFixed(0)} s (asked by rank ${this.rank} on ${hostname()})`,
      fix: "Look whether its process is stopped or its machine is gone, and go on with --resume.",
    };
    throw new RankError(parts, { isLost: true });
  }
}
