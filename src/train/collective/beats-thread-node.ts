import type { RemoteInfo, Socket } from "node:dgram";
import type { Work, workDone } from "./work-node.js";

/**
 * Places of what both threads see: the port of this one; beats so far; whether some rank deals with the loss of another; whether all ranks are together;
 * how often the main thread began or ended to wait for others, so that it waits where this is odd; and the beats that a flush of its may
 * take, and one, where one is under way. Then of each rank the beats that it missed, of each those for which it came no further, and of each
 * whether and how it is lost.
 */
export const PLACES = { PORT: 0, BEATS: 1, DEALT: 2, TOGETHER: 3, TURNS: 4, FLUSH: 5, MISSES: 6 } as const;
/** In place of a count of misses: this rank was never heard, as where a firewall is between. */
export const UNHEARD = -1;

/** How a rank is lost, by the numbers that stand for it; 0: it is not. */
export const LOSSES = ["none", "silent", "stuck"] as const;

/** Where a rank is reached. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** What the first rank writes where others on its machine look for it. */
export interface Meeting {
  readonly token: string;
  readonly port: number;
}

export interface Duties {
  readonly rank: number;
  readonly size: number;
  /** So that nothing else is taken for a beat; of the first rank alone, from which others have it. */
  readonly token: string | null;
  /** The address to listen on. */
  readonly host: string;
  /** The file by which ranks of one machine find each other before MPI does; null where there is no place for one. */
  readonly meeting: string | null;
  /** Milliseconds between two beats. */
  readonly pace: number;
  readonly state: Int32Array;
  readonly places: typeof PLACES;
  readonly losses: typeof LOSSES;
  readonly unheard: number;
  readonly limits: Limits;
  readonly words: LastWords | null;
}

/** All in beats. */
export interface Limits {
  /** After whose absence a process counts as stopped. */
  readonly missed: number;
  /** After which one that comes no further counts as stuck. */
  readonly stuck: number;
  /** That the main thread then has to do something about it, before this one does. */
  readonly grace: number;
  /** In which all must be together. */
  readonly start: number;
  /** Hundredths of a second in which a process that is not stuck has a processor, while it may come no further. */
  readonly ticks: number;
  /** Pages that its system writes in as long, while a flush comes further. */
  readonly pages: number;
}

/** What is written to standard error before the process is ended, `{ranks}` being those that it is about; `late` is about others that nobody knows. */
export type LastWords = Readonly<Record<"silent" | "stuck" | "unseen" | "late", string>>;

/** Ranks that are lost, and how. */
export interface Loss {
  readonly why: "silent" | "stuck";
  readonly ranks: readonly number[];
}

/** What the main thread tells the other one. */
export interface Order {
  readonly token: string;
  readonly hub: readonly Place[];
}

type Threads = Pick<typeof import("node:worker_threads"), "workerData" | "parentPort">;
type Dgram = Pick<typeof import("node:dgram"), "createSocket">;
type Files = Pick<
  typeof import("node:fs"),
  "readFileSync" | "readdirSync" | "readlinkSync" | "renameSync" | "writeFileSync" | "writeSync"
>;
type Port = Threads["parentPort"];

/** Functions of the thread. Each is made into text, and so uses nothing of its file. */
export interface Parts {
  readonly workDone: typeof workDone;
  readonly meeter: typeof meeter;
  readonly watcher: typeof watcher;
  readonly judge: typeof judge;
}

/** What the thread does: twice a second, it looks what its process does, says so, and judges what it hears of others. */
export function beat({ workerData, parentPort }: Threads, dgram: Dgram, fs: Files, parts: Parts): void {
  const duties = workerData as Duties;
  const { rank, size, host, state, places, unheard } = duties;
  const { PORT, DEALT, MISSES } = places;
  const IDLE = MISSES + size;
  const socket: Socket = dgram.createSocket("udp4");
  let { token } = duties;
  /** Where each rank that is known is reached: the first one answers whom it hears, and the others call it. */
  const reached = new Map<number, readonly Place[]>();
  const say = (): void => {
    const [idle, dealt] = [Atomics.load(state, IDLE + rank), Atomics.load(state, DEALT)];
    // What cannot be sent is not heard.
    for (const { port, address } of [...reached.values()].flat())
      socket.send(`${token} ${rank} ${idle} ${dealt}`, port, address, () => {});
  };
  const call = (order: Order | null): void => {
    // What lay where they meet may be of a job before.
    if (order === null || rank === 0 || Atomics.load(state, MISSES) !== unheard) return;
    token = order.token;
    reached.set(0, order.hub);
  };
  socket.on("error", () => {});
  socket.on("message", (bytes: Uint8Array, from: RemoteInfo) => {
    const [heard, name, idle, dealt] = String(bytes).split(" ");
    const other = Number(name);
    if (heard !== token || !Number.isInteger(other) || other < 0 || other >= size) return;
    const isNew = Atomics.exchange(state, MISSES + other, 0) === unheard;
    Atomics.store(state, IDLE + other, Number(idle));
    // Who waited for this one may have lost patience: one tells.
    if (dealt === "1") Atomics.store(state, DEALT, 1);
    reached.set(other, [from]);
    if (!isNew) return;
    Atomics.notify(state, MISSES + other);
    say();
  });
  const [meet, watch] = [parts.meeter(duties, fs), parts.watcher(duties, () => parts.workDone(fs))];
  const judgeAll = parts.judge(duties, parentPort, fs);
  socket.bind(0, host, () => {
    Atomics.store(state, PORT, socket.address().port);
    Atomics.notify(state, PORT);
    call(meet());
    say();
  });
  parentPort?.on("message", (order: Order) => {
    call(order);
    say();
  });
  setInterval(() => {
    call(meet());
    watch();
    say();
    judgeAll();
  }, duties.pace);
}

