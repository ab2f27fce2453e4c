/**
 * The word of `words` that `typed` was probably meant to be: fewest edits (insert, delete, replace, swap neighbours),
 * at most a third of its length and one; undefined when none is near.
 * Source: Damerau 1964; the optimal string alignment distance.
 */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = 1 + Math.floor(typed.length / 3);
  for (const word of words) {
    // Each letter too many is an edit: a name of megabytes costs nothing.
    if (Math.abs(typed.length - word.length) > fewest) continue;
    const edits = editDistance(typed.toLowerCase(), word.toLowerCase());
    if (edits < fewest || (edits === fewest && best === undefined)) {
      best = word;
      fewest = edits;
    }
  }
  return best;
}

/** Edits that turn a into b. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.length];
}
