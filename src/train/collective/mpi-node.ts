import { hostname } from "node:os";
import { UnsupportedError } from "../../base/errors.js";
import { type Collective, LONG, type Summing, treeSum } from "./collective.js";
import { type MpiKind, type MpiLibrary, type MpiRequest, openMpi } from "./mpi-library-node.js";
import { RankError } from "./rank-error.js";

/** What says that a launcher such as mpirun started this process, and as which of how many. */
const LAUNCHERS = [
  { mpi: "Open MPI", rank: "OMPI_COMM_WORLD_RANK", size: "OMPI_COMM_WORLD_SIZE", local: "OMPI_COMM_WORLD_LOCAL_SIZE" },
  { mpi: "MPICH", rank: "PMI_RANK", size: "PMI_SIZE", local: "MPI_LOCALNRANKS" },
] as const;

export interface Launched {
  /** Whose launcher it was. */
  mpi: MpiKind;
  rank: number;
  size: number;
  onThisHost: number;
}

/** What the launcher says of this process; null for one that is alone. */
export function launchedAs(env: NodeJS.ProcessEnv): Launched | null {
  for (const { mpi, rank, size, local } of LAUNCHERS) {
    const count = Number(env[size]);
    if (Number.isInteger(count) && count > 1)
      return { mpi, rank: Number(env[rank]), size: count, onThisHost: Number(env[local] ?? 1) };
  }
  return null;
}

/** @throws UnsupportedError without koffi or MPI, and for a library that knows nothing of the other ranks */
export function joinRanks({ mpi, size }: Launched, path = process.env["UNROLLED_MPI"]): Mpi {
  const joined = new Mpi(openMpi(mpi, path));
  if (joined.size === size) return joined;
  throw new UnsupportedError({
    op: "train",
    argument: joined.name,
    must: `know the ${size} ranks that were started`,
    value: `${joined.size}`,
    fix: "Name the library of that launcher: UNROLLED_MPI=PATH.",
  });
}

/** Seconds that a rank may be silent while nothing long goes on. */
const PATIENCE = 6;
/** Milliseconds in which a rank only asks; after them it also sleeps, so that one with more to do gets the processor. */
const ASKING_MS = 2;
const NAP_MS = 0.2;
/** Milliseconds by which a rank that is not to tell of a lost one waits longer than the one that is. */
const LATER_MS = 1000;

/** Messages on their way. */
interface Exchange {
  readonly receives: readonly { from: number; request: MpiRequest }[];
  readonly sends: readonly MpiRequest[];
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Ranks under MPI. */
export class Mpi implements Collective {
  readonly rank: number;
  readonly size: number;
  readonly #library: MpiLibrary;
  #patience = LONG;
  #tag = 0;

  constructor(library: MpiLibrary) {
    this.#library = library;
    this.rank = library.rank();
    this.size = library.size();
  }

  /** Of the library: its file. */
  get name(): string {
    return this.#library.name;
  }

  patience(seconds: number): void {
    this.#patience = Math.max(PATIENCE, seconds);
  }

  gather(own: Float64Array): Float64Array {
    const { rank, size } = this;
    const all = new Float64Array(size * own.length);
    all.set(own, rank * own.length);
    this.#exchange(
      () => own,
      (other) => all.subarray(other * own.length, (other + 1) * own.length),
    );
    return all;
  }

  sum([own]: readonly Float32Array[]): Float32Array {
    const sum = this.summing(own);
    sum.begin();
    sum.end();
    return own;
  }

  summing(part: Float32Array): Summing {
    return new PieceSum(this, part);
  }

  broadcast(own: Uint8Array): Uint8Array {
    const [length] = this.gather(Float64Array.of(this.rank === 0 ? own.length : 0));
    if (length === 0) return new Uint8Array(0);
    const isRoot = this.rank === 0;
    const bytes = isRoot ? own : new Uint8Array(length);
    const nothing = new Uint8Array(0);
    this.#exchange(
      () => (isRoot ? bytes : nothing),
      (from) => (!isRoot && from === 0 ? bytes : nothing),
    );
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

