import { SeenRows } from "../about-data/seen-rows.js";
import { tellingNotes } from "../about-data/telling-columns.js";
import { featuresOf, type RowInputs, type RowSettings, type Steps } from "../rows/inputs.js";
import { rowsAreSteps } from "../rows/sequences.js";
import type { ManyToOneConfig } from "./config.js";
import { unitOfRows } from "./data.js";

/** The columns whose numbers in a row, or in the last one of a sequence, its steps end with: none for texts. */
export function lastColumns(inputs: RowInputs, settings: RowSettings): readonly string[] {
  if (inputs.vocabulary !== null) return [];
  return inputs.columns.slice(0, rowsAreSteps(settings) ? featuresOf(inputs, settings) : settings.maxLength);
}

/** Columns of numbers, each of which may tell what is to be told. */
export interface TellingColumns {
  add(steps: Float32Array, told: number): void;
  telling(): readonly number[];
}

/** What is odd about sequences that come one after another, those to train on first, whatever is told of them. */
export class SeenSequences {
  readonly #columns: readonly string[];
  readonly #config: ManyToOneConfig;
  readonly #rows = new SeenRows();
  readonly #telling: TellingColumns | null;
  readonly #isExact: boolean;
  #count = 0;

  /**
   * @param of  the columns that tell by themselves; null: none is looked for
   * @param isExact  whether what reads alike is to be told alike: a number may vary
   */
  constructor(
    inputs: RowInputs,
    config: ManyToOneConfig,
    { of, isExact }: { of: ((columns: number) => TellingColumns) | null; isExact: boolean },
  ) {
    this.#columns = lastColumns(inputs, config);
    this.#config = config;
    this.#telling = of === null || this.#columns.length === 0 ? null : of(this.#columns.length);
    this.#isExact = isExact;
  }

  /** @param told  an index, or all the indices of one */
  add(steps: Steps, told: number | readonly number[], isHeld: boolean): void {
    this.#count++;
    if (isHeld) this.#rows.judge(steps);
    else this.#rows.learn(steps, this.#isExact ? told : 0);
    if (typeof told === "number") this.#telling?.add(steps as Float32Array, told);
  }

  /** Columns that tell by themselves. */
  telling(): string[] {
    return tellingNotes(this.#config.label, this.#columns, this.#telling?.telling() ?? [], this.#count);
  }

  /** What stands there twice. */
  repeated(): string[] {
    return this.#rows.notes(unitOfRows(this.#config), this.#isExact);
  }
}
