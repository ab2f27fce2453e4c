import type { Table } from "../../data/readers/index.js";
import { copyOf } from "../../text/token-counter.js";
import { classDetail } from "../about-data/class-counts.js";
import type { ClassDetail } from "../about-data/details.js";
import { type StoredTargets, storeRows } from "../many-to-one/storing.js";
import type { RowInputs, Steps } from "../rows/inputs.js";
import type { StreamSources } from "../task.js";
import { namedInText } from "./beware.js";
import type { ClassifyConfig } from "./config.js";
import {
  type ClassifyData,
  labelReader,
  type Meaning,
  MOST_CLASSES,
  renamed,
  tooFew,
  unknownClass,
  weightsOf,
} from "./data.js";
import { SeenClasses } from "./seen.js";

/** As `readRows`, for files that need not fit into memory; `known` too. @throws FormatError, FileError as `storeRows` does */
export async function storeClasses(
  sources: StreamSources,
  config: ClassifyConfig,
  { known, mostInPart }: { known?: Meaning | undefined; mostInPart?: number | undefined } = {},
): Promise<ClassifyData & { close(): void }> {
  const targets = new ClassTargets(config, known?.classes ?? null);
  const options = { known: known && renamed(known.inputs, config), mostInPart };
  const { detailsWith, ...stored } = await storeRows(sources, config, targets, options);
  try {
    const classes = targets.classes!;
    const meaning = { classes, inputs: stored.inputs, multi: config.multi };
    const details = detailsWith({ classes: [targets.counted()], values: [] });
    const notes = targets.sequences!.notes(namedInText(stored.train, meaning, config));
    return { ...stored, ...meaning, weights: weightsOf(stored.train, classes.length, config), details, notes };
  } catch (error) {
    stored.close();
    throw error;
  }
}

/** The classes of rows. They have numbers as they come; which one of all it is is known at the end. */
class ClassTargets implements StoredTargets {
  /** In their order; null while they are learned. */
  classes: readonly string[] | null;
  sequences: SeenClasses | null = null;
  readonly #config: ClassifyConfig;
  readonly #numbers: Map<string, number>;
  /** Of each number: how often it stands in the file to train on, and which one of all it is. */
  readonly #found: number[] = [];
  #places: readonly number[] = [];
  readonly #trained = new Set<number>();
  readonly #readers = new WeakMap<Table, (row: number) => string[]>();

  /** @param known  classes of a model that is trained on */
  constructor(config: ClassifyConfig, known: readonly string[] | null) {
    [this.#config, this.classes] = [config, known];
    this.#numbers = new Map((known ?? []).map((name, i) => [name, i]));
  }

  of(table: Table, row: number): number[] {
    const reader = this.#readers.get(table) ?? labelReader(table, this.#config);
    this.#readers.set(table, reader);
    return reader(row).map((name) => this.#numberOf(table, row, name));
  }

  mustTrain(target: readonly number[]): boolean {
    return target.some((label) => !this.#trained.has(label));
  }

  found(target: readonly number[]): void {
    for (const label of target) this.#found[label] = (this.#found[label] ?? 0) + 1;
  }

  trained(target: readonly number[]): void {
    for (const label of target) this.#trained.add(label);
  }

  decoder(source: string): (numbers: Float64Array) => readonly number[] {
    const { multi } = this.#config;
    const names = [...this.#numbers.keys()];
    this.classes ??= [...this.#trained].map((number) => names[number]).sort();
    const { length } = this.classes;
    if (length < (multi ? 1 : 2)) throw tooFew(source, this.classes, this.#config);
    const places = new Map(this.classes.map((name, i) => [name, i]));
    this.#places = names.map((name) => places.get(name)!);
    if (!multi) return ([number]) => [this.#places[number]];
    return (own) => {
      const target = new Array<number>(length).fill(0);
      for (const number of own) target[this.#places[number]] = 1;
      return target;
    };
  }

  seen(inputs: RowInputs): (steps: Steps, numbers: Float64Array, isHeld: boolean) => void {
    const sequences = new SeenClasses(this.classes!, inputs, this.#config);
    this.sequences = sequences;
    const places = this.#places;
    if (!this.#config.multi) return (steps, numbers, isHeld) => sequences.add(steps, places[numbers[0]], isHeld);
    return (steps, numbers, isHeld) => {
      const own = Array.from(new Set(numbers), (number) => places[number]);
      sequences.add(
        steps,
        own.sort((a, b) => a - b),
        isHeld,
      );
    };
  }

  /** How often each stands in the file to train on. */
  counted(): ClassDetail {
    const counts = [...this.#numbers].map(([name, number]): [string, number] => [name, this.#found[number] ?? 0]);
    return classDetail(this.#config.label, new Map(counts.filter(([, count]) => count > 0)));
  }

  #numberOf(table: Table, row: number, name: string): number {
    const found = this.#numbers.get(name);
    if (found !== undefined) return found;
    const number = this.#numbers.size;
    if (this.classes !== null || number === MOST_CLASSES) throw unknownClass(table, row, this.classes, this.#config);
    this.#numbers.set(copyOf(name), number);
    return number;
  }
}
