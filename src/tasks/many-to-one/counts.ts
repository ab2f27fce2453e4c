import type { Table } from "../../data/readers/index.js";
import type { DataDetails } from "../about-data/details.js";
import { LengthCounts } from "../about-data/length-counts.js";
import { SeenColumns } from "../about-data/seen-columns.js";
import { tooRare } from "../about-data/unknown.js";
import type { RowInputs } from "../rows/inputs.js";
import type { Source } from "../task.js";
import { countUnknown } from "../tokens/unknown.js";
import type { ManyToOneConfig } from "./config.js";
import { countedDetails, sequencesLeftOut, usesOfRows } from "./details.js";

/** What the task that knows what labels mean says of them. */
export type TellsLabels = Pick<DataDetails, "classes" | "values">;

export interface StoredSizes {
  train: number;
  validation: number;
  /** Windows that share rows with those of the other part. */
  shared: number;
  /** Windows of a class that none before them to train on has. */
  unlearned: number;
  /** How sequences to validate on were drawn. */
  drawn: string;
}

interface ReadText {
  /** Tokens as a model reads them, and those that there are. */
  steps: ArrayLike<number>;
  all: ArrayLike<number>;
  isHeld: boolean;
}

/** What is counted of the file to train on as its rows are put on the disk: as `rowDetails` has it of rows in memory. */
export class StoredCounts {
  readonly #config: ManyToOneConfig;
  readonly #lengths = new LengthCounts();
  #columns: SeenColumns | null = null;
  #tokens = 0;
  #unknown = 0;

  constructor(config: ManyToOneConfig) {
    this.#config = config;
  }

  see({ columns, rows }: Table): void {
    this.#columns ??= new SeenColumns(columns);
    for (const row of rows) this.#columns.see(row);
  }

  /** All steps of a sequence, of which fewer may be read. */
  add(steps: number): void {
    this.#lengths.add(steps);
  }

  /** A text. @param isOfFile  whether it stands in the file to train on */
  addText({ vocabulary }: RowInputs, { steps, all, isHeld }: ReadText, isOfFile: boolean): void {
    if (isOfFile) this.add(all.length);
    if (isHeld) return;
    this.#tokens += steps.length;
    this.#unknown += countUnknown(vocabulary, steps);
  }

  details(
    inputs: RowInputs,
    { train, validation, shared, unlearned, drawn }: StoredSizes,
    valid: Pick<Source, "name"> | undefined,
    told: TellsLabels,
  ): DataDetails {
    const config = this.#config;
    const { vocabulary } = inputs;
    const missing = [
      ...sequencesLeftOut(shared, "share rows with those of the other part", config),
      ...sequencesLeftOut(unlearned, "have a label that none before them to train on has", config),
      ...(vocabulary === null ? [] : tooRare(vocabulary, this.#unknown, this.#tokens)),
    ];
    const columns = this.#columns!.details(usesOfRows(inputs, config));
    const counted = { rows: this.#columns!.rows, columns, inputs, lengths: this.#lengths, missing, train, validation };
    return countedDetails({ ...counted, valid, drawn, ...told }, config);
  }
}
