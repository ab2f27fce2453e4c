import { checkNonNegativeInteger, checkPositiveInteger } from "../base/check.js";
import { OptionError } from "../base/errors.js";

/** Which part of every batch a process takes: `rank` of `size` of them. */
export interface Shard {
  rank: number;
  size: number;
}

/** @throws OptionError for a share that is none */
export function checkShard(op: string, { rank, size }: Shard): void {
  checkPositiveInteger(op, "shard.size", size);
  checkNonNegativeInteger(op, "shard.rank", rank);
  if (rank < size) return;
  throw new OptionError({
    op,
    argument: "shard.rank",
    must: `be less than shard.size (${size})`,
    value: `${rank}`,
  });
}
