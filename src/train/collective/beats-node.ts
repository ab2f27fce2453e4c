import { randomBytes } from "node:crypto";
import { unlinkSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { Worker } from "node:worker_threads";
import {
  beat,
  type Duties,
  judge,
  type LastWords,
  LOSSES,
  type Loss,
  meeter,
  type Order,
  type Parts,
  PLACES,
  type Place,
  UNHEARD,
  watcher,
} from "./beats-thread-node.js";
import { workDone } from "./work-node.js";

const { PORT, BEATS, DEALT, TOGETHER, TURNS, FLUSH, MISSES } = PLACES;

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
/** Part of a processor that a process uses, at least, that is at work without a byte. */
const LEAST_WORK = 0.01;
/** Bytes of a second that every disk takes. */
const SLOWEST_DISK = 2 ** 20;
/** Bytes of a page of memory, at least. */
const PAGE = 4096;

/** Where the first rank is reached, as it tells the others. */
export interface Hub {
  readonly token: string;
  readonly port: number;
  readonly addresses: readonly string[];
}

interface Settings {
  /** All ranks are on this machine. */
  readonly areNear: boolean;
  /** A file that does not exist, in a folder that all ranks of this job see and nobody else may write to; null where none is known. */
  readonly meeting: string | null;
  /** Seconds until one that comes no further counts as stuck, and in which all ranks must be together. */
  readonly stuck: number;
  readonly start: number;
  /** What the thread says of lost ranks where this one cannot; null: nothing, and the process goes on. */
  readonly words: LastWords | null;
  /** Milliseconds between two beats. Default: 500 */
  readonly pace?: number | undefined;
}

/**
 * Whether other processes run at all, whatever they are busy with, and whether they come further: a thread of each says so twice a second,
 * which it does not when the process is stopped, or its machine gone. Every rank and the first one listen to each other, in messages of UDP.
 * Nothing is known of what is not heard from the beginning. The thread also ends the process where ranks do not come together in time: until
 * they have, MPI hears nothing else.
 *
 * Time is counted in own beats, so that a job that was suspended as a whole goes on.
 */
export class Beats {
  readonly #worker: Worker;
  readonly #state: Int32Array;
  readonly #token: string | null;
  readonly #settings: Settings;
  readonly #pace: number;
  readonly #size: number;

  /** Begins them. */
  constructor(rank: number, size: number, settings: Settings) {
    const { areNear, meeting, stuck, start, words, pace = BEAT_MS } = settings;
    this.#settings = settings;
    this.#pace = pace;
    this.#size = size;
    this.#state = new Int32Array(new SharedArrayBuffer(4 * (MISSES + 3 * size))).fill(UNHEARD, MISSES, MISSES + size);
    // Until the ranks are together, this one waits for them.
    this.#state[TURNS] = 1;
    this.#token = rank === 0 ? randomBytes(16).toString("hex") : null;
    const beatsOf = (seconds: number) => Math.ceil((1000 * seconds) / pace);
    const limits = {
      ...{ missed: MISSED, grace: GRACE, stuck: beatsOf(stuck), start: beatsOf(start) },
      ticks: Math.ceil(100 * stuck * LEAST_WORK),
      pages: Math.ceil((stuck * SLOWEST_DISK) / PAGE),
    };
    const workerData: Duties = {
      ...{ rank, size, token: this.#token, meeting: areNear ? meeting : null, pace, limits, words },
      ...{
        host: areNear ? "127.0.0.1" : "0.0.0.0",
        state: this.#state,
        places: PLACES,
        losses: LOSSES,
        unheard: UNHEARD,
      },
    };
    // A bundler would lose a file.
    const parts = Object.entries({ workDone, meeter, watcher, judge } satisfies Parts).map(
      ([name, f]) => `${name}: ${f}`,
    );
    const modules = ["worker_threads", "dgram", "fs"].map((name) => `require("node:${name}")`);
    const source = `(${beat})(${modules}, { ${parts} })`;
    this.#worker = new Worker(source, { eval: true, workerData, execArgv: [], env: {} });
    // Without it, ranks wait for each other as long as their patience is.
    this.#worker.on("error", () => {});
    this.#worker.unref();
  }

  /** Of the first rank: waits until it can be reached. @returns null where it cannot */
  hub(): Hub | null {
    Atomics.wait(this.#state, PORT, 0, 1000 * START);
    const port = Atomics.load(this.#state, PORT);
    const addresses = this.#settings.areNear ? ["127.0.0.1"] : addressesOutside();
    return port === 0 || addresses.length === 0 ? null : { token: this.#token ?? "", port, addresses };
  }

  /** Of another rank: from now on it says to the first one that it runs. */
  call({ token, port, addresses }: Hub): void {
    const hub: Place[] = addresses.map((address) => ({ address, port }));
    this.#worker.postMessage({ token, hub } satisfies Order);
  }

  /** Waits until a rank is heard. */
  hear(rank: number): boolean {
    Atomics.wait(this.#state, MISSES + rank, UNHEARD, 1000 * START);
    return Atomics.load(this.#state, MISSES + rank) !== UNHEARD;
  }

  /** All ranks are together. */
  together(): void {
    Atomics.store(this.#state, TOGETHER, 1);
    if (this.#token === null || this.#settings.meeting === null) return;
    try {
      unlinkSync(this.#settings.meeting);
    } catch {
      // It lies in the launcher's folder, and goes with it.
    }
  }

  /** This rank begins to wait for others, or ends to. */
  turn(): void {
    Atomics.add(this.#state, TURNS, 1);
  }

  /** A file is flushed: that takes as long as its disk is slow. @param bytes  that it has; null: it is done */
  flushing(bytes: number | null): void {
    const seconds = (bytes ?? 0) / SLOWEST_DISK;
    Atomics.store(this.#state, FLUSH, bytes === null ? 0 : 1 + Math.ceil((1000 * seconds) / this.#pace));
  }

  /** Milliseconds while this process ran, since the beginning. */
  get now(): number {
    return Atomics.load(this.#state, BEATS) * this.#pace;
  }

  /** Ranks that were heard, and are not any more; else, in the first rank, those that come no further. */
  get loss(): Loss | null {
    const kinds = Array.from({ length: this.#size }, (_, rank) =>
      Atomics.load(this.#state, MISSES + 2 * this.#size + rank),
    );
    const kind = Math.max(...kinds);
    const why = LOSSES[kind];
    return why === "none" ? null : { why, ranks: [...kinds.keys()].filter((rank) => kinds[rank] === kind) };
  }

  /** Whether some rank tells of those that are lost: the thread need not. */
  get isDealtWith(): boolean {
    return Atomics.load(this.#state, DEALT) === 1;
  }

  /** This rank does. */
  deal(): void {
    Atomics.store(this.#state, DEALT, 1);
  }

  /** @param listener  hears of lost ranks as soon as this thread is idle */
  onLoss(listener: (loss: Loss) => void): void {
    this.#worker.on("message", listener);
    this.#worker.unref();
  }

  stop(): void {
    void this.#worker.terminate();
  }
}

function addressesOutside(): string[] {
  return Object.values(networkInterfaces()).flatMap((found) =>
    (found ?? []).filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address),
  );
}
