/** Every list of `length` numbers below `count`: count^length of them. */
export function everyPath(count: number, length: number): number[][] {
  if (length === 0) return [[]];
  return everyPath(count, length - 1).flatMap((path) => Array.from({ length: count }, (_, c) => [...path, c]));
}

/** What a path of CTC spells: runs merged, blanks dropped. */
export function spelled(path: readonly number[], blank: number): number[] {
  return path.filter((c, t) => c !== blank && c !== path[t - 1]);
}

export function logSumExp(values: readonly number[]): number {
  const top = Math.max(...values, -Infinity);
  if (top === -Infinity) return top;
  return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
}
