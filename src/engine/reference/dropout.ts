import { philoxBlock } from "../../base/philox.js";
import type { PhiloxKey } from "../engine.js";
import { commit, input, output, type Strided } from "./strided.js";

/**
 * out = x · mask / (1 - p). Element i is dropped when its word w of the stream has w / 2³² < p: word i mod 4 of block
 * counter + ⌊i/4⌋.
 */
export function dropout(out: Strided, x: Strided, p: number, key: PhiloxKey): void {
  const a = input(x);
  const o = output(out);
  const threshold = p * 2 ** 32;
  const scale = 1 / (1 - p);
  const block = new Uint32Array(4);
  for (let i = 0; i < o.length; i += 4) {
    const low = (key.counter0 >>> 0) + i / 4;
    const carry = Math.floor(low / 2 ** 32);
    philoxBlock(key.key0, key.key1, low >>> 0, (key.counter1 + carry) >>> 0, block);
    const end = Math.min(o.length, i + 4);
    for (let j = i; j < end; j++) o[j] = block[j - i] < threshold ? 0 : a[j] * scale;
  }
  commit(out, o);
}