  #exchange(send: (to: number) => ArrayBufferView, receive: (from: number) => ArrayBufferView): void {
    this.end(this.begin(send, receive));
  }

  /**
   * Begins to send to every other rank and to receive from it: separate messages, so that one that does not come has a name. Empty ones are
   * not sent. Exchanges are begun in one order on all ranks.
   */
  begin(
    send: (to: number) => ArrayBufferView,
    receive: (from: number) => ArrayBufferView,
    tag = this.nextTag(),
  ): Exchange {
    const others = Array.from({ length: this.size }, (_, r) => r).filter((r) => r !== this.rank);
    const receives = others.flatMap((from) =>
      messagesOf(receive(from)).map((part) => ({
        from,
        request: this.#library.receive(part, part.byteLength, from, tag),
      })),
    );
    const sends = others.flatMap((to) =>
      messagesOf(send(to)).map((part) => this.#library.send(part, part.byteLength, to, tag)),
    );
    return { receives, sends };
  }

  /** What an exchange to come is told apart by. */
  nextTag(): number {
    this.#tag = (this.#tag + 1) % 30_000;
    return this.#tag;
  }

  /** @throws RankError when another rank is silent for too long */
  end({ receives, sends }: Exchange): void {
    const missing = () => receives.filter(({ request }) => !request.test()).map(({ from }) => from);
    const start = performance.now();
    for (const request of [...receives.map((one) => one.request), ...sends]) {
      while (!request.test()) {
        const waited = performance.now() - start;
        if (waited > ASKING_MS) Atomics.wait(sleeper, 0, 0, NAP_MS);
        // Those that are not heard of, as far as it can be known.
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

/** MPI counts in 32 bits. */
const MOST_BYTES = 2 ** 30;

/** What travels by itself, of one kind in the order in which it was begun: nothing of what is empty. */
function messagesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array[] {
  return Array.from({ length: Math.ceil(byteLength / MOST_BYTES) }, (_, i) => {
    const from = i * MOST_BYTES;
    return new Uint8Array(buffer, byteOffset + from, Math.min(MOST_BYTES, byteLength - from));
  });
}

/** Each rank sums one piece of all, and gives it to the others: what travels is twice the part, whatever the number of ranks. */
class PieceSum implements Summing {
  readonly #ranks: Mpi;
  readonly #pieceOf: (rank: number) => Float32Array;
  /** The piece of this rank, as each has it. */
  readonly #received: readonly Float32Array[];
  #gathering: Exchange | null = null;
  #giving: Exchange | null = null;
  #givingTag = 0;

  constructor(ranks: Mpi, part: Float32Array) {
    const { rank, size } = ranks;
    const piece = Math.ceil(part.length / size);
    const place = (r: number) => Math.min(r * piece, part.length);
    this.#ranks = ranks;
    this.#pieceOf = (r) => part.subarray(place(r), place(r + 1));
    const { length } = this.#pieceOf(rank);
    const received = new Float32Array(length * size);
    this.#received = Array.from({ length: size }, (_, r) => received.subarray(r * length, (r + 1) * length));
  }

  begin(): void {
    this.#gathering = this.#ranks.begin(this.#pieceOf, (other) => this.#received[other]);
    this.#givingTag = this.#ranks.nextTag();
  }

  advance(): void {
    const exchange = this.#gathering;
    if (exchange !== null && isOver(exchange)) this.#give();
  }

  end(): void {
    if (this.#gathering !== null) {
      this.#ranks.end(this.#gathering);
      this.#give();
    }
    if (this.#giving !== null) this.#ranks.end(this.#giving);
    this.#giving = null;
  }

  #give(): void {
    const { rank } = this.#ranks;
    const mine = this.#pieceOf(rank);
    this.#received[rank].set(mine);
    mine.set(treeSum(this.#received));
    this.#gathering = null;
    this.#giving = this.#ranks.begin(() => mine, this.#pieceOf, this.#givingTag);
  }
}

/** Asks each, so that MPI goes on with all. */
function isOver({ receives, sends }: Exchange): boolean {
  return [...receives.map(({ request }) => request), ...sends].filter((request) => !request.test()).length === 0;
}
