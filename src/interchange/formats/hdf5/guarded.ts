import { FormatError, show, UnrolledError } from "../../../base/errors.js";
import { type H5Module, setBroken } from "./h5wasm.js";

/** What the library may take besides twice the file, its own 18 MiB not counted: a file may say that it holds anything. */
const SPARE_BYTES = 46 * 2 ** 20;
/** A damaged file leaves some hundred kilobytes behind, and an instance has no more than 2 GiB. */
const WORN_OUT = 2 ** 30;

/**
 * Runs `act`, which reads a file by the library, and undoes what a damaged one leaves: open files, of which an instance has 4096.
 * @throws FormatError for whatever the library throws, WebAssembly's own errors too, and for a file that takes too much memory
 */
export function guarded<T>(op: string, source: string, module: H5Module, fileBytes: number, act: () => T): T {
  const open = new Set(module.FS.streams.filter((stream) => stream != null));
  const most = module.HEAPU8.length + 2 * fileBytes + SPARE_BYTES;
  const refused = { growth: false };
  module.activate_throwing_error_handler?.();
  try {
    return withZeroedMemory(module, () => withinMemory(module, most, refused, act));
  } catch (cause) {
    if (cause instanceof UnrolledError) throw cause;
    // What HDF5 itself finds is a plain Error; anything else came from below it.
    const stopped = !(cause instanceof Error) || cause.constructor !== Error;
    if (stopped || module.HEAPU8.length > WORN_OUT) setBroken(module);
    if (refused.growth) throw tooMuch(op, source, 2 * fileBytes + SPARE_BYTES, cause);
    throw damaged(op, source, cause);
  } finally {
    module.deactivate_throwing_error_handler?.();
    for (const stream of module.FS.streams) if (stream != null && !open.has(stream)) module.FS.close(stream);
  }
}

/** Where a text cannot be read, the library frees the addresses that stand where its own should: of nothing, rather than anything. */
function withZeroedMemory<T>(module: H5Module, act: () => T): T {
  const { _malloc } = module;
  module._malloc = (bytes) => module._calloc(bytes, 1);
  try {
    return act();
  } finally {
    module._malloc = _malloc;
  }
}

/**
 * An instance's memory is its own and out of reach, so it is the engine that is asked, for as long as one call takes: the library
 * finds that there is no more, and says so.
 */
function withinMemory<T>(module: H5Module, most: number, refused: { growth: boolean }, act: () => T): T {
  const { prototype } = WebAssembly.Memory;
  const { grow } = prototype;
  const limited = function (this: WebAssembly.Memory, pages: number): number {
    if (this.buffer === module.HEAPU8.buffer && this.buffer.byteLength + pages * 2 ** 16 > most) {
      refused.growth = true;
      throw new RangeError(`more than ${most} bytes`);
    }
    return grow.call(this, pages);
  };
  // Where the objects of the language are frozen there is no limit but the library's.
  if (!Reflect.set(prototype, "grow", limited)) return act();
  try {
    return act();
  } finally {
    prototype.grow = grow;
  }
}

function damaged(op: string, source: string, cause: unknown): FormatError {
  const said = cause instanceof Error ? reasonIn(cause.message) : show(cause);
  return refusal(op, source, "be an HDF5 file in order", said.slice(0, 200) || "a fault in it", cause);
}

function tooMuch(op: string, source: string, bytes: number, cause: unknown): FormatError {
  const value = "one that takes more, as those that are packed in very large pieces do";
  return refusal(op, source, `be read with at most ${bytes} bytes of memory`, value, cause);
}

function refusal(op: string, argument: string, must: string, value: string, cause: unknown): FormatError {
  const fix = "It is truncated or damaged: copy or save it again.";
  return new FormatError({ code: "hdf5", op, argument, must, value, fix }, { cause });
}

/** The innermost of HDF5's lines, `#004: H5Fsuper.c line 551 in H5F__super_read(): truncated file`; of another text the first. */
function reasonIn(message: string): string {
  const innermost = [...message.matchAll(/^ *#\d+: .* in \w+\(\): (.+)$/gm)].at(-1)?.[1];
  return innermost ?? message.split("\n", 1)[0];
}
