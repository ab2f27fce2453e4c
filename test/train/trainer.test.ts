import { beforeEach, describe, expect, test } from "vitest";
import { DivergedError, FileError } from "../../src/base/errors.js";
import { Generator, manualSeed } from "../../src/base/random.js";
import * as nn from "../../src/nn/index.js";
import * as optim from "../../src/optim/index.js";
import { memory, type Tensor, tensor } from "../../src/tensor/index.js";
import { type BatchPosition, type TrainEvent, Trainer, type TrainerOptions } from "../../src/train/index.js";

/** A task that knows no text: predict the next value of a noisy wave, with a state carried from batch to batch. */
class Forecaster extends nn.Module {
  gru = new nn.GRU(1, 6);
  drop = new nn.Dropout(0.2);
  head = new nn.Linear(6, 1);
  forward(x: Tensor, state?: Tensor): readonly [Tensor, Tensor] {
    const [y, next] = this.gru.forward(x, state);
    return [this.head.forward(this.drop.forward(y)), next];
  }
}

const STEPS = 7;
const LENGTH = 5;
const BATCH = 3;

interface Wave {
  x: Tensor;
  y: Tensor;
}

class WaveBatches {
  readonly steps = STEPS;
  position: BatchPosition = { epoch: 0, step: 0 };
  /** Batch of the whole run, from 0, whose targets are spoiled. */
  spoiled = -1;
  #wave: Float32Array;
  constructor() {
    const noise = new Generator(5);
    const total = BATCH * (STEPS * LENGTH + 1);
    this.#wave = Float32Array.from({ length: total }, (_, i) => Math.sin(i / 3) + 0.1 * noise.normal());
  }
  next(): Wave {
    const { epoch, step } = this.position;
    const read = (shift: number) =>
      tensor(
        Float32Array.from({ length: LENGTH * BATCH }, (_, i) => {
          const [t, n] = [Math.floor(i / BATCH), i % BATCH];
          return this.#wave[n * (STEPS * LENGTH + 1) + step * LENGTH + t + shift]!;
        }),
        { shape: [LENGTH, BATCH, 1] },
      );
    const y = read(1);
    if (epoch * STEPS + step === this.spoiled) y.set(new Float32Array(LENGTH * BATCH).fill(Number.NaN));
    this.position = step + 1 === STEPS ? { epoch: epoch + 1, step: 0 } : { epoch, step: step + 1 };
    return { x: read(0), y };
  }
}

interface Setup {
  options?: Partial<TrainerOptions>;
  validate?: (() => Promise<number>) | undefined;
  save?: ((kinds: readonly string[]) => void) | undefined;
  lr?: number;
}

function build({ options = {}, validate, save, lr = 0.05 }: Setup = {}) {
  manualSeed(11);
  const model = new Forecaster();
  const optimizer = new optim.SGD(model.parameters(), { lr });
  const batches = new WaveBatches();
  const seen: (number[] | undefined)[] = [];
  const trainer = new Trainer<Wave, Tensor>(
    {
      model,
      optimizer: { zeroGrad: () => optimizer.zeroGrad(), step: () => optimizer.step(), lr },
      batches,
      forward: ({ x, y }, carried) => {
        seen.push(carried && [...carried.data()]);
        const [out, next] = model.forward(x, carried);
        return { loss: nn.functional.mseLoss(out, y), count: LENGTH * BATCH, carried: next };
      },
      clipGradNorm: nn.utils.clipGradNorm,
      validate,
      save,
    },
    { epochs: 3, ...options },
  );
  return { model, trainer, batches, seen };
}

const weights = (model: nn.Module) => [...model.stateDict().values()].flatMap((t) => [...t.data()]);

async function eventsOf(trainer: Trainer<Wave, Tensor>): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  await trainer.fit({ onEvent: (event) => events.push(event) });
  return events;
}

