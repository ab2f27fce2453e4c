import { FormatError, OptionError, show, type UnrolledError } from "../base/errors.js";
import { nearest } from "../base/nearest.js";
import type { CommandTask, Described, Known, Prediction } from "../tasks/commands.js";
import type { TaskTypes } from "../tasks/task.js";
import type { Json } from "../train/index.js";
import { RequestError, refusedInput } from "./request-error.js";
import { SameBits } from "./same-bits.js";

/** A model with its task, as a server needs it. */
export interface Servable {
  readonly task: CommandTask;
  readonly model: TaskTypes["model"];
  readonly known: Known<TaskTypes>;
}

/** One input, read: what is asked of the model. */
export interface Asked {
  /** What it may be answered together with, and with what length; null: alone. */
  readonly item: unknown;
  readonly steps: number | null;
  /** As it was given, where it is answered alone. */
  readonly row: Row;
  readonly options: Options;
}

export type Row = string | readonly number[];
export type Options = Readonly<Record<string, unknown>>;
/** What is said of one input: one answer, or a list where the task gives several. */
export type Answer = Json;

const NOTHING: Options = {};

/** One version of a model under its name. */
export class ServedModel {
  readonly name: string;
  /** Counts from 1, with each file that took the place of the one before. */
  readonly version: number;
  readonly task: CommandTask;
  readonly model: TaskTypes["model"];
  readonly known: Known<TaskTypes>;
  readonly described: Described | null;
  /** Of a piece of a session; null where it has none. */
  readonly remembered: Described | null;
  readonly #sameBits: SameBits | null;

  constructor(name: string, { task, model, known }: Servable, version = 1) {
    this.name = name;
    this.version = version;
    this.task = task;
    this.model = model;
    this.known = known;
    this.described = task.predict?.describe?.(known) ?? null;
    this.remembered = task.remembers?.describe(known) ?? null;
    const together = task.predict?.together;
    this.#sameBits = together === undefined ? null : new SameBits(together, model, known);
  }

  /** An input as the model reads it. @param argument  its name in errors @throws RequestError 422 */
  read(input: unknown, argument: string, maxLength: number, options: Options = NOTHING): Asked {
    const row = checkedRow(input, argument, maxLength, this.described);
    const together = this.task.predict?.together;
    if (together === undefined) return { item: null, steps: null, row, options };
    try {
      const item = together.read(this.model, this.known, row);
      return { item, steps: together.steps(item), row, options };
    } catch (error) {
      throw inputError(error, argument);
    }
  }

  /** Rows of a batch for so many inputs of a length: then their answers have the bits of each alone. */
  batchSize(steps: number, waiting: number): number {
    return this.#sameBits!.size(steps, waiting);
  }

  /** Of inputs of one length, in a batch of so many rows. */
  together(items: readonly unknown[], rows = items.length): Answer[] {
    const filled = rows > items.length ? [...items, ...Array(rows - items.length).fill(items[0])] : items;
    const said = this.task.predict!.together!.answer(this.model, this.known, filled);
    return items.map((_, i) => said[i].values as Answer);
  }

  /** Makes it answer as quickly as it will, for so many milliseconds. */
  warmUp(milliseconds: number): void {
    this.#sameBits?.warmUp(milliseconds);
  }

  /** Of one input by itself. @throws RequestError 422 */
  async alone({ row, options }: Asked, argument: string): Promise<Answer> {
    const said: Answer[] = [];
    try {
      const typed: AsyncIterable<Prediction> = this.task.predict!.typed(this.model, this.known, row, options);
      for await (const { values } of typed) said.push(values as Answer);
    } catch (error) {
      throw inputError(error, argument);
    }
    return this.described?.many === true ? said : said[0];
  }
}

