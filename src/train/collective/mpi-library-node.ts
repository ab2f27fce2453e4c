import { UnsupportedError } from "../../base/errors.js";
import { findKoffi, type Koffi, type KoffiLibrary } from "../../engine/blas/koffi.js";

/** What of MPI is used. Handles are pointers in Open MPI and integers in MPICH; every call takes bytes. */
export interface MpiLibrary {
  readonly name: string;
  rank(): number;
  size(): number;
  /** Starts to send bytes to a rank. */
  send(from: ArrayBufferView, bytes: number, to: number, tag: number): MpiRequest;
  /** Starts to receive as many from it. */
  receive(to: ArrayBufferView, bytes: number, from: number, tag: number): MpiRequest;
  /** Whether a message of a rank waits to be received. */
  waits(from: number, tag: number): boolean;
  /** After it nothing can be said any more; all ranks must call it. */
  finalize(): void;
  /** Ends all ranks. */
  abort(exitCode: number): void;
}

export interface MpiRequest {
  /** Whether it is over. */
  test(): boolean;
}

/** Whose launcher started this process: another library would take it for one that is alone. */
export type MpiKind = "Open MPI" | "MPICH";

const ON_MAC = ["libmpi.dylib", "/opt/homebrew/lib/libmpi.dylib", "/usr/local/lib/libmpi.dylib"];
/** In the order in which they are tried. Intel's and MVAPICH's have the binary interface of MPICH. */
const LIBRARIES: Readonly<Record<MpiKind, Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>>>> = {
  "Open MPI": { linux: ["libmpi.so.40", "libmpi.so"], darwin: ON_MAC },
  MPICH: { linux: ["libmpich.so.12", "libmpi.so.12", "libmpi.so"], darwin: ON_MAC },
};

interface Handles {
  /** The type of handles in declarations. */
  type: "void *" | "int";
  world: unknown;
  byte: unknown;
  /** Bytes of a request. */
  requestBytes: number;
}

/** MPICH's handles are numbers of its binary interface. */
const MPICH: Handles = { type: "int", world: 0x44000000, byte: 0x4c00010d, requestBytes: 4 };

interface Loader extends Koffi {
  load(path: string, options?: { global: boolean }): KoffiLibrary & { symbol(name: string, type: string): unknown };
}

/**
 * Finds MPI, and starts it.
 * @param path  of UNROLLED_MPI, for a library in another place
 * @throws UnsupportedError when koffi or MPI is not there
 */
export function openMpi(kind: MpiKind, path?: string): MpiLibrary {
  const koffi = findKoffi()?.koffi as Loader | undefined;
  if (koffi === undefined) throw missing("the package koffi", "nothing", "Install it: npm install koffi.");
  // UCX, by which MPICH speaks, takes over how the system gives and takes memory; with several threads it takes some that is in use.
  process.env["UCX_MEM_EVENTS"] ??= "no";
  const names = path === undefined ? (LIBRARIES[kind][process.platform] ?? []) : [path];
  const reasons: string[] = [];
  for (const name of names) {
    try {
      return bindMpi(koffi.load(name, { global: true }), name);
    } catch (error) {
      reasons.push(`${name}: ${(error as Error).message.split("\n")[0]}`);
    }
  }
  const value = reasons.length === 0 ? `none for ${process.platform}` : reasons.join("; ");
  throw missing(
    "an MPI library",
    value,
    "Install one (Debian: apt install libopenmpi3), or name it: UNROLLED_MPI=PATH.",
  );
}

function missing(what: string, value: string, fix: string): UnsupportedError {
  return new UnsupportedError({ op: "train", argument: "MPI", must: `find ${what}`, value, fix });
}

/**
 * Starts an MPI that was loaded.
 * @param name  what it is called in errors: its file
 */
export function bindMpi(library: ReturnType<Loader["load"]>, name: string): MpiLibrary {
  const handles = handlesOf(library);
  const { type, world, byte, requestBytes } = handles;
  const func = (declaration: string) => {
    const call = library.func(declaration.replaceAll("HANDLE", type));
    return (...values: unknown[]) => {
      const status = call(...values);
      if (status !== 0) throw new Error(`${/MPI_\w+/.exec(declaration)![0]} failed with status ${status}`);
    };
  };
  const test = func("int MPI_Test(void *request, void *flag, void *status)");
  const [send, receive] = ["MPI_Isend", "MPI_Irecv"].map((call) =>
    func(`int ${call}(void *, int, HANDLE, int, int, HANDLE, void *)`),
  );
  const number = (call: string): number => {
    const found = new Int32Array(1);
    func(`int ${call}(HANDLE, void *)`)(world, found);
    return found[0];
  };
  const probe = func("int MPI_Iprobe(int, int, HANDLE, void *, void *)");
  const finalize = func("int MPI_Finalize(void)");
  const abort = func("int MPI_Abort(HANDLE, int)");
  func("int MPI_Init(void *, void *)")(null, null);
  /** The array is kept until the request is over: MPI reads and writes them meanwhile. */
  const started = (start: (request: Uint8Array) => void, array: ArrayBufferView): MpiRequest => {
    const [request, flag] = [new Uint8Array(new ArrayBuffer(128), 0, requestBytes), new Int32Array(32)];
    start(request);
    let kept: ArrayBufferView | null = array;
    return {
      test() {
        if (kept === null) return true;
        test(request, flag, STATUS);
        if (flag[0] !== 0) kept = null;
        return kept === null;
      },
    };
  };
  return {
    name,
    rank: () => number("MPI_Comm_rank"),
    size: () => number("MPI_Comm_size"),
    send: (from, bytes, to, tag) => started((request) => send(from, bytes, byte, to, tag, world, request), from),
    receive: (to, bytes, from, tag) => started((request) => receive(to, bytes, byte, from, tag, world, request), to),
    waits(from, tag) {
      const flag = new Int32Array(1);
      probe(from, tag, world, flag, STATUS);
      return flag[0] !== 0;
    },
    finalize: () => finalize(),
    abort: (exitCode) => abort(world, exitCode),
  };
}

/** Room for a status of any implementation; nobody reads it. */
const STATUS = new Uint8Array(128);

/** Open MPI's handles are addresses of its own variables. */
function handlesOf(library: ReturnType<Loader["load"]>): Handles {
  try {
    const [world, byte] = ["ompi_mpi_comm_world", "ompi_mpi_byte"].map((name) => library.symbol(name, "char"));
    return { type: "void *", world, byte, requestBytes: 8 };
  } catch {
    return MPICH;
  }
}
