import { randomBytes } from "node:crypto";
import type { RemoteInfo, Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { Worker } from "node:worker_threads";

/** Milliseconds between two beats. */
const BEAT_MS = 500;
/** Beats after whose absence a process counts as stopped. */
const MISSED = 12;
/** Seconds of them. */
export const SILENT = (MISSED * BEAT_MS) / 1000;
/** Beats that this process then has to do something about it, before its thread does. */
const GRACE = 3;
/** Seconds that the thread may take to be there, and then to be heard. */
const START = 10;
/** Seconds of both. */
export const STARTING = 2 * START;

/** What both threads see: the port, beats so far, whether the loss of a rank is dealt with; then of each rank the beats that it missed. */
const [PORT, BEATS, DEALT, MISSES] = [0, 1, 2, 3];
/** In place of a count: this rank was never heard, as where a firewall is between. */
const UNHEARD = -1;

/** Where the first rank is reached, as it tells the others. */
export interface Hub {
  /** So that nothing else is taken for a beat. */
  readonly token: string;
  readonly port: number;
  readonly addresses: readonly string[];
}

interface Duties {
  rank: number;
  size: number;
  token: string;
  /** The address to listen on. */
  host: string;
  /** None in the first rank, which answers where it is called from. */
  hub: { address: string; port: number }[];
  /** Milliseconds between two beats. */
  pace: number;
  state: Int32Array;
  constants: Readonly<Record<"PORT" | "BEATS" | "DEALT" | "MISSES" | "UNHEARD" | "MISSED" | "GRACE", number>>;
}

/**
 * Whether other processes run at all, whatever they are busy with: a thread of each says so twice a second, which it does not when the process
 * is stopped, or its machine gone. Every rank and the first one listen to each other, in messages of UDP. Nothing is known of what is not
 * heard from the beginning.
 *
 * Time is counted in own beats, so that a job that was suspended as a whole goes on.
 */
export class Beats {
  readonly #worker: Worker;
  readonly #state: Int32Array;
  readonly #token: string;
  readonly #addresses: readonly string[];

  private constructor(
    duties: Pick<Duties, "rank" | "size" | "token" | "host" | "hub" | "pace">,
    addresses: readonly string[] = [],
  ) {
    this.#state = new Int32Array(new SharedArrayBuffer(4 * (MISSES + duties.size))).fill(UNHEARD, MISSES);
    this.#token = duties.token;
    this.#addresses = addresses;
    const constants = { PORT, BEATS, DEALT, MISSES, UNHEARD, MISSED, GRACE };
    // A bundler would lose a file.
    const source = `(${beat})(require("node:worker_threads"), require("node:dgram"), require("node:fs"))`;
    const workerData: Duties = { ...duties, state: this.#state, constants };
    this.#worker = new Worker(source, { eval: true, workerData, execArgv: [], env: {} });
    // Without it, ranks wait for each other as long as their patience is.
    this.#worker.on("error", () => {});
    this.#worker.unref();
  }

  /**
   * Those of the first rank.
   * @param areNear  all ranks are on one machine
   * @param pace     milliseconds between two beats
   */
  static first(size: number, areNear: boolean, pace = BEAT_MS): Beats {
    const outside = Object.values(networkInterfaces()).flatMap((found) =>
      (found ?? []).filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address),
    );
    const token = randomBytes(16).toString("hex");
    const place = areNear ? "127.0.0.1" : "0.0.0.0";
    return new Beats({ rank: 0, size, token, host: place, hub: [], pace }, areNear ? [place] : outside);
  }

  /** Those of another rank. */
  static after({ token, port, addresses }: Hub, rank: number, size: number, pace = BEAT_MS): Beats {
    const hub = addresses.map((address) => ({ address, port }));
    const host = addresses.includes("127.0.0.1") ? "127.0.0.1" : "0.0.0.0";
    return new Beats({ rank, size, token, host, hub, pace });
  }

  /** Waits until the first rank can be reached. @returns null where it cannot */
  hub(): Hub | null {
    Atomics.wait(this.#state, PORT, 0, 1000 * START);
    const port = Atomics.load(this.#state, PORT);
    return port === 0 || this.#addresses.length === 0 ? null : { token: this.#token, port, addresses: this.#addresses };
  }

  /** Waits until a rank is heard. */
  hear(rank: number): boolean {
    Atomics.wait(this.#state, MISSES + rank, UNHEARD, 1000 * START);
    return Atomics.load(this.#state, MISSES + rank) !== UNHEARD;
  }

  /** Milliseconds while this process ran, since the beginning. */
  get now(): number {
    return Atomics.load(this.#state, BEATS) * BEAT_MS;
  }

  /** Ranks that were heard, and are not any more. */
  get lost(): number[] {
    return Array.from(this.#state.subarray(MISSES).keys()).filter(
      (rank) => Atomics.load(this.#state, MISSES + rank) >= MISSED,
    );
  }

  /** That ranks are lost is dealt with: the thread need not. */
  deal(): void {
    Atomics.store(this.#state, DEALT, 1);
  }

  /**
   * @param listener  hears of lost ranks as soon as this thread is idle
   * @param lastWords  of each rank what is written to standard error before the process is ended, where this thread never is; null: it is not
   */
  onLoss(listener: (ranks: number[]) => void, lastWords: readonly string[] | null): void {
    this.#worker.on("message", listener);
    this.#worker.postMessage(lastWords);
    this.#worker.unref();
  }

  stop(): void {
    void this.#worker.terminate();
  }
}

/** What the thread does. It is made into text, and so uses nothing of this file. */
function beat(
  { workerData, parentPort }: typeof import("node:worker_threads"),
  { createSocket }: typeof import("node:dgram"),
  { writeSync }: typeof import("node:fs"),
): void {
  const { rank, size, token, host, hub, pace, state, constants } = workerData as Duties;
  const { PORT, BEATS, DEALT, MISSES, UNHEARD, MISSED, GRACE } = constants;
  const places = new Map<number, { address: string; port: number }[]>(hub.length > 0 ? [[0, hub]] : []);
  let lastWords: readonly string[] | null = null;
  let late = 0;
  const socket: Socket = createSocket("udp4");
  const say = (): void => {
    // What cannot be sent is not heard.
    for (const { address, port } of [...places.values()].flat())
      socket.send(`${token} ${rank}`, port, address, () => {});
  };
  const isLost = (other: number): boolean => Atomics.load(state, MISSES + other) >= MISSED;
  const judge = (): void => {
    Atomics.add(state, BEATS, 1);
    for (let other = 0; other < size; other++)
      if (Atomics.load(state, MISSES + other) !== UNHEARD) Atomics.add(state, MISSES + other, 1);
    const lost = Array.from({ length: size }, (_, other) => other).filter(isLost);
    if (lost.length === 0) late = 0;
    else if (++late === 1) parentPort?.postMessage(lost);
    // The main thread is in something that never ends: an operation of the system, or of MPI. The lowest rank that is left tells.
    const due = GRACE + (rank < 2 ? 0 : Math.min(rank, 4) + 4);
    if (lastWords === null || late <= due || Atomics.load(state, DEALT) === 1) return;
    writeSync(2, lastWords[lost[0]]);
    process.kill(process.pid, "SIGKILL");
  };
  socket.on("error", () => {});
  socket.on("message", (bytes: Uint8Array, from: RemoteInfo) => {
    const [heard, name] = String(bytes).split(" ");
    const other = Number(name);
    if (heard !== token || !Number.isInteger(other) || other < 0 || other >= size) return;
    const isNew = Atomics.exchange(state, MISSES + other, 0) === UNHEARD;
    places.set(other, [from]);
    if (!isNew) return;
    Atomics.notify(state, MISSES + other);
    say();
  });
  socket.bind(0, host, () => {
    Atomics.store(state, PORT, socket.address().port);
    Atomics.notify(state, PORT);
    say();
  });
  parentPort?.on("message", (words: readonly string[] | null) => {
    lastWords = words;
  });
  setInterval(() => {
    say();
    judge();
  }, pace);
}
