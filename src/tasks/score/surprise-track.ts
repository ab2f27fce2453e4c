import type { BarsTrack } from "./score-data.js";

/** Nats at each step, NaN where nothing was expected; what is much above the others stands out. @param about  what they are */
export function surpriseTrack(values: Float32Array, about: string): BarsTrack {
  const known = values.filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const spread = Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length);
  return {
    ...{ kind: "bars", id: "surprise", title: "surprise", values, measure: "nats" },
    about: `${about}: ${mean.toFixed(2)} nats on average.`,
    high: mean + 2 * spread,
  };
}
