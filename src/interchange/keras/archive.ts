import { unzipSync } from "fflate";
import { FormatError } from "../../base/errors.js";
import { textOf } from "../text-of.js";

/** What a .keras file holds. */
export interface KerasArchive {
  config: string;
  metadata: string | null;
  /** HDF5. */
  weights: Uint8Array;
}

const CONFIG = "config.json";
const METADATA = "metadata.json";
const WEIGHTS = "model.weights.h5";
/** What may be unpacked besides twice the file. */
const SPARE_BYTES = 2 ** 25;

/** Whether bytes are of a zip with something in it. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/**
 * The parts of a .keras file.
 * @throws FormatError for a damaged zip, for one that unpacks to more than twice its size and 32 MiB, and where a part is missing
 */
export function openKerasArchive(op: string, source: string, bytes: Uint8Array): KerasArchive {
  const parts = unzipped(op, source, bytes);
  const part = (name: string): Uint8Array => {
    const found = parts[name];
    if (found !== undefined) return found;
    const value = Object.keys(parts).join(", ") || "none of its parts";
    const must = `hold ${CONFIG} and ${WEIGHTS}`;
    throw new FormatError({ op, argument: source, must, value, fix: "Save it with model.save(path) of Keras." });
  };
  const metadata = parts[METADATA];
  return {
    config: textOf(op, `${CONFIG} of ${source}`, part(CONFIG)),
    metadata: metadata === undefined ? null : textOf(op, `${METADATA} of ${source}`, metadata),
    weights: part(WEIGHTS),
  };
}

function unzipped(op: string, source: string, bytes: Uint8Array): Record<string, Uint8Array> {
  const most = 2 * bytes.length + SPARE_BYTES;
  let total = 0;
  const seen = new Set<string>();
  try {
    return unzipSync(bytes, {
      filter: ({ name, originalSize, size }) => {
        if (name !== CONFIG && name !== METADATA && name !== WEIGHTS) return false;
        total += Math.max(originalSize, size);
        if (total > most || seen.has(name)) {
          const must = seen.has(name) ? `hold ${name} once` : `unpack to at most ${most} bytes`;
          throw new FormatError({ op, argument: source, must, value: seen.has(name) ? "two" : String(total) });
        }
        seen.add(name);
        return true;
      },
    });
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const value = cause instanceof Error ? cause.message : "a fault in it";
    const fix = "It is truncated or damaged: copy or save it again.";
    throw new FormatError({ op, argument: source, must: "be a zip in order", value, fix }, { cause });
  }
}
