/** Smallest and largest numbers that are held, in 32 MiB: a table of more classes and columns is not looked at. */
const MOST = 2 ** 22;

/** Which columns tell the class by themselves, of rows that come one after another. */
export class ClassRanges {
  readonly #columns: number;
  readonly #classes: number;
  /** Of each class the numbers of each column lie between these. */
  readonly #least: Float32Array;
  readonly #most: Float32Array;

  constructor(columns: number, classes: number) {
    [this.#columns, this.#classes] = [columns * classes > MOST ? 0 : columns, classes];
    this.#least = new Float32Array(this.#columns * classes).fill(Number.POSITIVE_INFINITY);
    this.#most = new Float32Array(this.#columns * classes).fill(Number.NEGATIVE_INFINITY);
  }

  /** @param steps  which the numbers of a row end */
  add(steps: Float32Array, own: number): void {
    const at = own * this.#columns;
    const from = steps.length - this.#columns;
    for (let column = 0; column < this.#columns; column++) {
      const value = steps[from + column];
      if (value < this.#least[at + column]) this.#least[at + column] = value;
      if (value > this.#most[at + column]) this.#most[at + column] = value;
    }
  }

  /** Columns in whose order each class stands in one piece, and shares no number with another. */
  telling(): number[] {
    return [...new Array(this.#columns).keys()].filter((column) => {
      const least = Array.from({ length: this.#classes }, (_, own) => this.#least[own * this.#columns + column]);
      const seen = [...least.keys()].filter((own) => least[own] < Number.POSITIVE_INFINITY);
      seen.sort((a, b) => least[a] - least[b]);
      const isAbove = (own: number, i: number) =>
        i === 0 || least[own] > this.#most[seen[i - 1] * this.#columns + column];
      return seen.length > 1 && seen.every(isAbove);
    });
  }
}
