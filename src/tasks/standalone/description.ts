import type { Json } from "../../train/index.js";

/** What a checkpoint says of its model besides the weights: its settings, and what it knows of its data. */
export type Description = Readonly<Record<string, Json>>;

/** The settings of a model, as the task that made them resolved them. */
export function configOf<Config>({ config }: Description): Config {
  return config as unknown as Config;
}
