import * as fs from "node:fs";
import { describe, expect, test, vi } from "vitest";
import {
  DivergedError,
  evaluate,
  fit,
  Generator,
  load,
  manualSeed,
  metrics,
  nn,
  optim,
  predict,
  randint,
  randn,
  type Tensor,
  tensor,
  type train,
} from "../../../src/index.js";
import { expectSameBits } from "../../support/bits.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const folder = temporaryFolder();
const values = (module: nn.Module) => [...module.stateDict().values()].map((x) => x.data());
const any = (value: unknown): never => value as never;

class Net extends nn.Module {
  gru = new nn.GRU(3, 4);
  drop = new nn.Dropout(0.25);
  head = new nn.Linear(4, 2);
  forward(x: Tensor): Tensor {
    return this.head.forward(this.drop.forward(this.gru.forward(x)[0]));
  }
}

function pairs(count: number, seed: number, rows = 2): [Tensor, Tensor][] {
  const generator = new Generator(seed);
  return Array.from({ length: count }, () => [randn([4, rows, 3], { generator }), randn([4, rows, 2], { generator })]);
}

function made(seed = 3, lr = 0.1) {
  manualSeed(seed);
  const model = new Net();
  return { model, optimizer: new optim.SGD(model.parameters(), { lr, momentum: 0.5 }) };
}

const mse = nn.functional.mseLoss;

test("fit does what the loop by hand does, to the last bit", async () => {
  const [train, valid] = [pairs(5, 1), pairs(2, 2)];
  const { model, optimizer } = made();
  const { history, reason, steps, best } = await fit(model, {
    ...{ train, valid, optimizer, loss: mse, epochs: 3, clipNorm: 0.4 },
    schedule: new optim.ExponentialLR(optimizer, { gamma: 0.7 }),
  });
  expect({ reason, steps }).toEqual({ reason: "epochs", steps: 15 });

  const hand = made();
  const schedule = new optim.ExponentialLR(hand.optimizer, { gamma: 0.7 });
  const expected: Record<string, number[]> = { epoch: [1, 2, 3], step: [5, 10, 15], lr: [], loss: [], val_loss: [] };
  const mean = (losses: number[]) => losses.reduce((sum, loss) => sum + loss * 16, 0) / (16 * losses.length);
  for (let epoch = 0; epoch < 3; epoch++) {
    hand.model.train();
    const losses: number[] = [];
    expected["lr"]!.push(hand.optimizer.lr);
    for (const [x, y] of train) {
      const loss = mse(hand.model.forward(x), y);
      losses.push(loss.item());
      hand.optimizer.zeroGrad();
      loss.backward();
      nn.utils.clipGradNorm(hand.model.parameters(), 0.4);
      hand.optimizer.step();
    }
    schedule.step();
    hand.model.eval();
    expected["loss"]!.push(mean(losses));
    expected["val_loss"]!.push(mean(valid.map(([x, y]) => mse(hand.model.forward(x), y).item())));
  }
  expect(history).toEqual(expected);
  expectSameBits(values(model), values(hand.model), "weights");
  const least = Math.min(...expected["val_loss"]!);
  const epoch = expected["val_loss"]!.indexOf(least) + 1;
  expect(best).toEqual({ epoch, step: 5 * epoch, value: least, monitor: "val_loss" });
  expect(model.training).toBe(false);
});