/** @returns how ranks of one machine find each other: the first one tells where it is, another reads it; null where there is nothing to read */
export function meeter({ rank, host, meeting, token, state, places }: Duties, fs: Files): () => Order | null {
  let told = 0;
  return () => {
    const port = Atomics.load(state, places.PORT);
    if (meeting === null || port === told || Atomics.load(state, places.TOGETHER) === 1) return null;
    try {
      if (rank > 0) {
        const found = JSON.parse(fs.readFileSync(meeting, "utf8")) as Meeting;
        return { token: found.token, hub: [{ address: host, port: found.port }] };
      }
      fs.writeFileSync(`${meeting}.tmp`, JSON.stringify({ token: token ?? "", port } satisfies Meeting), {
        mode: 0o600,
      });
      fs.renameSync(`${meeting}.tmp`, meeting);
      told = port;
    } catch {
      // It is not there yet, or never will be: then MPI brings the ranks together.
    }
    return null;
  };
}

/** @returns what counts the beats for which this process neither waits for others nor does anything that can be seen */
export function watcher({ rank, size, state, places, limits }: Duties, work: () => Work | null): () => void {
  const { TURNS, FLUSH, MISSES } = places;
  let [turns, flush, idle] = [-1, 0, 0];
  let before: Work | null = null;
  return () => {
    const [turnsNow, flushNow] = [Atomics.load(state, TURNS), Atomics.load(state, FLUSH)];
    const isElsewhere = (turnsNow & 1) === 1 || turnsNow !== turns || flushNow !== flush;
    [turns, flush] = [turnsNow, flushNow];
    const now = isElsewhere ? null : work();
    const hasWorked =
      now === null ||
      before === null ||
      now.isReady ||
      now.bytes !== before.bytes ||
      now.ticks - before.ticks >= limits.ticks ||
      (flush > 0 && now.pages - before.pages >= limits.pages);
    if (hasWorked) [before, idle] = [now, 0];
    else idle++;
    Atomics.store(state, MISSES + size + rank, Math.max(0, idle - Math.max(0, flush - 1)));
  };
}

/** @returns what counts beats, says which ranks are lost, and ends the process where the main thread comes to nothing any more */
export function judge(duties: Duties, port: Port, fs: Files): () => void {
  const { rank, size, meeting, state, places, losses, unheard, limits, words } = duties;
  const { BEATS, DEALT, TOGETHER, MISSES } = places;
  const [IDLE, LOST] = [MISSES + size, MISSES + 2 * size];
  const all = Array.from({ length: size }, (_, other) => other);
  const isHeard = (other: number): boolean => Atomics.load(state, MISSES + other) !== unheard;
  const lossNow = (): Loss | null => {
    const beyond = (from: number, limit: number) => all.filter((other) => Atomics.load(state, from + other) >= limit);
    const silent = beyond(MISSES, limits.missed);
    if (silent.length > 0) return { why: "silent", ranks: silent };
    // The first one hears it of all.
    const stuck = rank === 0 ? beyond(IDLE, limits.stuck) : [];
    return stuck.length > 0 ? { why: "stuck", ranks: stuck } : null;
  };
  /** The main thread is in something that never ends: an operation of the system, or of MPI. */
  const end = (kind: keyof LastWords, ranks: readonly number[]): void => {
    if (words === null) return;
    fs.writeSync(2, words[kind].replace("{ranks}", ranks.join(", ")));
    process.kill(process.pid, "SIGKILL");
  };
  let late = 0;
  return () => {
    const beats = Atomics.add(state, BEATS, 1) + 1;
    for (const other of all.filter(isHeard)) Atomics.add(state, MISSES + other, 1);
    const loss = lossNow();
    const kind = loss === null ? 0 : losses.indexOf(loss.why);
    for (const other of all) Atomics.store(state, LOST + other, loss?.ranks.includes(other) === true ? kind : 0);
    if (loss === null) late = 0;
    else if (++late === 1) port?.postMessage(loss);
    if (Atomics.load(state, DEALT) === 1) return;
    // The lowest rank that is left tells.
    const due = limits.grace + (rank < 2 ? 0 : Math.min(rank, 4) + 4);
    if (loss !== null && late > due) return end(loss.why, loss.ranks);
    if (Atomics.load(state, TOGETHER) === 1 || beats <= limits.start + 2 * Math.min(rank, 30)) return;
    const known = rank === 0 ? all.slice(1) : [0];
    const unseen = meeting === null ? [] : known.filter((other) => !isHeard(other));
    end(unseen.length > 0 ? "unseen" : "late", unseen);
  };
}
