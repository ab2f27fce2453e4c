/** Mean and deviation of numbers that come one after another; 1 for a constant. Source: Welford 1962. */
export class RunningSpread {
  count = 0;
  mean = 0;
  #squares = 0;

  add(value: number): void {
    this.count++;
    const before = value - this.mean;
    this.mean += before / this.count;
    this.#squares += before * (value - this.mean);
  }

  /** Whether all were alike. */
  get isConstant(): boolean {
    return this.#squares === 0;
  }

  get scale(): number {
    return Math.sqrt(this.#squares / this.count) || 1;
  }
}
