import { checkKnownOptions, checkNonNegativeInteger, checkPositiveInteger, isObject, refusal } from "../base/check.js";
import { type TypedArray, typedArray } from "../base/dtype.js";
import { FormatError, ShapeError } from "../base/errors.js";
import type { Tensor } from "../tensor/index.js";
import { fromHost } from "../tensor/ops/raw.js";
import { columnPlaces, isColumns, type Matrix, matrixOf, type Numbers } from "./matrix.js";
import { isSamples } from "./samples.js";

type Columns = string | number | readonly (string | number)[];

export interface ForecastOptions {
  /** Steps that the model sees, L. */
  inputLength: number;
  /** Steps that it has to predict. Default 1. */
  horizon?: number | undefined;
  /** Steps between what it sees and what it predicts. Default 0. */
  gap?: number | undefined;
  /** Steps from the start of one window to that of the next. Default 1. */
  stride?: number | undefined;
  /** The columns to predict, by number or name. Default: all. */
  target?: Columns | undefined;
  /** The columns to see. Default: all. */
  inputs?: Columns | undefined;
  /** Of each row, where the rows are several series: no window holds rows of two. */
  ids?: ArrayLike<string | number> | undefined;
}

/** A window and what follows it. */
export interface ForecastSample {
  /** [inputLength, F]. */
  x: Tensor;
  /** [horizon, T]. */
  y: Tensor;
}

interface Series {
  id: string | number;
  /** Row-major, all columns. */
  data: ArrayLike<number>;
  rows: number;
  /** Windows before those of this series. */
  before: number;
}

const OP = "slidingWindows";
const OPTIONS = ["inputLength", "horizon", "gap", "stride", "target", "inputs", "ids"];

/** Windows over one or several series, made when they are asked for. `slidingWindows` makes it. */
export class ForecastWindows {
  /** Windows, of all series. */
  readonly length: number;
  /** Series that are too short for one. */
  readonly skipped: number;
  readonly #series: readonly Series[];
  readonly #width: number;
  readonly #inputs: readonly number[];
  readonly #targets: readonly number[];
  readonly #steps: { inputLength: number; horizon: number; gap: number; stride: number };
  readonly #dtype: "float32" | "float64";

  /** @internal */
  constructor(given: Numbers | readonly Numbers[], options: ForecastOptions) {
    checkKnownOptions(OP, options, OPTIONS);
    const { horizon = 1, gap = 0, stride = 1, ids } = options;
    this.#steps = {
      inputLength: checkPositiveInteger(OP, "inputLength", options.inputLength),
      horizon: checkPositiveInteger(OP, "horizon", horizon),
      gap: checkNonNegativeInteger(OP, "gap", gap),
      stride: checkPositiveInteger(OP, "stride", stride),
    };
    const all = isList(given) ? given : [given];
    const matrices = all.map((one, i) => matrixOf(OP, all === given ? `series[${i}]` : "series", one));
    if (matrices.length === 0) throw refusal(OP, "series", "hold a series or more", given);
    const [first] = matrices;
    checkSameColumns(matrices);
    const everyColumn = Array.from({ length: first.features }, (_, c) => c);
    const places = (argument: string, columns: Columns | undefined): number[] =>
      columns === undefined ? everyColumn : columnPlaces(OP, argument, columns, first);
    this.#width = first.features;
    this.#inputs = places("inputs", options.inputs);
    this.#targets = places("target", options.target);
    this.#dtype = all.every(isFloat64) ? "float64" : "float32";
    const parts = ids === undefined ? matrices.map(({ data, rows }, id) => ({ id, data, rows })) : byId(matrices, ids);
    let length = 0;
    this.#series = parts.flatMap((part) => {
      const before = length;
      const count = Math.max(0, Math.floor((part.rows - this.#span) / stride) + 1);
      length += count;
      return count === 0 ? [] : [{ ...part, before }];
    });
    this.length = length;
    this.skipped = parts.length - this.#series.length;
    if (length === 0) throw this.#tooShort(parts);
  }

