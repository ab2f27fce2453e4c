import type { FileContents } from "../file-contents.js";
import { isZip } from "../zip/index.js";
import { readLegacy } from "./legacy.js";
import { readZipped } from "./zipped.js";

export { isPickle } from "./legacy.js";
export { PICKLE } from "./zipped.js";

/**
 * Tensors of a file that `torch.save` wrote, by any version and pickle protocol from 2 on. Nothing in it is run: a pickle that asks for
 * more than tensors, texts, numbers, lists and dictionaries is refused, by the name that it asks for.
 * @throws FormatError; code `forbidden-global` with the name as `details.key`
 */
export function decodeTorch(bytes: Uint8Array, source = "file"): FileContents {
  return isZip(bytes) ? readZipped(bytes, source) : readLegacy(bytes, source);
}
