import { UnsupportedError } from "../../base/errors.js";
import { onFlush } from "../../io/flush.js";
import { Beats, type Hub, SILENT, STARTING } from "./beats-node.js";
import type { Loss } from "./beats-thread-node.js";
import { type Collective, LONG, type Summing, treeSum } from "./collective.js";
import type { Launched } from "./launched.js";
import { lastWords, silence, standstill } from "./losses-node.js";
import { type MpiLibrary, type MpiRequest, openMpi } from "./mpi-library-node.js";
import type { RankError } from "./rank-error.js";
import { type Waits, waitsOfEnvironment } from "./waits.js";

interface Joining {
  /** How an error about lost ranks is printed by a thread that cannot do anything else: the process ends with it. Default: it is not */
  print?: ((error: RankError) => string) | undefined;
  /** Default: what UNROLLED_MPI names, else the launcher's. */
  path?: string | undefined;
}

/**
 * Waits until all ranks are together.
 * @throws UnsupportedError without koffi or MPI, and for a library that knows nothing of the other ranks
 * @throws OptionError for a variable of `waits.ts`
 */
export function joinRanks(launched: Launched, { print, path = process.env["UNROLLED_MPI"] }: Joining = {}): Mpi {
  const { mpi, rank, size, onThisHost, meeting } = launched;
  const waits = waitsOfEnvironment();
  const words = print === undefined ? null : lastWords(launched, waits, { silent: SILENT, print });
  const beats = new Beats(rank, size, { areNear: onThisHost === size, meeting, ...waits, words });
  try {
    const joined = new Mpi(openMpi(mpi, path), waits);
    if (joined.size === size) {
      joined.listen(beats);
      return joined;
    }
    throw new UnsupportedError({
      op: "train",
      argument: joined.name,
      must: `know the ${size} ranks that were started`,
      value: `${joined.size}`,
      fix: "Name the library of that launcher: UNROLLED_MPI=PATH.",
    });
  } catch (error) {
    beats.stop();
    throw error;
  }
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

  #waits: Waits;

  constructor(library: MpiLibrary, waits: Waits) {
    this.#library = library;
    this.#waits = waits;
    this.rank = library.rank();
    this.size = library.size();
    this.#atWork = new Array(this.size).fill(0);
  }

  /** Of the library: its file. */
  get name(): string {
    return this.#library.name;
  }

  patience(seconds: number): void {
    this.#patience = this.#asked(seconds);
  }

  /** Seconds for which a rank is waited for that asks for so many. */
  #asked(seconds: number): number {
    return seconds === LONG ? this.#waits.busy : Math.max(PATIENCE, seconds);
  }

  alive(seconds: number): void {
    const message = Float64Array.of(this.#asked(seconds));
    this.#said = this.#said.filter((one) => !one.test());
    for (const to of this.#others) this.#said.push(this.#library.send(message, message.byteLength, to, ALIVE));
  }

  /** From now on, ranks hear whether the others run. All must call it. @param beats  of this rank */
  listen(beats: Beats): void {
    this.patience(PATIENCE + STARTING);
    const mine = { hub: this.rank === 0 ? beats.hub() : null, waits: this.#waits };
    const told = this.broadcast(new TextEncoder().encode(JSON.stringify(mine)));
    const { hub, waits } = JSON.parse(new TextDecoder().decode(told)) as { hub: Hub | null; waits: Waits };
    this.#waits = waits;
    if (hub !== null) this.#beats = beats;
    if (hub !== null && this.rank > 0) beats.call(hub);
    const isHeard = this.rank === 0 || this.#beats?.hear(0) === true;
    // Whom rank 0 did not hear is never missed by it, nor misses anybody.
    this.gather(Float64Array.of(Number(isHeard)));
    this.patience(LONG);
    beats.together();
    if (hub === null) beats.stop();
    // So far, this rank waited for the others.
    beats.turn();
    onFlush((bytes) => beats.flushing(bytes));
  }

  /** @param told  hears of ranks that are lost while this one does not wait for them */
  onLoss(told: (error: RankError) => void): void {
    this.#beats?.onLoss((loss) => told(this.#lost(loss)));
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
    this.#beats?.turn();
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
    if (isOver(exchange)) return;
    this.#beats?.turn();
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
    this.#beats?.turn();
  }

  /** @throws RankError when a rank that others wait for is silent, as far as it can be known */
  #checkThere({ receives, sends }: Exchange, start: number): void {
    const loss = this.#beats?.loss ?? null;
    if (loss !== null) throw this.#lost(loss);
    const now = this.#now;
    const open = (messages: readonly Message[]) => messages.filter(({ request }) => !request.test());
    // Who takes nothing may wait for another: first comes who says nothing.
    const [unheard, untaken] = [open(receives), open(sends)];
    const missing = new Set((unheard.length > 0 ? unheard : untaken).map(({ rank }) => rank));
    const until = (rank: number) => (this.#atWork[rank] > start ? this.#atWork[rank] : start + 1000 * this.#patience);
    const ranks = [...missing].filter((rank) => now > until(rank));
    if (ranks.length > 0) throw this.#lost({ why: "silent", ranks }, (now - start) / 1000);
  }

  /** Milliseconds while this process ran: of one that was suspended with all others, none is lost. */
  get #now(): number {
    return this.#beats?.now ?? performance.now();
  }

  #lost({ why, ranks }: Loss, seconds = SILENT): RankError {
    this.#beats?.deal();
    const tells = this.#isToTell(this.#others.filter((rank) => !ranks.includes(rank)));
    const told = { seconds, waits: this.#waits, tells };
    return (why === "silent" ? silence : standstill)(this, ranks.join(", "), told);
  }

  /** Whether this rank tells of lost ones: the lowest of those that are left; the others wait for it. */
  #isToTell(left: readonly number[]): boolean {
    // And for those in between, which may be lost as well.
    const behind = left.filter((rank) => rank < this.rank).length;
    const until = performance.now() + Math.min(MOST_LATER_MS, behind * LATER_MS);
    while (performance.now() < until) {
      if (left.some((rank) => this.#library.waits(rank, TELLS))) {
        Atomics.wait(sleeper, 0, 0, ENDING_MS);
        return false;
      }
      Atomics.wait(sleeper, 0, 0, MOST_NAP_MS);
    }
    for (const to of left) this.#said.push(this.#library.send(TOLD, TOLD.byteLength, to, TELLS));
    return true;
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
