import { crc32c } from "../crc.js";

/**
 * A record of TensorFlow's files: its length, the length's checksum, the bytes, their checksum; checksums are CRC-32C, masked.
 * Source: tensorflow/core/lib/io/record_writer.h.
 */
export function encodeRecord(bytes: Uint8Array): Uint8Array {
  const record = new Uint8Array(bytes.length + 16);
  const view = new DataView(record.buffer);
  view.setUint32(0, bytes.length >>> 0, true);
  view.setUint32(4, Math.floor(bytes.length / 2 ** 32), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(bytes, 12);
  view.setUint32(12 + bytes.length, maskedCrc32c(bytes), true);
  return record;
}

const MASK_DELTA = 0xa282ead8;

/** Turned by 15 bits, and a constant added: a checksum of what holds checksums would be of little use. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