describe("batches come from", () => {
  const list = pairs(4, 1);
  const objects = list.map(([x, y]) => ({ x, y }));
  class Wrapped {
    *[Symbol.iterator]() {
      yield* objects;
    }
  }
  let at = 0;
  const source = {
    steps: 4,
    position: { epoch: 0, step: 0 },
    next() {
      const { epoch, step } = this.position;
      this.position = step === 3 ? { epoch: epoch + 1, step: 0 } : { epoch, step: step + 1 };
      return list[step]!;
    },
  };
  test.each<[string, unknown, object?]>([
    ["a list of pairs", list],
    ["a list of objects", objects],
    ["what can be iterated over", new Wrapped()],
    ["a set", new Set(list)],
    ["a function that returns a list", () => list],
    ["a generator function", function* () { yield* list; }],
    ["an asynchronous generator function", async function* () { for (const one of objects) { await null; yield one; } }],
    ["a function that promises a list", async () => list],
    ["a function that returns one batch at a time", () => list[at++ % 5]],
    ["one at a time without end", () => list[at++ % 4], { stepsPerEpoch: 4 }],
    ["a generator without end", (function* () { for (;;) yield* list; })(), { stepsPerEpoch: 4 }],
    ["a source with a position", source],
  ])("%s", async (_name, train, more = {}) => {
    at = 0;
    const other = made();
    await fit(other.model, { train: list, optimizer: other.optimizer, loss: mse, epochs: 2 });
    const one = made();
    const { history } = await fit(one.model, { train: any(train), optimizer: one.optimizer, loss: mse, epochs: 2, ...more });
    expect(history["step"]).toEqual([4, 8]);
    expectSameBits(values(one.model), values(other.model), "weights");
  }); // biome-ignore format: a table

  test("one batch", async () => {
    const { model, optimizer } = made();
    const { history } = await fit(model, { train: list[0]!, optimizer, loss: mse, steps: 3 });
    expect(history["step"]).toEqual([1, 2, 3]);
  });

  test("an epoch of a fixed length goes on where the data were left", async () => {
    const seen: number[] = [];
    const { model, optimizer } = made();
    const forward = (m: Net, [x]: readonly [Tensor, Tensor]) => {
      seen.push(list.findIndex(([other]) => other === x));
      return m.forward(x);
    };
    await fit(model, { train: list, optimizer, loss: mse, epochs: 3, stepsPerEpoch: 3, forward });
    expect(seen).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0]);
  });
});

