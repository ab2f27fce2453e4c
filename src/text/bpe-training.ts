import { toBytes } from "./byte-letters.js";

/**
 * The pieces within which pairs are joined: contractions, words, numbers and marks, each with the space before it, and other space.
 * Source: Radford et al. 2019 (GPT-2's encoder.py).
 */
const PIECES = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** The pieces of a text, all of it. */
export function piecesOf(text: string): string[] {
  return text.match(PIECES) ?? [];
}

/** Two neighbours as one number: ids stay far below 2^26. */
export function pairKey(a: number, b: number): number {
  return a * 0x4000000 + b;
}

/** Each pair (a, b) in `ids` as `joined`, from left to right. */
export function joinPairs(ids: readonly number[], a: number, b: number, joined: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] === a && ids[i + 1] === b) {
      out.push(joined);
      i++;
    } else out.push(ids[i]);
  }
  return out;
}

interface Piece {
  ids: number[];
  count: number;
}

/**
 * Joins the most frequent pair of neighbours, `most` times, or until none is seen `minCount` times; of equal ones, the pair that was seen
 * first.
 * @param seen  pieces of a text, and how often each is in it
 * @param idOf  of each byte
 * @param next  the id of the first new token
 * Source: Sennrich, Haddow & Birch 2016, on bytes as Radford et al. 2019.
 */
export function learnMerges(
  seen: ReadonlyMap<string, number>,
  idOf: readonly number[],
  next: number,
  most: number,
  minCount: number,
): [number, number][] {
  const pieces = Array.from(
    seen,
    ([piece, count]): Piece => ({ ids: Array.from(toBytes(piece), (byte) => idOf[byte]), count }),
  );
  const counts = new Map<number, number>();
  const where = new Map<number, Set<Piece>>();
  const note = (piece: Piece, sign: 1 | -1): void => {
    const { ids, count } = piece;
    for (let i = 1; i < ids.length; i++) {
      const key = pairKey(ids[i - 1], ids[i]);
      counts.set(key, (counts.get(key) ?? 0) + sign * count);
      if (sign < 0) continue;
      const places = where.get(key);
      if (places === undefined) where.set(key, new Set([piece]));
      else places.add(piece);
    }
  };
  for (const piece of pieces) note(piece, 1);
  const merges: [number, number][] = [];
  while (merges.length < most) {
    let best = -1;
    let highest = minCount - 1;
    for (const [key, count] of counts) {
      if (count > highest) [best, highest] = [key, count];
      else if (count <= 0) counts.delete(key);
    }
    if (best < 0) break;
    const [a, b] = [Math.floor(best / 0x4000000), best % 0x4000000];
    for (const piece of where.get(best)!) {
      note(piece, -1);
      piece.ids = joinPairs(piece.ids, a, b, next + merges.length);
      note(piece, 1);
    }
    where.delete(best);
    counts.delete(best);
    merges.push([a, b]);
  }
  return merges;
}
