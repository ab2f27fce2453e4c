import { MOST_BYTES } from "../../train/memory.js";
import { LANGUAGE_MODEL_FIELDS, type ResolvedConfig } from "./config.js";
import { estimateMemory } from "./memory-estimate.js";

const SIZES = ["layers", "hidden", "embed", "batch", "seqLen"] as const;
type Sizes = { [K in (typeof SIZES)[number] | "lastHidden"]?: number };

/**
 * Smaller sizes with which a training fits into memory: first those that are larger than usual go back to the usual value,
 * the most costly first, then the hidden size is halved.
 * @param available  bytes that may be used
 */
export function fitToMemory(config: ResolvedConfig, vocabulary: number, available: number): Sizes {
  const limit = Math.min(available, MOST_BYTES);
  const sizes: Sizes = {};
  const { projSize } = config;
  // A layer is wider than what it is projected to.
  const least = (projSize ?? 0) + 1;
  const bytes = (more: Sizes): number => {
    const tried = { ...config, ...sizes, ...more };
    // One matrix serves both ends: the embedding is as wide as the last layer.
    const tied = config.lastHidden === null ? { embed: projSize ?? tried.hidden } : { lastHidden: tried.embed };
    return estimateMemory(config.tie ? { ...tried, ...tied } : tried, vocabulary).trainingBytes;
  };
  const usual = (key: (typeof SIZES)[number]): number => {
    if (key === "embed") return Math.min(config.embed, LANGUAGE_MODEL_FIELDS.hidden.default);
    return Math.max(LANGUAGE_MODEL_FIELDS[key].default, key === "hidden" ? least : 0);
  };
  while (bytes({}) > limit) {
    const large = SIZES.filter((key) => (sizes[key] ?? config[key]) > usual(key));
    const [costly] = large.sort((a, b) => bytes({ [a]: usual(a) }) - bytes({ [b]: usual(b) }));
    const hidden = sizes.hidden ?? config.hidden;
    if (costly !== undefined) sizes[costly] = usual(costly);
    else if (hidden > least) {
      sizes.embed = Math.floor(hidden / 2);
      sizes.hidden = Math.max(sizes.embed, least);
    } else break;
  }
  if (config.tie && config.lastHidden === null) delete sizes.embed;
  else if (config.tie && sizes.embed !== undefined) sizes.lastHidden = sizes.embed;
  return sizes;
}