/** What a task has to say of an input, under the input's name; what is no fault of the input stays as it is. */
function inputError(error: unknown, argument: string): unknown {
  if (error instanceof RequestError) return error;
  const isInput = error instanceof FormatError || error instanceof OptionError;
  return isInput ? refusedInput(error as UnrolledError, argument) : error;
}

function refuse(argument: string, must: string, value: unknown, fix = ""): RequestError {
  return new RequestError({ status: 422, code: "input", argument, must, value: show(value), fix });
}

/** An input that is not too long. @throws RequestError 422 */
export function checkedRow(input: unknown, argument: string, most: number, described: Described | null): Row {
  const row = rowOf(input, argument, described);
  if (row.length <= most) return row;
  const what = typeof row === "string" ? "characters" : "numbers";
  const must = `have at most ${most.toLocaleString("en")} ${what}`;
  throw new RequestError({
    ...{ status: 422, code: "too-long", argument, must, value: row.length.toLocaleString("en") },
  });
}

/** Texts and numbers as they are; objects by the columns of the model. @throws RequestError 422 */
function rowOf(input: unknown, argument: string, described: Described | null): Row {
  if (typeof input === "string") return input;
  const { columns, isTable = false } = described ?? {};
  if (Array.isArray(input)) {
    if (isTable && input.length > 0 && input.every(isPlainObject)) {
      return input.map((row, i) => lineOf(row, `${argument}[${i}]`)).join("\n");
    }
    if (columns === undefined) return numbersOf(input, argument);
    const isNested = typeof input[0] === "object";
    if (!isNested) return numbersOf(input, argument);
    return input.flatMap((step, t) => cellsOf(step, `${argument}[${t}]`, columns) as number[]);
  }
  if (isPlainObject(input) && columns !== undefined) {
    const cells = cellsOf(input, argument, columns);
    return typeof cells[0] === "string" ? cells[0] : (cells as number[]);
  }
  const objects = columns === undefined ? (isTable ? " or a list of rows" : "") : " or an object of columns";
  throw refuse(argument, `be a text, a list of numbers${objects}`, input);
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A row of a table as a line of JSON. */
function lineOf(row: Record<string, unknown>, argument: string): string {
  for (const [key, cell] of Object.entries(row)) {
    if (typeof cell === "object" && cell !== null) throw refuse(`${argument}.${key}`, "be a text or a number", cell);
  }
  return JSON.stringify(row);
}

function numbersOf(list: readonly unknown[], argument: string): readonly number[] {
  const at = list.findIndex((value) => typeof value !== "number");
  if (at >= 0) throw refuse(`${argument}[${at}]`, "be a number", list[at]);
  return list as readonly number[];
}

/** The cells of a step in the order of the columns. */
function cellsOf(step: unknown, argument: string, columns: readonly string[]): (string | number)[] {
  if (Array.isArray(step)) {
    if (step.length === columns.length) return [...numbersOf(step, argument)];
    throw refuse(argument, `have ${columns.length} numbers (${columns.slice(0, 8).join(", ")})`, step);
  }
  if (!isPlainObject(step)) throw refuse(argument, "be a list of numbers or an object of columns", step);
  const extra = Object.keys(step).find((name) => !columns.includes(name));
  if (extra !== undefined) throw unknownField(argument, extra, columns);
  return columns.map((name) => {
    const cell = Object.hasOwn(step, name) ? step[name] : undefined;
    if (typeof cell === "number" || (typeof cell === "string" && columns.length === 1)) return cell;
    throw refuse(`${argument}.${name}`, "be there, and a number", cell);
  });
}

/** A key that is none of `known`. */
export function unknownField(argument: string, key: string, known: readonly string[]): RequestError {
  const near = nearest(key, known);
  const must = `have only ${known.slice(0, 12).join(", ")}`;
  const fix = near === undefined ? "" : `Did you mean ${near}?`;
  const details = { key: key.slice(0, 100), nearest: near };
  return new RequestError({ status: 422, code: "unknown-field", argument, must, value: show(key), fix, details });
}
