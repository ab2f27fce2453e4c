/** e to the loss: among how many equally likely tokens the model seems to choose. */
export function perplexity(lossInNats: number): number {
  return Math.exp(lossInNats);
}

/** Nats to bits. */
export function bits(lossInNats: number): number {
  return lossInNats / Math.LN2;
}

/** What a `Mean` is. JSON-safe. */
export interface MeanState {
  sum: number;
  count: number;
}

/** A mean over terms that come in groups, each with its own mean and size. */
export class Mean {
  #sum = 0;
  #count = 0;

  add(mean: number, count: number): void {
    this.#sum += mean * count;
    this.#count += count;
  }

  reset(): void {
    this.#sum = 0;
    this.#count = 0;
  }

  get count(): number {
    return this.#count;
  }

  /** NaN when nothing was added. */
  get value(): number {
    return this.#sum / this.#count;
  }

  get state(): MeanState {
    return { sum: this.#sum, count: this.#count };
  }

  set state({ sum, count }: MeanState) {
    this.#sum = sum;
    this.#count = count;
  }
}
