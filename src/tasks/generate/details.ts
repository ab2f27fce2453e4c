import type { Vocabulary } from "../../text/index.js";
import { classDetail } from "../about-data/class-counts.js";
import { unusedColumns, usesOf } from "../about-data/columns.js";
import type { CountedRows, DataDetails } from "../about-data/details.js";
import { heldHow } from "../about-data/held-out.js";
import { TokenCounts } from "../about-data/token-counts.js";
import type { NumberColumn } from "../rows/number-columns.js";
import type { Source } from "../task.js";
import type { Condition } from "./conditions.js";
import { conditionNames, type GenerateConfig } from "./config.js";

/** How often each class of each condition occurs, in rows that come one after another. */
export class ClassesSeen {
  readonly #conditions: readonly NumberColumn[];
  /** None of numbers. */
  readonly #counts: readonly (Float64Array | null)[];

  constructor(conditions: readonly NumberColumn[]) {
    this.#conditions = conditions;
    this.#counts = conditions.map(({ values }) => values && new Float64Array(values.length));
  }

  add(condition: Condition): void {
    for (const [i, counts] of this.#counts.entries()) if (counts !== null) counts[condition[i]]++;
  }

  /** By what their columns are called. */
  counts({ label, condition }: GenerateConfig): [of: string, counts: Map<string, number>][] {
    const names = conditionNames({ label, condition });
    return this.#conditions.flatMap(({ values }, i): [string, Map<string, number>][] => {
      if (values === null) return [];
      const all = values.map((value, at): [string, number] => [value, this.#counts[i]![at]]);
      return [[names[i], new Map(all.filter(([, count]) => count > 0))]];
    });
  }
}

/** What was counted of the rows of the file to train on, as they come. */
export class RowsSeen {
  readonly classes: ClassesSeen;
  readonly texts: TokenCounts;

  constructor({ conditions, vocabulary }: { conditions: readonly NumberColumn[]; vocabulary: Vocabulary }) {
    [this.classes, this.texts] = [new ClassesSeen(conditions), new TokenCounts(vocabulary)];
  }

  add({ ids, condition }: { ids: Int32Array; condition: Condition }, isLearned: boolean): void {
    this.classes.add(condition);
    this.texts.add(ids, isLearned);
  }
}

/** What columns are to a writer. */
export function usesOfLabelled({ text, label, condition }: GenerateConfig): Record<string, string> {
  const others = conditionNames({ label, condition }).filter((name) => name !== label);
  return usesOf({ text, label, condition: others });
}

/** What there is to know of labelled rows. */
export function labelledDetails(
  { rows, columns, seen, train, validation }: CountedRows<RowsSeen>,
  config: GenerateConfig,
  valid: Pick<Source, "name"> | undefined,
): DataDetails {
  return {
    rows,
    unit: "rows",
    columns,
    classes: seen.classes.counts(config).map(([of, counts]) => classDetail(of, counts)),
    lengths: seen.texts.lengths(config.text ?? "text"),
    values: [],
    leftOut: [...seen.texts.rare(), ...unusedColumns(columns)],
    split: {
      train: train.length,
      validation: validation.length,
      unit: "rows",
      how: heldHow(config, valid, "at random"),
    },
  };
}
