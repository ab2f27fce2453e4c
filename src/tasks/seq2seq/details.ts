import type { Vocabulary } from "../../text/index.js";
import { unusedColumns } from "../about-data/columns.js";
import { type CountedRows, type DataDetails, leftOut } from "../about-data/details.js";
import { heldHow } from "../about-data/held-out.js";
import { TokenCounts } from "../about-data/token-counts.js";
import type { Source } from "../task.js";
import type { Seq2SeqConfig } from "./config.js";

type Sides<T> = Readonly<Record<"source" | "target", T>>;

/** What was counted of the pairs of the file to train on, as they come. */
export class PairsSeen {
  readonly source: TokenCounts;
  readonly target: TokenCounts;
  count = 0;

  constructor({ source, target }: Sides<Vocabulary>) {
    [this.source, this.target] = [new TokenCounts(source), new TokenCounts(target)];
  }

  add({ source, target }: Sides<Int32Array>, isLearned: boolean): void {
    this.source.add(source, isLearned);
    this.target.add(target, isLearned);
    this.count++;
  }
}

/** What there is to know of pairs. */
export function pairDetails(
  { rows, columns, seen, train, validation }: CountedRows<PairsSeen>,
  config: Seq2SeqConfig,
  valid: Pick<Source, "name"> | undefined,
): DataDetails {
  const sides = ["source", "target"] as const;
  return {
    rows,
    unit: "pairs",
    columns,
    classes: [],
    lengths: sides.flatMap((side) => seen[side].lengths(config[side] ?? side)),
    values: [],
    leftOut: [
      ...leftOut(rows - seen.count, "pairs are neither trained nor validated on"),
      ...sides.flatMap((side) => seen[side].rare()),
      ...unusedColumns(columns),
    ],
    split: {
      train: train.length,
      validation: validation.length,
      unit: "pairs",
      how: heldHow(config, valid, "at random, all pairs of a source together"),
    },
  };
}
