import { FormatError, show } from "../../../base/errors.js";
import type { FileContents } from "../file-contents.js";
import { readZip, type ZipEntry } from "../zip/index.js";
import { SAVE_WEIGHTS, unpickle } from "./pickle/index.js";
import { checkedRecord, type RecordOf, tensorsIn } from "./tensors.js";

const OP = "read";
export const PICKLE = "data.pkl";
/** More than the description of any model takes. */
export const MOST_PICKLED = 2 ** 26;

/** A file of `torch.save` since PyTorch 1.6: a zip archive of one pickle, and of a record of bytes for each storage. */
export function readZipped(bytes: Uint8Array, source: string): FileContents {
  const entries = readZip(OP, bytes, source);
  const pickle = [...entries.keys()].find((name) => name === PICKLE || name.endsWith(`/${PICKLE}`));
  if (pickle === undefined) throw noModel(source, [...entries.keys()]);
  const root = pickle.slice(0, -PICKLE.length);
  const text = (name: string): string | null => {
    const entry = entries.get(root + name);
    return entry === undefined ? null : new TextDecoder().decode(entry.head(64)).trim();
  };
  if (entries.has(`${root}constants.pkl`)) {
    const must = "hold tensors alone";
    throw new FormatError({ op: OP, argument: source, must, value: "a TorchScript archive", fix: SAVE_WEIGHTS });
  }
  const order = text("byteorder");
  if (order !== null && order !== "little") {
    throw new FormatError({ op: OP, argument: source, must: "be of little-endian numbers", value: show(order) });
  }
  const entry = entries.get(pickle)!;
  const argument = `${show(pickle)} in ${source}`;
  if (entry.size > MOST_PICKLED) {
    throw new FormatError({ op: OP, argument, must: `be at most ${MOST_PICKLED} bytes`, value: `${entry.size}` });
  }
  const { value, protocol } = unpickle(entry.bytes(), 0, argument);
  const version = order === null ? "1.6 or later" : "2 or later";
  const found = tensorsIn(value, source, recordsOf(entries, root));
  return { producer: `PyTorch ${version} (pickle protocol ${protocol})`, ...found };
}

/** Every archive that nobody knows is read here. */
function noModel(source: string, names: readonly string[]): FormatError {
  const must = `hold ${PICKLE} of PyTorch, arrays (.npy) of NumPy or config.json and model.weights.h5 of Keras`;
  const others = names.length > 3 ? ` and ${names.length - 3} more` : "";
  const value = names.length === 0 ? "an empty archive" : names.slice(0, 3).map(show).join(", ") + others;
  return new FormatError({ op: OP, argument: source, must, value });
}

function recordsOf(entries: ReadonlyMap<string, ZipEntry>, root: string): RecordOf {
  return (tensor, argument) => {
    const name = `${root}data/${tensor.storage.key}`;
    const entry = entries.get(name);
    if (entry === undefined) {
      const fix = "The file is truncated, or damaged.";
      throw new FormatError({
        op: OP,
        argument,
        must: `have its storage in ${show(name)}`,
        value: "no such record",
        fix,
      });
    }
    checkedRecord(tensor, entry.size, argument);
    return () => entry.bytes();
  };
}
