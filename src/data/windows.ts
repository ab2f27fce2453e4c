import { checkKnownOptions, checkNonNegativeInteger, checkPositiveInteger, isObject } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { type ForecastOptions, ForecastWindows } from "./forecast-windows.js";
import type { Numbers } from "./matrix.js";
import { checkSamples, type Samples, takeRows } from "./samples.js";

export interface WindowOptions {
  /** Steps that the model sees. */
  window: number;
  /** Steps after them that it has to predict. Default 1; 0 for none. */
  horizon?: number | undefined;
  /** Steps from the start of one window to that of the next. Default 1. */
  stride?: number | undefined;
}

/**
 * Windows over a time series and what follows each of them: a data set for a loader, whose samples are views.
 * @param series  a tensor or samples [L, F], one column as an array, or columns by name; or an array of such series
 * @returns samples { x: [inputLength, F], y: [horizon, T] }, N = ⌊(L - inputLength - gap - horizon) / stride⌋ + 1 of each series
 * @throws FormatError when no series is long enough for one window, with the length needed; OptionError for a column that is not there
 * @example
 * const windows = data.slidingWindows(table.numbers(["temp", "wind"]), { inputLength: 28, horizon: 7, target: "temp" });
 * for (const { x, y } of data.loader(windows, { batchSize: 32, shuffle: true })) step(x, y); // [N, 28, 2] and [N, 7, 1]
 */
export function slidingWindows(series: Numbers | readonly Numbers[], options: ForecastOptions): ForecastWindows;
/**
 * All windows over a time series and what follows each of them, copied into two arrays.
 * @param series [L] or [L, ...], one row a time step
 * @returns inputs [N, window, ...] and targets [N, horizon, ...], N = ⌊(L - window - horizon) / stride⌋ + 1
 * @throws FormatError when the series is too short for one window, with the length needed
 */
export function slidingWindows(series: Samples, options: WindowOptions): { inputs: Samples; targets: Samples };
export function slidingWindows(
  series: Numbers | readonly Numbers[],
  options: ForecastOptions | WindowOptions,
): ForecastWindows | { inputs: Samples; targets: Samples } {
  if (isObject(options) && "window" in options) return copiedWindows(series as Samples, options);
  return new ForecastWindows(series, options as ForecastOptions);
}

function copiedWindows(series: Samples, options: WindowOptions): { inputs: Samples; targets: Samples } {
  const op = "slidingWindows";
  checkKnownOptions(op, options, ["window", "horizon", "stride"]);
  const window = checkPositiveInteger(op, "window", options.window);
  const horizon = checkNonNegativeInteger(op, "horizon", options.horizon ?? 1);
  const stride = checkPositiveInteger(op, "stride", options.stride ?? 1);
  checkSamples(op, "series", series);
  const { shape } = series;
  const length = shape[0];
  if (length < window + horizon) {
    const must = `have at least ${window + horizon} steps (window ${window}, horizon ${horizon})`;
    throw new FormatError({ op, argument: "series", must, value: `${length}` });
  }
  const count = Math.floor((length - window - horizon) / stride) + 1;
  const gather = (offset: number, steps: number): Samples => {
    const rows = Int32Array.from({ length: count * steps }, (_, i) => {
      return Math.floor(i / steps) * stride + offset + (i % steps);
    });
    return { data: takeRows(series, rows).data, shape: [count, steps, ...shape.slice(1)] };
  };
  return { inputs: gather(0, window), targets: gather(window, horizon) };
}
