/** Beyond, a column is the number to tell in another unit. */
const SAME = 0.99999;

/** Pearson's correlation of each column with the number to tell, of rows that come one after another. Source: Welford 1962. */
export class Correlations {
  readonly #columns: number;
  readonly #means: Float64Array;
  readonly #squares: Float64Array;
  /** Products with what is told, both less their means. */
  readonly #products: Float64Array;
  #mean = 0;
  #square = 0;
  #rows = 0;

  constructor(columns: number) {
    this.#columns = columns;
    [this.#means, this.#squares, this.#products] = [0, 0, 0].map(() => new Float64Array(columns));
  }

  /** @param steps  which the numbers of a row end */
  add(steps: Float32Array, told: number): void {
    const share = 1 / ++this.#rows;
    const before = told - this.#mean;
    this.#mean += before * share;
    const after = told - this.#mean;
    this.#square += before * after;
    const from = steps.length - this.#columns;
    for (let column = 0; column < this.#columns; column++) {
      const value = steps[from + column];
      const off = value - this.#means[column];
      this.#means[column] += off * share;
      this.#squares[column] += off * (value - this.#means[column]);
      this.#products[column] += off * after;
    }
  }

  /** Columns that are that number in another unit: of one that does not vary it is 0. */
  telling(): number[] {
    return [...this.#products.keys()].filter((column) => {
      const both = this.#squares[column] * this.#square;
      return both > 0 && Math.abs(this.#products[column]) / Math.sqrt(both) > SAME;
    });
  }
}