describe("Trainer", () => {
  beforeEach(() => manualSeed(0));

  test("learns, and carries the state from batch to batch but not into the next epoch", async () => {
    const { trainer, seen } = build({ options: { epochs: 4 } });
    const events = await eventsOf(trainer);
    const losses = events.filter((event) => event.type === "validation").map((event) => event.loss);
    expect(losses).toHaveLength(4);
    expect(losses[3]!).toBeLessThan(losses[0]!);
    expect(seen.map((state) => state === undefined)).toEqual(seen.map((_, i) => i % STEPS === 0));
    expect(new Set(seen.filter((state) => state !== undefined).map(String)).size).toBe(3 * 7 + 3);
  });

  test("the carried state is cut from its history", () => {
    const { trainer } = build();
    trainer.trainStep();
    expect(trainer.carried!.requiresGrad).toBe(false);
    expect(trainer.carried!.node).toBeNull();
  });

  test("memory in use is the same after step 10 and after step 60", () => {
    const { trainer } = build({ options: { epochs: 100 } });
    const used: number[] = [];
    for (let i = 0; i < 60; i++) {
      trainer.trainStep();
      used.push(memory().bytes);
    }
    expect(used[59]).toBe(used[9]);
  });

  test("stopped after any step, it goes on bit for bit: weights, carried state, dropout, metrics", async () => {
    const whole = build();
    const expected = await eventsOf(whole.trainer);
    for (const cut of [1, 4, 7, 12]) {
      const first = build();
      await first.trainer.fit({ untilStep: cut });
      const state = JSON.parse(JSON.stringify(first.trainer.state));
      const dict = new Map(
        [...first.model.stateDict()].map(([name, t]) => [name, tensor(t.data(), { shape: t.shape })]),
      );
      const carried =
        first.trainer.carried && tensor(first.trainer.carried.data(), { shape: first.trainer.carried.shape });
      const second = build();
      second.model.loadStateDict(dict);
      second.trainer.state = state;
      second.trainer.carried = carried;
      const events = await eventsOf(second.trainer);
      expect(weights(second.model), `cut at ${cut}`).toEqual(weights(whole.model));
      const withoutRate = ({ perSecond, ...rest }: { perSecond?: number }) => rest;
      expect(events.map((e) => withoutRate(e as object))).toEqual(
        expected.filter((e) => e.step > cut).map((e) => withoutRate(e as object)),
      );
    }
  });

  test("a loss that is NaN ends training before the update; the weights and the place in the data are as before", async () => {
    const { trainer, model, batches } = build();
    batches.spoiled = 9;
    let before: number[] = [];
    const saved: number[] = [];
    const failing = trainer.fit({
      onEvent: (event) => {
        if (event.type === "step") before = weights(model);
        if (event.type === "save") saved.push(event.step);
      },
    });
    await expect(failing).rejects.toThrow(DivergedError);
    await expect(failing).rejects.toThrow(
      "train: loss of step 10 must be finite, got NaN. Use a smaller learning rate than 0.05, or clip gradients to a smaller norm.",
    );
    expect(weights(model)).toEqual(before);
    expect(batches.position).toEqual({ epoch: 1, step: 2 });
    expect(trainer.step).toBe(9);
  });

  test("an infinite gradient norm ends training before the update", () => {
    const { trainer, model } = build();
    trainer.trainStep();
    const before = weights(model);
    const parts = build({ options: {} });
    const original = nn.utils.clipGradNorm;
    const infinite = new Trainer<Wave, Tensor>(
      {
        model: parts.model,
        optimizer: { zeroGrad: () => parts.model.zeroGrad(), step: () => expect.unreachable(), lr: 1 },
        batches: parts.batches,
        forward: ({ x, y }) => ({ loss: nn.functional.mseLoss(parts.model.forward(x)[0], y), count: 1 }),
        clipGradNorm: (parameters, most) => original(parameters, most) * Infinity,
      },
      { epochs: 1 },
    );
    expect(() => infinite.trainStep()).toThrow("gradient norm of step 1 must be finite, got Infinity");
    expect(before.every(Number.isFinite)).toBe(true);
  });

  test("patience 2 ends training after two validations without improvement, and best is saved when it is", async () => {
    const losses = [3, 2, 2.5, 2, 1];
    const saves: string[] = [];
    const { trainer } = build({
      options: { epochs: 10, patience: 2 },
      validate: async () => losses.shift()!,
      save: (kinds) => saves.push(kinds.join("+")),
    });
    const events = await eventsOf(trainer);
    expect(saves).toEqual(["last+best", "last+best", "last", "last"]);
    expect(events.at(-1)).toMatchObject({ type: "end", reason: "patience", bestLoss: 2, bestStep: 14, step: 28 });
  });

  test("validates every 4 steps when asked, and at the end", async () => {
    const { trainer } = build({ options: { epochs: 2, validateEvery: 4, maxSteps: 10 }, validate: async () => 1 });
    const events = await eventsOf(trainer);
    expect(events.filter((e) => e.type === "validation").map((e) => e.step)).toEqual([4, 8, 10]);
    expect(events.at(-1)).toMatchObject({ reason: "steps", step: 10 });
  });

  test("a save that fails is told, training goes on, and the next save ends well", async () => {
    const full = new FileError({
      op: "save",
      argument: "x",
      must: "be r",
      value: "a full disk",
      code: "ENOSPC",
      path: "x",
    });
    let fail = true;
    const { trainer } = build({
      save: () => {
        if (fail) {
          fail = false;
          throw full;
        }
      },
    });
    const events = await eventsOf(trainer);
    const kinds = events.filter((e) => e.type === "save" || e.type === "save-failed").map((e) => `${e.type} ${e.step}`);
    expect(kinds).toEqual(["save-failed 7", "save 14", "save 21"]);
  });

  test("a signal ends training after the step under way with a last save, and an interrupted validation is done anew", async () => {
    const controller = new AbortController();
    const saves: string[] = [];
    let validations = 0;
    const { trainer } = build({
      options: { epochs: 2 },
      save: (kinds) => saves.push(kinds.join("+")),
      validate: async () => {
        if (++validations === 1) controller.abort();
        return 1;
      },
    });
    const first = await trainer.fit({ signal: controller.signal });
    expect(first).toMatchObject({ reason: "interrupted", step: 7, bestLoss: null });
    expect(saves).toEqual(["last"]);
    const second = await trainer.fit();
    expect(second).toMatchObject({ reason: "epochs", step: 14, bestLoss: 1, bestStep: 7 });
    expect(validations).toBe(3);
  });

  test("a state that is not one is refused by field", () => {
    const { trainer } = build();
    const { state } = trainer;
    expect(() => {
      trainer.state = { ...state, step: -1 };
    }).toThrow("Trainer.state: step must be as Trainer.state gives it, got -1.");
    expect(() => {
      trainer.state = { ...state, stopping: { ...state.stopping, bestLoss: "low" as never } };
    }).toThrow("stopping.bestLoss");
  });
});
