import { hostname } from "node:os";
import { UnsupportedError } from "../../base/errors.js";
import { Beats, type Hub, SILENT, STARTING } from "./beats-node.js";
import { type Collective, LONG, type Summing, treeSum } from "./collective.js";
import type { Launched } from "./launched.js";
import { type MpiLibrary, type MpiRequest, openMpi } from "./mpi-library-node.js";
import { RankError } from "./rank-error.js";

/** @throws UnsupportedError without koffi or MPI, and for a library that knows nothing of the other ranks */
export function joinRanks({ mpi, rank, size, onThisHost }: Launched, path = process.env["UNROLLED_MPI"]): Mpi {
  const joined = new Mpi(openMpi(mpi, path));
  if (joined.size === size) {
    joined.listen(rank === 0 ? Beats.first(size, onThisHost === size) : null);
    return joined;
  }
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
/** Who has waited for long sleeps longer, by this part of it: a rank may wait for the trial of another for hours. */
const [NAPPED, MOST_NAP_MS] = [0.01, 10];
/** Milliseconds for which a rank waits for each before it to tell of a lost one. */
const LATER_MS = 3000;
const MOST_LATER_MS = 6000;
/** Milliseconds that one that tells may take to end all. */
const ENDING_MS = 30_000;

/** What says that a rank is at work; other tags are below it. */
const ALIVE = 32_000;
/** What says that a rank tells of one that is lost, and ends all. */
const TELLS = 32_001;
const TOLD = new Uint8Array(1);
/** Milliseconds between two looks for such messages, while a rank waits. */
const LOOK_MS = 1000;

/** Messages on their way. */
interface Exchange {
  readonly receives: readonly Message[];
  readonly sends: readonly Message[];
}

/** One to or from a rank. */
interface Message {
  readonly rank: number;
  readonly request: MpiRequest;
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Ranks under MPI. */
export class Mpi implements Collective {
  readonly rank: number;
  readonly size: number;
  readonly #library: MpiLibrary;
  #patience = LONG;
  #tag = 0;
  /** Until when each rank has said to be at work, in milliseconds. */
  readonly #atWork: number[];
  #said: MpiRequest[] = [];
  /** Null before ranks listen to each other's, and where they cannot. */
  #beats: Beats | null = null;

  constructor(library: MpiLibrary) {
    this.#library = library;
    this.rank = library.rank();
    this.size = library.size();
    this.#atWork = new Array(this.size).fill(0);
  }

  /** Of the library: its file. */
  get name(): string {
    return this.#library.name;
  }

  patience(seconds: number): void {
    this.#patience = Math.max(PATIENCE, seconds);
  }

  alive(seconds: number): void {
    const message = Float64Array.of(Math.max(PATIENCE, seconds));
    this.#said = this.#said.filter((one) => !one.test());
    for (const to of this.#others) this.#said.push(this.#library.send(message, message.byteLength, to, ALIVE));
  }

  /**
   * From now on, ranks hear whether the others run at all. All must call it.
   * @param first  of rank 0
   */
  listen(first: Beats | null): void {
    this.patience(PATIENCE + STARTING);
    const told = this.broadcast(new TextEncoder().encode(JSON.stringify(first?.hub() ?? null)));
    const hub = JSON.parse(new TextDecoder().decode(told)) as Hub | null;
    if (hub !== null) this.#beats = first ?? Beats.after(hub, this.rank, this.size);
    const isHeard = this.rank === 0 || this.#beats?.hear(0) === true;
    // Whom rank 0 did not hear is never missed by it, nor misses anybody.
    this.gather(Float64Array.of(Number(isHeard)));
    this.patience(LONG);
  }

  /**
   * @param told  hears of ranks that are lost while this one does not wait for them
   * @param lastWords  of an error about each rank, for when this one cannot say anything any more
   */
  onLoss(told: (error: RankError) => void, lastWords: (error: RankError) => string): void {
    const words = Array.from({ length: this.size }, (_, rank) => lastWords(this.#lossOf([rank], SILENT)));
    this.#beats?.onLoss((ranks) => told(this.#lost(ranks, SILENT)), words);
  }

  get #others(): number[] {
    return Array.from({ length: this.size }, (_, r) => r).filter((r) => r !== this.rank);
  }

  /** Hears who said to be at work. */
  #look(): void {
    const message = new Float64Array(1);
    for (const from of this.#others) {
      while (this.#library.waits(from, ALIVE)) {
        const request = this.#library.receive(message, message.byteLength, from, ALIVE);
        while (!request.test()) Atomics.wait(sleeper, 0, 0, NAP_MS);
        this.#atWork[from] = this.#now + 1000 * message[0];
      }
    }
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
    // Nothing may be on its way.
    this.#look();
    for (const request of this.#said) while (!request.test()) Atomics.wait(sleeper, 0, 0, NAP_MS);
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
    const others = this.#others;
    const receives = others.flatMap((rank) =>
      messagesOf(receive(rank)).map((part) => {
        return { rank, request: this.#library.receive(part, part.byteLength, rank, tag) };
      }),
    );
    const sends = others.flatMap((rank) =>
      messagesOf(send(rank)).map((part) => {
        return { rank, request: this.#library.send(part, part.byteLength, rank, tag) };
      }),
    );
    return { receives, sends };
  }

  /** What an exchange to come is told apart by. */
  nextTag(): number {
    this.#tag = (this.#tag + 1) % 30_000;
    return this.#tag;
  }

  /** @throws RankError when another rank is silent for too long */
  end(exchange: Exchange): void {
    const { receives, sends } = exchange;
    const [start, from] = [performance.now(), this.#now];
    let looks = 1;
    for (const { request } of [...receives, ...sends]) {
      while (!request.test()) {
        const waited = performance.now() - start;
        if (waited > ASKING_MS) Atomics.wait(sleeper, 0, 0, Math.min(MOST_NAP_MS, Math.max(NAP_MS, waited * NAPPED)));
        if (waited < looks * LOOK_MS) continue;
        looks++;
        this.#look();
        this.#checkThere(exchange, from);
      }
    }
  }

  /** @throws RankError when a rank that others wait for is silent, as far as it can be known */
  #checkThere({ receives, sends }: Exchange, start: number): void {
    const stopped = this.#beats?.lost ?? [];
    if (stopped.length > 0) throw this.#lost(stopped, SILENT);
    const now = this.#now;
    const open = (messages: readonly Message[]) => messages.filter(({ request }) => !request.test());
    // Who takes nothing may wait for another: first comes who says nothing.
    const [unheard, untaken] = [open(receives), open(sends)];
    const missing = new Set((unheard.length > 0 ? unheard : untaken).map(({ rank }) => rank));
    const until = (rank: number) => (this.#atWork[rank] > start ? this.#atWork[rank] : start + 1000 * this.#patience);
    const silent = [...missing].filter((rank) => now > until(rank));
    if (silent.length > 0) throw this.#lost(silent, (now - start) / 1000);
  }

  /** Milliseconds while this process ran: of one that was suspended with all others, none is lost. */
  get #now(): number {
    return this.#beats?.now ?? performance.now();
  }

  #lost(ranks: readonly number[], seconds: number): RankError {
    this.#beats?.deal();
    const left = this.#others.filter((rank) => !ranks.includes(rank));
    // The lowest of those that are left tells; the others wait for it, and for those in between, which may be lost as well.
    const behind = left.filter((rank) => rank < this.rank).length;
    const until = performance.now() + Math.min(MOST_LATER_MS, behind * LATER_MS);
    while (performance.now() < until) {
      if (left.some((rank) => this.#library.waits(rank, TELLS))) {
        Atomics.wait(sleeper, 0, 0, ENDING_MS);
        return this.#lossOf(ranks, seconds, false);
      }
      Atomics.wait(sleeper, 0, 0, MOST_NAP_MS);
    }
    for (const to of left) this.#said.push(this.#library.send(TOLD, TOLD.byteLength, to, TELLS));
    return this.#lossOf(ranks, seconds);
  }

  #lossOf(ranks: readonly number[], seconds: number, tells = true): RankError {
    const parts = {
      op: "train",
      argument: `rank ${ranks.join(", ")} of ${this.size}`,
      must: "answer or be at work",
      value: `nothing in ${seconds.toFixed(0)} s (asked by rank ${this.rank} on ${hostname()})`,
      fix: "Look whether its process is stopped or its machine is gone, and go on with --resume.",
    };
    return new RankError(parts, { isLost: true, tells });
  }
}

/** MPI counts in 32 bits. */
const MOST_BYTES = 2 ** 30;

/** What travels by itself, of one kind in the order in which it was begun: nothing of what is empty. */
export function messagesOf({ buffer, byteOffset, byteLength }: ArrayBufferView, most = MOST_BYTES): Uint8Array[] {
  return Array.from({ length: Math.ceil(byteLength / most) }, (_, i) => {
    const from = i * most;
    return new Uint8Array(buffer, byteOffset + from, Math.min(most, byteLength - from));
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
  return [...receives, ...sends].filter(({ request }) => !request.test()).length === 0;
}