  /** Rows that a window takes with its target. */
  get #span(): number {
    const { inputLength, gap, horizon } = this.#steps;
    return inputLength + gap + horizon;
  }

  /** @throws OptionError for a window that there is not */
  get(index: number): ForecastSample {
    const { x, y } = this.gather([index]);
    return { x: x.reshape(x.shape.slice(1)), y: y.reshape(y.shape.slice(1)) };
  }

  /** Where a window begins: its series (its id, or its number) and its first row there. */
  at(index: number): { id: string | number; row: number } {
    const { id, before } = this.#seriesOf(index);
    return { id, row: (index - before) * this.#steps.stride };
  }

  /** Windows as a batch: x [N, inputLength, F], y [N, horizon, T]. */
  gather(indices: ArrayLike<number>): ForecastSample {
    const { inputLength, gap, horizon } = this.#steps;
    return {
      x: this.#take(indices, 0, inputLength, this.#inputs),
      y: this.#take(indices, inputLength + gap, horizon, this.#targets),
    };
  }

  #take(indices: ArrayLike<number>, offset: number, steps: number, columns: readonly number[]): Tensor {
    const out: TypedArray = typedArray(this.#dtype, indices.length * steps * columns.length);
    let at = 0;
    for (let i = 0; i < indices.length; i++) {
      const { data, before } = this.#seriesOf(indices[i]);
      const start = (indices[i] - before) * this.#steps.stride + offset;
      for (let row = start; row < start + steps; row++) {
        for (const column of columns) out[at++] = data[row * this.#width + column];
      }
    }
    return fromHost(out, [indices.length, steps, columns.length]);
  }

  #seriesOf(index: number): Series {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw refusal(OP, "index", `be an integer in [0, ${this.length - 1}] (${this.length} windows)`, index);
    }
    let [low, high] = [0, this.#series.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#series[middle].before <= index) low = middle;
      else high = middle - 1;
    }
    return this.#series[low];
  }

  #tooShort(parts: readonly { rows: number }[]): FormatError {
    const { inputLength, gap, horizon } = this.#steps;
    const longest = parts.reduce((most, { rows }) => Math.max(most, rows), 0);
    const must = `have at least ${this.#span} steps (inputLength ${inputLength}, gap ${gap}, horizon ${horizon})`;
    const value = parts.length > 1 ? `${longest} in the longest of ${parts.length}` : `${longest}`;
    const fits = longest - gap - horizon;
    const fix =
      fits > 0
        ? `An inputLength of ${fits} fits.`
        : `With ${longest} steps, inputLength, gap and horizon together are at most ${longest}.`;
    return new FormatError({ op: OP, argument: "series", must, value, fix });
  }
}

function isList(series: unknown): series is readonly Numbers[] {
  return Array.isArray(series) && series.some((one) => typeof one !== "number");
}

/** Numbers by name have no type of their own here, and become float32 as all inputs of a model. */
function isFloat64(series: Numbers): boolean {
  if (isSamples(series)) return series.data instanceof Float64Array;
  return isObject(series) && !isColumns(series) && (series as Partial<Tensor>).dtype === "float64";
}

function checkSameColumns(matrices: readonly Matrix[]): void {
  const [{ features, names }] = matrices;
  for (const [i, other] of matrices.entries()) {
    const same = other.features === features && (other.names ?? []).join("\n") === (names ?? []).join("\n");
    if (same) continue;
    const must = `have the columns of series[0] (${names?.join(", ") ?? features})`;
    throw new ShapeError({
      op: OP,
      argument: `series[${i}]`,
      must,
      value: other.names?.join(", ") ?? String(other.features),
    });
  }
}

/** Rows with one id are one series, in their order, also where others stand between them. */
function byId(matrices: readonly Matrix[], ids: ArrayLike<string | number>): Omit<Series, "before">[] {
  const [{ data, rows, features }] = matrices;
  if (matrices.length > 1) throw refusal(OP, "ids", "be left out where series are given one by one", ids);
  if (typeof ids?.length !== "number" || ids.length !== rows) {
    const value = String(ids?.length);
    throw new ShapeError({ op: OP, argument: "ids", must: `hold an id for each of ${rows} rows`, value });
  }
  const groups = new Map<string | number, number[]>();
  for (let row = 0; row < rows; row++) {
    const own = groups.get(ids[row]);
    if (own === undefined) groups.set(ids[row], [row]);
    else own.push(row);
  }
  return [...groups].map(([id, own]) => {
    const together = Float64Array.from({ length: own.length * features }, (_, i) => {
      return data[own[Math.floor(i / features)] * features + (i % features)];
    });
    return { id, data: together, rows: own.length };
  });
}
