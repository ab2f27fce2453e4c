import { numbersOf } from "../rows/number-columns.js";
import { calendarNumbers } from "./calendar.js";
import type { ForecastConfig } from "./config.js";
import {
  type ForecastMeta,
  featureWidth,
  firstOrigin,
  type Origins,
  type ReadSeries,
  type Window,
  type WindowList,
  windowsIn,
} from "./data.js";
import type { SeriesScale } from "./scale.js";
import type { SeriesStore, StoredSeries } from "./stored-series.js";
import { timeAfter } from "./time-axis.js";

/** What parts of series on the disk are read with. */
export interface PartSettings {
  config: ForecastConfig;
  meta: ForecastMeta;
  /** Of each series. */
  scales: readonly SeriesScale[];
  /** A covariate's number for what was stored of it. */
  codeOf(covariate: number, stored: number): number;
}

/** Series on the disk, of which a network reads parts. */
export class SeriesParts {
  readonly store: SeriesStore;
  readonly #settings: PartSettings;
  readonly #width: number;
  /** Steps before an origin that something reads of. */
  readonly #reach: number;

  constructor(store: SeriesStore, settings: PartSettings) {
    [this.store, this.#settings] = [store, settings];
    this.#width = featureWidth(settings.meta);
    this.#reach = Math.max(firstOrigin(settings.config), settings.meta.season);
  }

  /** Windows of one series that begin at these origins, which share what is read. */
  windows(number: number, origins: readonly number[]): Window[] {
    const from = Math.max(0, origins[0] - this.#reach);
    const series = this.#read(number, from, origins[origins.length - 1] + this.#settings.config.horizon);
    return origins.map((origin) => ({ series, origin: origin - from }));
  }

  /** Whether the row of a step is marked. @param row  as a series' `rows` have it */
  isMarked(row: number): boolean {
    const { cells } = this.store;
    return cells !== null && cells.read(row, 1)[cells.width - 1] === 1;
  }

  /** Which of the origins are not marked, in their order. */
  *unmarked({ at }: StoredSeries, [first, last, stride]: Origins): Generator<number, void, undefined> {
    const { cells } = this.store;
    if (cells === null) return;
    let [next, begin] = [first, first];
    for (const block of cells.blocks(at + first, at + last + 1)) {
      const end = begin + block.length / cells.width;
      for (; next < end; next += stride) if (block[(next - begin + 1) * cells.width - 1] !== 1) yield next;
      begin = end;
    }
  }

  #read(number: number, from: number, to: number): ReadSeries {
    const { id, first, at, length } = this.store.series[number];
    const scale = this.#settings.scales[number];
    const values = this.store.values.read(at + from, Math.max(0, Math.min(to, length) - from));
    const scaled = Float32Array.from(values, (value) => (value - scale.shift) / scale.scale);
    const rows = Array.from({ length: to - from }, (_, i) => at + from + i);
    return { id, first, from, values, rows, scale, scaled, features: this.#features(number, from, to) };
  }

  #features(number: number, from: number, to: number): Float32Array {
    const { axis, cells, series } = this.store;
    const { first, at, steps } = series[number];
    const { meta, codeOf } = this.#settings;
    const { calendar, covariates } = meta;
    const width = this.#width;
    const features = new Float32Array((to - from) * width);
    if (width === 0) return features;
    // Behind the last row it holds what that holds.
    const begin = Math.min(from, steps - 1);
    const stored = cells?.read(at + begin, Math.min(to, steps) - begin);
    for (let step = from; step < to; step++) {
      const place = (Math.min(step, steps - 1) - begin) * (cells?.width ?? 0);
      const codes = covariates.map((_, i) => codeOf(i, stored![place + i]));
      const own = [...calendarNumbers(calendar, timeAfter(axis, first, step)), ...numbersOf(covariates, codes)];
      features.set(own, (step - from) * width);
    }
    return features;
  }
}

/** Windows that are read at once where all come one after another. */
const TOGETHER = 256;

/** Windows of series on the disk: what is asked for is read. */
export class StoredWindows implements WindowList {
  length = 0;
  readonly #parts: SeriesParts;
  /** Of each run of windows its series, its first origin, how far apart they are, and how many there are up to its end. */
  readonly #runs: { series: number; first: number; stride: number; end: number }[] = [];

  constructor(parts: SeriesParts) {
    this.#parts = parts;
  }

  /** Windows behind those that there are. */
  add(series: number, origins: Origins): void {
    const count = windowsIn(origins);
    if (count === 0) return;
    const [first, , stride] = origins;
    this.length += count;
    this.#runs.push({ series, first, stride, end: this.length });
  }

  at(i: number): Window | undefined {
    return this.slice(i, i + 1)[0];
  }

  slice(from = 0, to = this.length): Window[] {
    const found: Window[] = [];
    let [series, origins]: [number, number[]] = [0, []];
    const read = () => {
      if (origins.length > 0) found.push(...this.#parts.windows(series, origins));
      origins = [];
    };
    let run = this.#runOf(from);
    for (let i = from; i < Math.min(to, this.length); i++) {
      while (this.#runs[run].end <= i) run++;
      const { series: own, first, stride } = this.#runs[run];
      const origin = first + (i - (run === 0 ? 0 : this.#runs[run - 1].end)) * stride;
      const goesOn = own === series && origin > origins[origins.length - 1] && origin - origins[0] <= FAR;
      if (!goesOn) read();
      series = own;
      origins.push(origin);
    }
    read();
    return found;
  }

  *[Symbol.iterator](): Generator<Window, void, undefined> {
    for (let at = 0; at < this.length; at += TOGETHER) yield* this.slice(at, at + TOGETHER);
  }

  /** Those of each run that are not marked. */
  unmarked(): StoredWindows {
    const left = new StoredWindows(this.#parts);
    for (const [i, { series, first, stride, end }] of this.#runs.entries()) {
      const count = end - (i === 0 ? 0 : this.#runs[i - 1].end);
      let [begin, last] = [first, first - stride];
      for (const origin of this.#parts.unmarked(this.#parts.store.series[series], [
        first,
        first + (count - 1) * stride,
        stride,
      ])) {
        if (origin !== last + stride) {
          left.add(series, [begin, last, stride]);
          begin = origin;
        }
        last = origin;
      }
      left.add(series, [begin, last, stride]);
    }
    return left;
  }

  #runOf(i: number): number {
    let [low, high] = [0, this.#runs.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#runs[middle].end > i) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Windows that are farther apart share nothing that is worth to be read at once. */
const FAR = 2 ** 16;
