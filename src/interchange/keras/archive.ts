import { FormatError } from "../../base/errors.js";
import { readZip } from "../formats/zip/index.js";
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
/** What may be unpacked besides twice the file: Keras stores its parts as they are. */
const SPARE_BYTES = 2 ** 25;

/**
 * The parts of a .keras file.
 * @throws FormatError for what `readZip` refuses, for parts that unpack to more than twice the file and 32 MiB, for one that is damaged,
 *   and where one is missing
 */
export function openKerasArchive(op: string, source: string, bytes: Uint8Array): KerasArchive {
  const entries = readZip(op, bytes, source);
  const parts = [CONFIG, METADATA, WEIGHTS].flatMap((name) => entries.get(name) ?? []);
  const [total, most] = [parts.reduce((sum, { size }) => sum + size, 0), 2 * bytes.length + SPARE_BYTES];
  if (total > most) {
    throw new FormatError({ op, argument: source, must: `unpack to at most ${most} bytes`, value: String(total) });
  }
  const found = new Map(
    parts.map((entry) => {
      entry.check();
      return [entry.name, entry.bytes()];
    }),
  );
  const part = (name: string): Uint8Array => {
    const own = found.get(name);
    if (own !== undefined) return own;
    const value = [...found.keys()].join(", ") || "none of its parts";
    const must = `hold ${CONFIG} and ${WEIGHTS}`;
    throw new FormatError({ op, argument: source, must, value, fix: "Save it with model.save(path) of Keras." });
  };
  return {
    config: textOf(op, `${CONFIG} of ${source}`, part(CONFIG)),
    metadata: found.has(METADATA) ? textOf(op, `${METADATA} of ${source}`, part(METADATA)) : null,
    weights: part(WEIGHTS),
  };
}
