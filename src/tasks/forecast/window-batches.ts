import { SampleBatcher, type Shard } from "../../data/index.js";
import type { BatchSource } from "../../train/index.js";
import { SampleSource } from "../../train/sample-source.js";
import { MOST_IN_PART, StoredBatches } from "../stored/samples.js";
import type { Window, WindowList } from "./data.js";

/** How windows are dealt out. */
interface Dealt {
  batch: number;
  seed: number;
}

/**
 * Windows batch by batch, drawn anew in each epoch.
 * @param mostInPart  of so many windows on the disk an order is held in memory: of more, those at equal distances have their turn together
 */
export function windowBatches<B>(
  windows: WindowList,
  { batch: batchSize, seed }: Dealt,
  shard: Shard | undefined,
  make: (some: readonly Window[]) => B,
  mostInPart = MOST_IN_PART,
): BatchSource<B> {
  const { length } = windows;
  if (Array.isArray(windows) || length <= mostInPart) {
    const batcher = new SampleBatcher(length, { batchSize, seed, shard });
    return new SampleSource(batcher, (rows) => make(Array.from(rows, (row) => windows.at(row)!)));
  }
  const parts = Math.ceil(length / mostInPart);
  const parted = {
    sizes: Array.from({ length: parts }, (_, part) => Math.ceil((length - part) / parts)),
    open: (part: number) => ({ read: (row: number) => windows.at(part + row * parts)! }),
  };
  return new StoredBatches(parted, { batchSize, seed, shard, inOrder: true }, make);
}
