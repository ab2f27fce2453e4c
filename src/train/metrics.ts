import { checkNonNegativeInteger, checkObject, refusal } from "../base/check.js";

function checkLoss(op: string, loss: number): number {
  if (typeof loss === "number") return loss;
  throw refusal(op, "lossInNats", "be a number", loss, "Of a scalar tensor, pass loss.item().");
}

/** e to the loss: among how many equally likely tokens the model seems to choose. */
export function perplexity(lossInNats: number): number {
  return Math.exp(checkLoss("perplexity", lossInNats));
}

/** Nats to bits. */
export function bits(lossInNats: number): number {
  return checkLoss("bits", lossInNats) / Math.LN2;
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
    if (typeof mean !== "number") throw refusal("Mean.add", "mean", "be a number", mean);
    checkNonNegativeInteger("Mean.add", "count", count);
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

  set state(state: MeanState) {
    checkObject("Mean.state", "state", state, "{ sum, count }");
    const { sum, count } = state;
    if (typeof sum !== "number") throw refusal("Mean.state", "sum", "be a number", sum);
    checkNonNegativeInteger("Mean.state", "count", count);
    this.#sum = sum;
    this.#count = count;
  }
}