describe("k batches of B are one of k·B", () => {
  const weight = tensor([0.5, 2, 1, 0.1, 3], { dtype: "float64" });
  type Row = readonly [string, () => nn.Module, (rows: number) => Tensor, never];
  const classes = (rows: number) => randint(0, 5, [rows]).add(0).to("int32");
  const ignored = (rows: number) =>
    classes(rows).set(Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? 4 : i % 5)));
  test.each<Row>([
    ["mean squares", () => new nn.Linear(3, 5, { dtype: "float64" }), (rows) => randn([rows, 5], { dtype: "float64" }), any(mse)],
    ["cross entropy", () => new nn.Linear(3, 5, { dtype: "float64" }), classes, any(nn.functional.crossEntropy)],
    ["ignored and weighted", () => new nn.Linear(3, 5, { dtype: "float64" }), ignored, any(new nn.CrossEntropyLoss({ ignoreIndex: 4, weight }))],
    ["a loss that counts", () => new nn.Linear(3, 5, { dtype: "float64" }), ignored, any((out: Tensor, y: Tensor) => ({
      loss: nn.functional.crossEntropy(out, y, { ignoreIndex: 4 }), count: y.data().filter((id) => id !== 4).length }))],
  ])("%s", async (_name, make, target, loss) => {
    manualSeed(8);
    const model = make();
    const twin = model.clone();
    const [x, y] = [randn([14, 3], { dtype: "float64" }), target(14)];
    const cut = (from: number, to: number): [Tensor, Tensor] => [x.slice(0, from, to), y.slice(0, from, to)];
    // Batches of unlike sizes; the last step of the epoch has one alone.
    const small = [cut(0, 3), cut(3, 5), cut(5, 10), cut(10, 12), cut(12, 14)];
    const large = [cut(0, 5), cut(5, 12), cut(12, 14)];
    const common = { loss, epochs: 2, clipNorm: 0.5 };
    const events: train.TrainEvent[] = [];
    const sgd = (m: nn.Module) => new optim.SGD(m.parameters(), { lr: 0.5 });
    const one = await fit(model, { ...common, train: small, optimizer: sgd(model), accumulate: 2, onEvent: (e) => events.push(e) });
    const other = await fit(twin, { ...common, train: large, optimizer: sgd(twin) });
    expect(one.steps).toBe(6);
    expect(events[0]).toMatchObject({ type: "step", epochStep: 1, epochSteps: 3, totalSteps: 6 });
    const close = (found: ArrayLike<number>, expected: ArrayLike<number>) => {
      for (let i = 0; i < expected.length; i++) expect(found[i]).toBeCloseTo(expected[i]!, 12);
    };
    close(one.history["loss"]!, other.history["loss"]!);
    for (const [i, weights] of values(model).entries()) close(weights, values(twin)[i]!);
  }); // biome-ignore format: a table

  test("a stream goes on through a batch of which nothing counts", async () => {
    manualSeed(4);
    const gru = new nn.GRU(3, 3, { dtype: "float64" });
    const twin = gru.clone();
    const xs = Array.from({ length: 3 }, () => randn([2, 1, 3], { dtype: "float64" }));
    const ys = [[0, 2], [-100, -100], [1, 0]].map((ids) => tensor(Int32Array.from(ids), { shape: [2, 1] }));
    const scores = (y: Tensor) => y.reshape([-1, 3]);
    const loss = (y: Tensor, ids: Tensor) => nn.functional.crossEntropy(scores(y), ids.reshape([-1]));
    const train = xs.map((x, i): [Tensor, Tensor] => [x, ys[i]!]);
    const sgd = (m: nn.Module) => new optim.SGD(m.parameters(), { lr: 0.5 });
    const counted = (y: Tensor, ids: Tensor) => ({ loss: loss(y, ids), count: ids.data().filter((id) => id >= 0).length });
    const optimizer = sgd(gru);
    const { history } = await fit(gru, { train, loss: counted, optimizer, epochs: 1, accumulate: 3, stateful: true });

    const hand = sgd(twin);
    const [y0, h0] = twin.forward(xs[0]!);
    const [, h1] = twin.forward(xs[1]!, h0.detach());
    const [y2] = twin.forward(xs[2]!, h1.detach());
    const mean = loss(y0, ys[0]!).add(loss(y2, ys[2]!)).mul(0.5);
    mean.backward();
    hand.step();
    expect(history["loss"]![0]).toBeCloseTo(mean.item(), 12);
    for (const [i, weights] of values(gru).entries()) {
      for (const [k, w] of weights.entries()) expect(w).toBeCloseTo(values(twin)[i]![k]!, 12);
    }
  }); // biome-ignore format: a table

  test("a sum cannot be accumulated as a mean", async () => {
    const { model, optimizer } = made();
    const loss = new nn.MSELoss({ reduction: "sum" });
    await expect(fit(model, { train: pairs(2, 1), optimizer, loss, epochs: 1, accumulate: 2 })).rejects.toThrow(
      /where batches are accumulated/,
    );
  });
});

