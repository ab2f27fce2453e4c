/**
 * Tomorrow's highest temperature in Seattle from two weeks of weather: a GRU, fitted on 2012 and 2013 with early stopping on 2014, and
 * tested on 2015 beside the naive forecast, that tomorrow is as today. `npm run example forecaster`
 *
 * Data: NOAA's daily weather, from the npm package vega-datasets.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { data, evaluate, fit, manualSeed, metrics, nn, optim, type Tensor } from "unrolled";
import { readCSV } from "unrolled/data";

const FILE = join(createRequire(import.meta.url).resolve("vega-datasets"), "../../data/seattle-weather.csv");
const COLUMNS = ["temp_max", "temp_min", "precipitation", "wind"];

class Forecaster extends nn.Module {
  scaler = new data.StandardScaler({ features: COLUMNS.length });
  gru = new nn.GRU(COLUMNS.length, 24, { batchFirst: true });
  head = new nn.Linear(24, 1);

  /** Days x [N, L, F] to the temperature of the next one [N, 1, 1]: the last one's, and a change that is learned. */
  forward(x: Tensor): Tensor {
    const [, h] = this.gru.forward(this.scaler.forward(x));
    return naive(this, { x }).add(this.head.forward(h.select(0, 0)).unsqueeze(1));
  }
}

interface Batch {
  x: Tensor;
}

const naive = (_: Forecaster, { x }: Batch) => x.slice(1, -1).slice(2, 0, 1);

export async function forecast(epochs = 60, progress = false) {
  manualSeed(1);
  const table = await readCSV(FILE);
  const days = (...years: string[]) => {
    const rows = [...table].flatMap(({ date }, i) =>
      years.includes(new Date(date as number).toJSON().slice(0, 4)) ? [i] : [],
    );
    return table.take(rows).numbers(COLUMNS);
  };
  const batches = (series: Record<string, Float64Array>, shuffle = false) => {
    const windows = data.slidingWindows(series, { inputLength: 14, horizon: 1, target: ["temp_max"] });
    return data.loader(windows, { batchSize: 32, shuffle });
  };
  const train = days("2012", "2013");
  const model = new Forecaster();
  model.scaler.fit(train);
  const measured = { loss: nn.functional.mseLoss, metrics: [metrics.mae()] };
  const { best } = await fit(model, {
    ...measured,
    ...{ train: batches(train, true), valid: batches(days("2014")), epochs, patience: 8, clipNorm: 1, progress },
    optimizer: new optim.Adam(model.parameters(), { lr: 0.005 }),
  });
  const test = await evaluate(model, batches(days("2015")), measured);
  const before = await evaluate(model, batches(days("2015")), { ...measured, forward: naive });
  return { epoch: best!.epoch, error: test["MAE"]!, naive: before["MAE"]! };
}

export async function main() {
  const { epoch, error, naive } = await forecast(60, true);
  console.log(`best after epoch ${epoch}; mean error on 2015: ${error.toFixed(2)} degrees, naive ${naive.toFixed(2)}`);
}
