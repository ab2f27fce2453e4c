import { FormatError } from "../../../base/errors.js";

/** "GCOL", version 1. The library does not look at the three reserved bytes behind it. */
const SIGNATURE = [0x47, 0x43, 0x4f, 0x4c, 1];
const HEADER_BYTES = 16;

/**
 * The collections in which texts of any length lie: the library walks them by the sizes that they name, and one whose object has none
 * would keep it for ever.
 * @throws FormatError for one that does not end where it says
 * Source: HDF5 File Format Specification, "Global Heap".
 */
export function checkGlobalHeaps(op: string, source: string, bytes: Uint8Array): void {
  for (let at = bytes.indexOf(0x47); at >= 0; at = bytes.indexOf(0x47, at + 1)) {
    if (SIGNATURE.every((byte, i) => bytes[at + i] === byte)) checkCollection(op, source, bytes, at);
  }
}

function checkCollection(op: string, source: string, bytes: Uint8Array, at: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fault = (place: number): never => {
    const [argument, must, value] = [source, "hold collections of texts in order", `one that is not, at byte ${place}`];
    const fix = "It is truncated or damaged: copy or save it again.";
    throw new FormatError({ code: "hdf5", op, argument, must, value, fix, details: { byte: place } });
  };
  if (at + HEADER_BYTES > bytes.length) fault(at);
  const size = view.getBigUint64(at + 8, true);
  if (size < HEADER_BYTES || size > BigInt(bytes.length - at)) fault(at);
  const end = at + Number(size);
  for (let place = at + HEADER_BYTES; place + HEADER_BYTES <= end; ) {
    const index = view.getUint16(place, true);
    const length = view.getBigUint64(place + 8, true);
    if (length > BigInt(end - place)) fault(place);
    // Index 0 is what is free, its own header counted.
    const need = index === 0 ? Number(length) : HEADER_BYTES + 8 * Math.ceil(Number(length) / 8);
    if (need < HEADER_BYTES || place + need > end) fault(place);
    place += need;
  }
}