describe("early stopping", () => {
  /** Learns the training data, which say nothing of what is validated: it grows worse there after a while. */
  async function overfit(more: object = {}, best?: string) {
    const { model, optimizer } = made(3, 0.3);
    model.drop = new nn.Dropout(0);
    const seen: ArrayLike<number>[][] = [];
    const report = await fit(model, {
      ...{ train: pairs(2, 1), valid: pairs(1, 4), optimizer, loss: mse, epochs: 60, patience: 3, ...more },
      callbacks: { onEpochEnd: () => void seen.push(values(model)) },
      ...(best === undefined ? {} : { checkpoint: { path: folder.at("last"), best } }),
    });
    return { model, seen, report };
  }

  test("ends when validation has not improved, with the best weights", async () => {
    const { model, seen, report } = await overfit({}, folder.at("best"));
    const { history, best, reason } = report;
    expect(reason).toBe("patience");
    expect(history["val_loss"]!.length).toBe(best!.epoch + 3);
    expect(best!.value).toBe(Math.min(...history["val_loss"]!));
    expectSameBits(values(model), seen[best!.epoch - 1]!, "the best weights");
    const alone = new Net();
    await load(folder.at("best"), alone);
    expectSameBits(values(alone), values(model), "the best file");
  });

  test("leaves the last weights where it is told to", async () => {
    const { model, seen } = await overfit({ earlyStopping: { patience: 2, restoreBest: false } });
    expectSameBits(values(model), seen.at(-1)!, "the last weights");
  });

  test("watches another figure, its own way, by more than minDelta", async () => {
    const falling = { falling: () => -1 };
    const max = await overfit({
      metrics: falling,
      earlyStopping: { monitor: "val_falling", mode: "max", patience: 4 },
    });
    expect(max.report).toMatchObject({ best: { epoch: 1, value: -1, monitor: "val_falling" }, steps: 10 });
    const delta = await overfit({ earlyStopping: { minDelta: 1e9, patience: 2 } });
    expect(delta.report.best!.epoch).toBe(1);
    await expect(overfit({ earlyStopping: { monitor: "val_los" } })).rejects.toThrow(/Did you mean val_loss\?/);
  });

  test("takes the averages of an optimiser that keeps some", async () => {
    manualSeed(2);
    const model = new nn.Linear(3, 2);
    const optimizer = new optim.ASGD(model.parameters(), { lr: 0.5, t0: 0 });
    const data = [[randn([6, 3]), randn([6, 2])]] as [Tensor, Tensor][];
    const { history } = await fit(model, { train: data, valid: data, optimizer, loss: mse, epochs: 5, patience: 9 });
    const { loss } = await evaluate(model, data, { loss: mse });
    expect(loss).toBe(Math.min(...history["val_loss"]!));
    expect(optimizer.withAverages(() => mse(model.forward(data[0]![0]), data[0]![1]).item())).not.toBe(undefined);
  });
});

test("metrics are told of training and validation", async () => {
  manualSeed(4);
  const model = new nn.Linear(3, 2);
  const data = [2, 3].map((rows): [Tensor, Tensor] => [randn([rows, 3]), randint(0, 2, [rows])]);
  const optimizer = new optim.SGD(model.parameters(), { lr: 1e-12 });
  const largest = (output: Tensor) => output.max();
  const given = { accuracy: metrics.accuracy({ classes: 2 }), largest };
  const { history } = await fit(model, {
    train: data,
    valid: data,
    optimizer,
    loss: nn.functional.crossEntropy,
    epochs: 2,
    metrics: given,
  });
  let right = 0;
  for (const [x, y] of data) {
    const answers = (await predict(model, x)).argmax(1).data();
    y.data().forEach((label, i) => {
      if (label === answers[i]) right++;
    });
  }
  for (const name of ["accuracy", "val_accuracy"]) expect(history[name]).toEqual([right / 5, right / 5]);
  const tops = data.map(([x]) => Math.max(...model.forward(x).data()));
  expect(history["largest"]![1]).toBeCloseTo((2 * tops[0]! + 3 * tops[1]!) / 5, 6);
  const list = await evaluate(model, data, { metrics: [metrics.accuracy({ classes: 2 }), largest] });
  expect(list["accuracy"]).toBe(right / 5);
  expect(Object.keys(list)).toEqual(["accuracy", "largest"]);
});

describe("schedules", () => {
  const rates = async (schedule: (o: optim.Optimizer) => never, more: object = {}) => {
    const { model, optimizer } = made();
    const lrs: number[] = [];
    const onEvent = (event: train.TrainEvent) => void (event.type === "step" && lrs.push(event.lr));
    await fit(model, {
      train: pairs(2, 1),
      optimizer,
      loss: mse,
      epochs: 3,
      onEvent,
      schedule: schedule(optimizer),
      ...more,
    });
    return lrs.map((lr) => +lr.toFixed(6));
  };
  const halved = (o: optim.Optimizer) => new optim.ExponentialLR(o, { gamma: 0.5 });

  test("after each epoch, each step, or both", async () => {
    expect(await rates((o) => any(halved(o)))).toEqual([0.1, 0.1, 0.05, 0.05, 0.025, 0.025]);
    expect(await rates((o) => any({ schedule: halved(o), every: "step" }))).toEqual([
      0.1, 0.05, 0.025, 0.0125, 0.00625, 0.003125,
    ]);
  });

  test("a plateau by the figure that it follows", async () => {
    const plateau = (o: optim.Optimizer, monitor?: string) =>
      any({ schedule: new optim.ReduceLROnPlateau(o, { patience: 0, factor: 0.5, threshold: 0 }), monitor });
    let up = 0;
    const valid = { valid: pairs(1, 2), metrics: { up: () => ++up, flat: () => 1 } };
    expect(await rates((o) => plateau(o, "val_up"), valid)).toEqual([0.1, 0.1, 0.1, 0.1, 0.05, 0.05]);
    await expect(rates((o) => plateau(o, "val_lost"), valid)).rejects.toThrow(/schedule\.monitor must be a figure/);
  });
});

