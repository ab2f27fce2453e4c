export interface Spread {
  mean: number;
  /** The standard deviation of all that there are (their sum is divided by their count); 1 for a constant. */
  scale: number;
}

/** Of numbers that need not lie in memory. @param each  tells all of them in their order; it is asked twice */
export function spreadOf(each: (told: (value: number) => void) => void): Spread {
  let [count, sum, squares] = [0, 0, 0];
  each((value) => {
    count++;
    sum += value;
  });
  const mean = sum / count;
  each((value) => {
    squares += (value - mean) ** 2;
  });
  return { mean, scale: Math.sqrt(squares / count) || 1 };
}

export function spread(numbers: readonly number[]): Spread {
  return spreadOf((told) => {
    for (const value of numbers) told(value);
  });
}
