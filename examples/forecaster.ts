/**
 * Tomorrow's highest temperature in Seattle from the last two weeks of weather: a GRU, fitted on 2012 and 2013 with early stopping on
 * 2014, and tested on 2015 beside the naive forecast, that tomorrow is as today. `npm run example forecaster`
 *
 * Data: NOAA's daily weather, from the npm package vega-datasets.
 */
import { evaluate, fit, Generator, manualSeed, metrics, nn, optim, type Tensor, tensor } from "unrolled";
import { seattleWeather } from "./support/seattle-weather.js";

const DAYS = 14;

class Forecaster extends nn.Module {
  gru = new nn.GRU(6, 24);
  head = new nn.Linear(24, 1);

  /** x [L, N, 6] to how much warmer the next day is [N, 1], in degrees. */
  forward(x: Tensor): Tensor {
    return this.head.forward(this.gru.forward(x)[1].select(0, 0));
  }
}

/** In an order drawn anew for each call: runs of days [L, n, 6], scaled, and how much warmer the day after is [n, 1]. */
function* batches(days: number[][], random: Generator): Iterable<[Tensor, Tensor]> {
  const order = [...random.permutation(days.length - DAYS)];
  const units = [10, 10, 10, 3, 1, 1];
  const scaled = days.map((day) => day.map((value, i) => value / units[i]!));
  for (let at = 0; at < order.length; at += 32) {
    const starts = order.slice(at, at + 32);
    const change = starts.map((i) => [days[i + DAYS]![1]! - days[i + DAYS - 1]![1]!]);
    yield [tensor(starts.map((i) => scaled.slice(i, i + DAYS))).transpose(0, 1), tensor(change)];
  }
}

export async function forecast(epochs = 60, progress = false) {
  const random = manualSeed(1);
  const model = new Forecaster();
  const all = (year: string) => [...batches(seattleWeather(year), new Generator(0))];
  const train = seattleWeather("2012", "2013");
  const measured = { loss: nn.functional.mseLoss, metrics: [metrics.mae()] };
  const { best } = await fit(model, {
    ...{
      train: () => batches(train, random),
      valid: all("2014"),
      ...measured,
      epochs,
      patience: 8,
      clipNorm: 1,
      progress,
    },
    optimizer: new optim.Adam(model.parameters(), { lr: 0.005 }),
  });
  const naive = (_: Forecaster, [, change]: readonly [Tensor, Tensor]) => change.mul(0);
  const test = await evaluate(model, all("2015"), measured);
  const before = await evaluate(model, all("2015"), { ...measured, forward: naive });
  return { epoch: best!.epoch, error: test["MAE"]!, naive: before["MAE"]! };
}

export async function main() {
  const { epoch, error, naive } = await forecast(60, true);
  console.log(`best after epoch ${epoch}; mean error on 2015: ${error.toFixed(2)} degrees, naive ${naive.toFixed(2)}`);
}