describe("callbacks", () => {
  test("are called in order and waited for; they stop training", async () => {
    const { model, optimizer } = made();
    const seen: string[] = [];
    const slow = async (name: string) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push(name);
    };
    const report = await fit(model, {
      ...{ train: pairs(3, 1), optimizer, loss: mse, epochs: 9 },
      callbacks: [
        {
          onBegin: ({ step }) => slow(`begin ${step}`),
          onStepEnd: ({ step }) => slow(`step ${step}`),
          onEpochEnd: ({ epoch, loss }, { history }) => slow(`epoch ${epoch} ${loss === history["loss"]!.at(-1)}`),
          onEnd: ({ reason }) => slow(`end ${reason}`),
        },
        { onStepEnd: async ({ step }) => (step === 4 ? "stop" : undefined) },
      ],
    });
    expect(seen).toEqual(["begin 0", "step 1", "step 2", "step 3", "epoch 1 true", "step 4", "end stopped"]);
    expect(report).toMatchObject({ reason: "stopped", steps: 4 });
  });

  test.each<[string, object, number]>([
    ["onBegin", { onBegin: () => "stop" }, 0],
    ["onEpochEnd", { onEpochEnd: () => "stop" }, 3],
    ["context.stop()", { onStepEnd: (_: unknown, context: { stop(): void }) => context.stop() }, 1],
  ])("%s", async (_name, callbacks, steps) => {
    const { model, optimizer } = made();
    const report = await fit(model, { train: pairs(3, 1), optimizer, loss: mse, epochs: 9, callbacks });
    expect(report).toMatchObject({ reason: "stopped", steps });
  });

  test("a rejection that is settled only later never ends the process", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const { model, optimizer } = made();
    const valid = async function* () {
      await new Promise((resolve) => setTimeout(resolve, 5));
      yield* pairs(1, 2);
    };
    const callbacks = { onStepEnd: () => Promise.reject(new Error("power")) };
    const run = fit(model, { train: pairs(1, 1), valid, optimizer, loss: mse, epochs: 2, callbacks });
    await expect(run).rejects.toThrow("power");
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test("what one throws is thrown", async () => {
    const { model, optimizer } = made();
    const callbacks = { onEpochEnd: async () => Promise.reject(new Error("mine")) };
    await expect(fit(model, { train: pairs(3, 1), optimizer, loss: mse, epochs: 2, callbacks })).rejects.toThrow(
      "mine",
    );
  });
});

test("a signal ends it after the step under way", async () => {
  const { model, optimizer } = made();
  const controller = new AbortController();
  const onEvent = (event: train.TrainEvent) => void (event.type === "step" && event.step === 2 && controller.abort());
  const report = await fit(model, {
    train: pairs(3, 1),
    optimizer,
    loss: mse,
    epochs: 9,
    signal: controller.signal,
    onEvent,
  });
  expect(report).toMatchObject({ reason: "interrupted", steps: 2 });
});

