import { FormatError, show } from "../../../base/errors.js";
import { formatShape, sizeOf } from "../../../base/shape.js";
import type { FileContents } from "../file-contents.js";
import { STORED_TYPES } from "../safetensors/stored-dtype.js";
import { type StoredArray, storedArray } from "../stored-array.js";
import { readZip } from "../zip/index.js";
import { type NpyHeader, readNpyHeader, TRUNCATED } from "./header.js";

export { isNpy } from "./header.js";

const OP = "read";
const SUFFIX = ".npy";
/** Header and all that stands before it. */
const MOST_HEAD = 16_384;

/** One array of `numpy.save`, under the name `array`. @throws FormatError */
export function decodeNpy(bytes: Uint8Array, source = "file"): FileContents {
  const header = readNpyHeader(bytes.subarray(0, MOST_HEAD), source);
  const array = arrayOf(header, bytes.length, () => bytes, source);
  return { producer: "NumPy", arrays: new Map([["array", array]]), metadata: {} };
}

/**
 * The arrays of `numpy.savez` and `numpy.savez_compressed` by their names. What is compressed is unpacked when it is read.
 * @throws FormatError naming the array and what is wrong with it; for arrays of objects, which are pickles, and all else that is no number
 */
export function decodeNpz(bytes: Uint8Array, source = "file"): FileContents {
  const arrays = new Map<string, StoredArray>();
  const others: string[] = [];
  for (const [name, entry] of readZip(OP, bytes, source)) {
    if (!name.endsWith(SUFFIX)) {
      others.push(name);
      continue;
    }
    const own = name.slice(0, -SUFFIX.length);
    const argument = `array ${show(own)} of ${source}`;
    const header = readNpyHeader(entry.head(MOST_HEAD), argument);
    arrays.set(
      own,
      arrayOf(
        header,
        entry.size,
        () => entry.bytes(),
        argument,
        () => entry.check(),
        entry.isPacked,
      ),
    );
  }
  return { producer: "NumPy", arrays, metadata: others.length === 0 ? {} : { files: others } };
}

function arrayOf(
  { stored, bigEndian, fortran, shape, begin }: NpyHeader,
  length: number,
  bytes: () => Uint8Array,
  argument: string,
  check = (): void => {},
  packed = false,
): StoredArray {
  const { bytes: width } = STORED_TYPES[stored];
  const size = sizeOf(shape);
  const expected = size * width;
  if (!shape.every(Number.isSafeInteger) || !Number.isSafeInteger(expected)) {
    throw new FormatError({
      op: OP,
      argument,
      must: "have fewer than 2^53 bytes",
      value: `shape ${formatShape(shape)}`,
    });
  }
  if (length - begin !== expected) {
    const must = `have ${expected} bytes (shape ${formatShape(shape)} of ${stored})`;
    throw new FormatError({ op: OP, argument, must, value: `${length - begin}`, fix: TRUNCATED });
  }
  check();
  const data = (): Uint8Array => bytes().subarray(begin, begin + expected);
  const strides = fortran ? firstAxisFastest(shape) : undefined;
  return storedArray({ stored, shape, bytes: data, strides, bigEndian, packed }, argument);
}

function firstAxisFastest(shape: readonly number[]): number[] {
  let step = 1;
  return shape.map((size) => {
    const own = step;
    step *= size;
    return own;
  });
}
