import { show } from "../../base/errors.js";
import { alikeNames } from "../about-data/alike.js";
import { ClassRanges } from "../about-data/class-ranges.js";
import { unitOfRows } from "../many-to-one/data.js";
import { SeenSequences } from "../many-to-one/notes.js";
import type { RowInputs, Steps } from "../rows/inputs.js";
import type { ClassifyConfig } from "./config.js";

/** Less than this share of what it would have if all were alike. */
const RARE = 0.2;

/** What is odd about labelled sequences that come one after another, those to train on first. */
export class SeenClasses {
  readonly #config: ClassifyConfig;
  readonly #classes: readonly string[];
  readonly #sequences: SeenSequences;
  readonly #learned: Float64Array;
  readonly #judged: Float64Array;
  readonly #parts = { train: 0, validation: 0 };

  constructor(classes: readonly string[], inputs: RowInputs, config: ClassifyConfig) {
    [this.#classes, this.#config] = [classes, config];
    const of = config.multi ? null : (columns: number) => new ClassRanges(columns, classes.length);
    this.#sequences = new SeenSequences(inputs, config, { of, isExact: true });
    this.#learned = new Float64Array(classes.length);
    this.#judged = new Float64Array(classes.length);
  }

  /** @param told  the index of its class; or those of its labels, each once, from the smallest to the largest */
  add(steps: Steps, told: number | readonly number[], isHeld: boolean): void {
    this.#parts[isHeld ? "validation" : "train"]++;
    const counts = isHeld ? this.#judged : this.#learned;
    if (typeof told === "number") counts[told]++;
    else for (const label of told) counts[label]++;
    this.#sequences.add(steps, told, isHeld);
  }

  /** @param named  what is said of texts that name their class */
  notes(named: readonly string[]): string[] {
    const { label, multi } = this.#config;
    const all = this.#classes.map((name, i): [string, number] => [name, this.#learned[i] + this.#judged[i]]);
    return [
      ...alikeNames(label, new Map(all.filter(([, count]) => count > 0))),
      ...(multi ? [] : this.#rarest()),
      ...named,
      ...this.#sequences.telling(),
      ...this.#sequences.repeated(),
    ];
  }

  /** The rarest class, where it is so rare that a model does well without it. */
  #rarest(): string[] {
    const learned = this.#learned;
    const least = learned.reduce((rarest, count, own) => (count < learned[rarest] ? own : rarest), 0);
    const { train, validation } = this.#parts;
    if (this.#config.classWeights !== "none" || learned[least] * learned.length >= RARE * train) return [];
    const held = validation === 0 ? "" : ` and ${this.#judged[least].toLocaleString("en")} to validate on`;
    const own = `of ${show(this.#classes[least])} there are ${learned[least].toLocaleString("en")} ${unitOfRows(this.#config)} to train on${held}`;
    return [`${own}: with balanced class weights it counts as others`];
  }
}
