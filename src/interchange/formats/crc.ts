/**
 * A cyclic redundancy check of 32 bits, whose table is made when it is first asked for.
 * @param polynomial  reversed: the first bit is that of x^31
 */
export function crcBy(polynomial: number): (bytes: Uint8Array, before?: number) => number {
  let table: Int32Array | undefined;
  return (bytes, before = 0) => {
    table ??= tableOf(polynomial);
    let c = ~before;
    for (let i = 0; i < bytes.length; i++) c = table[(c ^ bytes[i]) & 255] ^ (c >>> 8);
    return ~c >>> 0;
  };
}

function tableOf(polynomial: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let c = byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ polynomial : c >>> 1;
    return c;
  });
}

/** The checksum of zip, gzip and PNG. @param before  of the bytes before these */
export const crc32 = crcBy(0xedb88320);

/** CRC-32C, by Castagnoli's polynomial: the checksum of TensorFlow's files. @param before  of the bytes before these */
export const crc32c = crcBy(0x82f63b78);
