import { Sums } from "./metric.js";

/** The mean loss of a batch, and of how many terms it is the mean. */
export interface LossOutput {
  loss: number;
  count: number;
}

interface LossForm {
  name: string;
  unit?: string | undefined;
  better?: "lower" | undefined;
  of?: ((mean: number) => number) | undefined;
}

/** A figure that is a function of the mean loss. */
function ofMeanLoss({ name, unit = "", of = (mean) => mean }: LossForm): Sums<LossOutput> {
  return new Sums({
    name,
    unit,
    better: "lower",
    size: 2,
    add(sums, { loss, count }) {
      sums[0] += loss * count;
      sums[1] += count;
    },
    value: ([sum, count]) => of(sum / count),
  });
}

/** The mean loss itself. */
export function meanLoss(unit = "nats"): Sums<LossOutput> {
  return ofMeanLoss({ name: "loss", unit });
}

/** e to the mean loss in nats: among how many equally likely tokens the model seems to choose. */
export function perplexity(): Sums<LossOutput> {
  return ofMeanLoss({ name: "perplexity", of: Math.exp });
}

/** The mean loss in bits instead of nats. */
export function bits(): Sums<LossOutput> {
  return ofMeanLoss({ name: "bits", of: (mean) => mean / Math.LN2 });
}
