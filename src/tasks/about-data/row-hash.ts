/** Says of rows of numbers whether they are alike: 64 bits that follow from what a row holds. All that are compared are of one kind of array. */
export class RowHash {
  low = 0;
  high = 0;

  /** Two lanes of FNV-1a over words, each mixed so that all of its bits depend on all of the row. Source: MurmurHash3's finaliser. */
  of(numbers: ArrayLike<number>): void {
    const words = wordsOf(numbers);
    let [low, high] = [0x811c9dc5 ^ words.length, 0x9e3779b9];
    for (let i = 0; i < words.length; i++) {
      // Zeros with and without a sign are one number.
      const word = words[i] === MINUS_ZERO ? 0 : words[i];
      low = Math.imul(low ^ word, 0x01000193);
      high = Math.imul(high ^ word, 0x85ebca6b);
      high ^= high >>> 15;
    }
    [this.low, this.high] = [mixed(low), mixed(high)];
  }
}

const MINUS_ZERO = -(2 ** 31);

function wordsOf(numbers: ArrayLike<number>): Int32Array {
  if (numbers instanceof Int32Array) return numbers;
  if (numbers instanceof Float32Array) return new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  return new Int32Array(Float64Array.from(numbers).buffer);
}

function mixed(hash: number): number {
  let own = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  own = Math.imul(own ^ (own >>> 13), 0xc2b2ae35);
  return own ^ (own >>> 16);
}