test("a loss that is not finite ends it before the update, and says at which step", async () => {
  const { model, optimizer } = made();
  const train = pairs(4, 1);
  train[2]![1].set(new Float32Array(16).fill(Number.NaN));
  const before: ArrayLike<number>[] = [];
  const callbacks = { onStepEnd: () => before.splice(0, Infinity, ...values(model)) };
  const error = await fit(model, { train, optimizer, loss: mse, epochs: 2, callbacks }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(DivergedError);
  expect((error as DivergedError).step).toBe(3);
  expect(String(error)).toMatch(/loss of step 3 must be finite, got NaN\. Use a smaller learning rate than 0\.1/);
  expectSameBits(values(model), before, "weights");
});

describe("the live line", () => {
  const run = async (stderr: object, env: object = {}, more: object = {}) => {
    const own = { stderr: { value: stderr }, env: { value: { ...process.env, TERM: "xterm", ...env } } };
    vi.stubGlobal("process", Object.create(process, own));
    try {
      const { model, optimizer } = made();
      await fit(model, { train: pairs(2, 1), valid: pairs(1, 2), optimizer, loss: mse, epochs: 2, ...more });
    } finally {
      vi.unstubAllGlobals();
    }
  };
  const terminal = () => {
    const written: string[] = [];
    return { written, isTTY: true, columns: 60, write: (text: string) => written.push(text) };
  };

  test("tells of steps and keeps a line an epoch, within the width and without colours", async () => {
    const screen = terminal();
    await run(screen);
    const text = screen.written.join("");
    expect(text).toMatch(/\repoch 1, step 1\/2 {2}loss \d/);
    expect(text.replaceAll("\x1b[K", "").match(/\repoch [12] {2}loss \d\S* {2}val_loss \d\S*\n/g)).toHaveLength(2);
    expect(text.replaceAll("\x1b[K", "")).not.toContain("\x1b");
    for (const line of text.replaceAll("\x1b[K", "").split(/[\r\n]/)) expect(line.length).toBeLessThan(60);
  });

  test.each<[string, object, object, object]>([
    ["no terminal", { isTTY: undefined }, {}, {}],
    ["a dumb one", {}, { TERM: "dumb" }, {}],
    ["progress: false", {}, {}, { progress: false }],
  ])("is silent: %s", async (_name, stream, env, more) => {
    const screen = Object.assign(terminal(), stream);
    await run(screen, env, more);
    expect(screen.written).toEqual([]);
  });
});

describe("evaluate and predict", () => {
  test("leave modes as they were, and need no gradients", async () => {
    const { model } = made();
    model.drop.eval();
    const data = pairs(2, 1);
    const modes = () => model.modules().map(({ training }) => training);
    const before = modes();
    const first = await evaluate(model, data, { loss: mse });
    expect(await evaluate(model, data, { loss: mse })).toEqual(first);
    const y = await predict(model, data[0]![0]);
    expect(y.requiresGrad).toBe(false);
    expectSameBits([y.data()], [model.clone().eval().forward(data[0]![0]).data()], "prediction");
    const many = await predict(
      model,
      data.map(([x]) => x),
    );
    expect(many).toHaveLength(2);
    expectSameBits([many[0]!.data()], [y.data()], "of a list");
    expect((await predict(model, data)).map(({ shape }) => shape)).toEqual([
      [4, 2, 2],
      [4, 2, 2],
    ]);
    expect(modes()).toEqual(before);
  });

  test("models that return a state, take lengths, or take something else", async () => {
    const gru = new nn.GRU(3, 4);
    const x = randn([5, 2, 3]);
    const lengths = [5, 2];
    const whole = await predict(gru, [{ x, y: x, lengths }]);
    expectSameBits([whole[0]!.data()], [gru.forward(x, null, { lengths })[0].data()], "with lengths");
    const forward = (model: nn.GRU, batch: { words: Tensor }) => model.forward(batch.words);
    expectSameBits(
      [(await predict(gru, [{ words: x }], { forward }))[0]!.data()],
      [gru.forward(x)[0].data()],
      "another",
    );
  });

  test("a stateful fit carries the state from batch to batch of an epoch", async () => {
    manualSeed(1);
    const gru = new nn.GRU(3, 2);
    const optimizer = new optim.SGD(gru.parameters(), { lr: 0.1 });
    const seen: unknown[] = [];
    const forward = (model: nn.GRU, [x]: readonly [Tensor, Tensor], carried: unknown) => {
      seen.push(carried === undefined ? "none" : (carried as Tensor).node === null);
      return model.forward(x, carried as Tensor);
    };
    await fit(gru, { train: pairs(3, 1), optimizer, loss: mse, epochs: 2, stateful: true, forward });
    expect(seen).toEqual(["none", true, true, "none", true, true]);
  });
});

describe("bad input", () => {
  const { model, optimizer } = made();
  const good = { train: pairs(2, 1), optimizer, loss: mse, epochs: 1 };
  function* once() {
    yield* pairs(2, 1);
  }
  test.each<[string, object, RegExp]>([
    ["no epochs", { epochs: undefined }, /epochs must be given, or steps.*epochs: 10/],
    ["an unknown setting", { epoch: 3 }, /Did you mean epochs\?/],
    [
      "no optimiser",
      { optimizer: undefined },
      /optimizer must be an optimiser.*new optim\.Adam\(model\.parameters\(\)\)/,
    ],
    ["another model's", { optimizer: made().optimizer }, /optimizer must hold parameters of the model/],
    ["a loss class", { loss: nn.MSELoss }, /loss must be a loss module or a function/],
    ["a loss of each", { loss: new nn.MSELoss({ reduction: "none" }) }, /reduction "mean", got "none"/],
    ["a loss function of each", { loss: (a: Tensor, b: Tensor) => a.sub(b) }, /loss must be a scalar/],
    ["a loss that is no tensor", { loss: () => 3 }, /loss must return a tensor/],
    ["no data", { train: undefined }, /train must be batches that can be iterated over/],
    ["nothing in it", { train: [] }, /at least one batch an epoch, got nothing/],
    ["a generator for two epochs", { train: once(), epochs: 2 }, /got nothing in epoch 2\. .*\(\) => batches\(\)/],
    ["batches of something else", { train: [{ words: 1 }] }, /a batch must be \[x, y\] or \{ x, y \}.*forward:/],
    ["no targets", { train: [{ x: randn([4, 2, 3]) }], loss: new nn.MSELoss() }, /a batch must have targets y/],
    ["metrics by word", { metrics: ["accuracy"] }, /metrics .* must be a metric or a function/],
    ["a metric called loss", { metrics: { loss: () => 1 } }, /names of their own/],
    ["a schedule class", { schedule: optim.StepLR }, /schedule must be a schedule/],
    ["resume without a checkpoint", { resume: true }, /checkpoint: "last\.safetensors", resume: true/],
    ["a callback of nothing", { callbacks: [{ onEpoch: () => 1 }] }, /callbacks must have one of onBegin/],
    ["stateful without a state", { stateful: true }, /return \[output, state\] to be stateful/],
    ["a negative rate of clipping", { clipNorm: -1 }, /clipNorm must be/],
  ])("%s", async (_name, change, says) => {
    await expect(fit(model, any({ ...good, ...change }))).rejects.toThrow(says);
  });

  test("no module", async () => {
    await expect(fit(any({}), any(good))).rejects.toThrow(/fit: model must be a Module/);
    await expect(evaluate(any(null), [])).rejects.toThrow(/evaluate: model must be a Module/);
    await expect(predict(model, any(3))).rejects.toThrow(/predict: data must be batches/);
  });
});

test("a checkpoint that cannot be written is told of, and training goes on", async () => {
  const { model, optimizer } = made();
  fs.mkdirSync(folder.at("taken"));
  const kinds: string[] = [];
  const onEvent = (event: train.TrainEvent) => void kinds.push(event.type);
  const report = await fit(model, {
    train: pairs(2, 1),
    optimizer,
    loss: mse,
    epochs: 2,
    checkpoint: folder.at("taken"),
    onEvent,
  });
  expect(report).toMatchObject({ reason: "epochs", steps: 4, unsaved: { code: "EISDIR" } });
  expect(kinds.filter((kind) => kind === "save-failed").length).toBeGreaterThan(1);
});
