/**
 * Philox4x32-10, a counter-based generator: block `counter` of stream `key` is four 32-bit words, computed from
 * nothing else, so any thread can make any part of the stream.
 * Source: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (Random123).
 */
const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** The high 32 bits of a·b; the low ones are `Math.imul(a, b)`. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const mid1 = aHigh * bLow + ((aLow * bLow) >>> 16);
  const mid2 = aLow * bHigh + (mid1 & 0xffff);
  return (aHigh * bHigh + (mid1 >>> 16) + (mid2 >>> 16)) >>> 0;
}

/**
 * Writes the four words of one block into `out[at..at+3]`.
 * The 128-bit counter is (counter0, counter1, 0, 0), low word first.
 */
export function philoxBlock(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  out: Uint32Array,
  at = 0,
): void {
  let k0 = key0 >>> 0;
  let k1 = key1 >>> 0;
  let c0 = counter0 >>> 0;
  let c1 = counter1 >>> 0;
  let c2 = 0;
  let c3 = 0;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0);
    const low0 = Math.imul(M0, c0) >>> 0;
    const high1 = mulHigh(M1, c2);
    const low1 = Math.imul(M1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}
