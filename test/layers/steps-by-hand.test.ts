import { describe, expect, test } from "vitest";
import {
  GRU,
  gruStep,
  gruStepBackward,
  LSTM,
  lstmStep,
  lstmStepBackward,
  RNN,
  rnnStep,
  rnnStepBackward,
} from "../../src/layers/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { RandomArrays } from "./random.js";

const [N, D, H] = [3, 4, 5] as const;

describe("the equations line by line give what the kernels give, rtol 1e-10 in float64", () => {
  test.each(["tanh", "relu"] as const)("RNN, %s", (activation) => {
    const r = new RandomArrays(91);
    const layer = new RNN(...r.recurrent(1, D, H), { activation });
    const [x, h, dh] = [r.normal(N, D), r.normal(N, H), r.normal(N, H)];
    const cache = rnnStep(x, h, layer, activation);
    expectClose(cache.h.data, layer.forward(x, h).data, TOLERANCE.float64);
    const [dx, dhPrev] = layer.backward(dh);
    const grads = rnnStepBackward(dh, cache, layer);
    expectClose(grads.dx.data, dx.data, TOLERANCE.float64);
    expectClose(grads.dhPrev.data, dhPrev.data, TOLERANCE.float64);
    for (const name of ["dWx", "dWh", "db"] as const) {
      expectClose(grads[name].data, layer[name].data, TOLERANCE.float64, name);
    }
  });

  test("LSTM", () => {
    const r = new RandomArrays(92);
    const layer = new LSTM(...r.recurrent(4, D, H));
    const [x, h, c, dh, dc] = [r.normal(N, D), r.normal(N, H), r.normal(N, H), r.normal(N, H), r.normal(N, H)];
    const cache = lstmStep(x, h, c, layer);
    const [hNext, cNext] = layer.forward(x, h, c);
    expectClose(cache.h.data, hNext.data, TOLERANCE.float64);
    expectClose(cache.c.data, cNext.data, TOLERANCE.float64);
    expect(cache.f.data.every((value) => value > 0 && value < 1)).toBe(true);
    const [dx, dhPrev, dcPrev] = layer.backward(dh, dc);
    const grads = lstmStepBackward(dh, dc, cache, layer);
    const expected = { dx, dhPrev, dcPrev, dWx: layer.dWx, dWh: layer.dWh, db: layer.db };
    for (const name of Object.keys(expected) as (keyof typeof expected)[]) {
      expectClose(grads[name].data, expected[name].data, TOLERANCE.float64, name);
    }
  });

  test("GRU", () => {
    const r = new RandomArrays(93);
    const layer = new GRU(...r.recurrent(3, D, H), r.normal(3 * H));
    const [x, h, dh] = [r.normal(N, D), r.normal(N, H), r.normal(N, H)];
    const cache = gruStep(x, h, layer);
    expectClose(cache.h.data, layer.forward(x, h).data, TOLERANCE.float64);
    const [dx, dhPrev] = layer.backward(dh);
    const grads = gruStepBackward(dh, cache, layer);
    const expected = { dx, dhPrev, dWx: layer.dWx, dWh: layer.dWh, db: layer.db, dbh: layer.dbh };
    for (const name of Object.keys(expected) as (keyof typeof expected)[]) {
      expectClose(grads[name].data, expected[name].data, TOLERANCE.float64, name);
    }
  });
});
