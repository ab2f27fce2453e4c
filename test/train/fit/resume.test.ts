import { describe, expect, test } from "vitest";
import {
  defaultGenerator,
  fit,
  Generator,
  manualSeed,
  metrics,
  nn,
  optim,
  randint,
  randn,
  type Tensor,
} from "../../../src/index.js";
import { expectSameBits } from "../../support/bits.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const folder = temporaryFolder();
const STEPS = 5;
const any = (value: unknown): never => value as never;

class Net extends nn.Module {
  gru = new nn.GRU(3, 4);
  drop = new nn.Dropout(0.3);
  head = new nn.Linear(4, 3);
  forward(x: Tensor, state?: Tensor): readonly [Tensor, Tensor] {
    const [y, next] = this.gru.forward(x, state);
    return [this.head.forward(this.drop.forward(y)), next];
  }
}

type Pair = [Tensor, Tensor];
const generator = new Generator(5);
const DATA: Pair[] = Array.from({ length: STEPS }, () => [
  randn([4, 2, 3], { generator }),
  randint(0, 3, [4, 2], { generator }),
]);

/** Another order each epoch, drawn from `from`. */
function* shuffled(from: Generator) {
  for (const i of from.permutation(STEPS)) yield DATA[i]!;
}

/** As `data.loader` is: what it says of its place is that of the next batch. */
class Loader {
  #epoch = 0;
  #step = 0;
  readonly length = STEPS;
  readonly steps = STEPS;
  get position() {
    return this.state();
  }
  async next(): Promise<Pair> {
    throw new Error("it is iterated over");
  }
  state() {
    return { epoch: this.#epoch, step: this.#step };
  }
  loadState({ epoch, step }: { epoch: number; step: number }) {
    this.#epoch = epoch;
    this.#step = step;
  }
  async *[Symbol.asyncIterator]() {
    do {
      const order = new Generator(this.#epoch).permutation(STEPS);
      const batch = DATA[order[this.#step]!]!;
      this.#step = (this.#step + 1) % STEPS;
      if (this.#step === 0) this.#epoch++;
      await null;
      yield batch;
    } while (this.#step > 0);
  }
}

class Source {
  readonly steps = STEPS;
  position = { epoch: 0, step: 0 };
  next(): Pair {
    const { epoch, step } = this.position;
    this.position = step + 1 === STEPS ? { epoch: epoch + 1, step: 0 } : { epoch, step: step + 1 };
    return DATA[new Generator(epoch).permutation(STEPS)[step]!]!;
  }
}

const SOURCES: readonly [string, (own: Generator) => unknown, object?][] = [
  ["a list", () => DATA],
  ["an order from the default generator", () => () => shuffled(defaultGenerator)],
  ["an order from a generator of one's own", (own) => async () => shuffled(own)],
  ["a loader", () => new Loader()],
  ["a source with a position", () => new Source()],
  ["a stream without end, in epochs of four", () => () => (function* () { for (;;) yield* DATA; })(), { stepsPerEpoch: 4 }],
]; // biome-ignore format: a table

/** One run, as a fresh process would begin it. */
function begin(make: (own: Generator) => unknown, more: object) {
  manualSeed(9);
  const model = new Net();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.03 });
  const own = new Generator(3);
  const settings = {
    ...{ train: any(make(own)), valid: new Loader(), optimizer, loss: nn.functional.crossEntropy, epochs: 3 },
    ...{ metrics: [metrics.accuracy({ classes: 3 })], generator: own, clipNorm: 0.5, stateful: true },
    ...{ earlyStopping: { monitor: "val_accuracy", patience: 9 } },
    schedule: [
      { schedule: new optim.ExponentialLR(optimizer, { gamma: 0.95 }), every: "step" as const },
      new optim.ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.5 }),
    ],
    ...more,
  };
  return { model, settings };
}

const results = (model: nn.Module) => [...model.stateDict().values()].map((x) => x.data());

describe("a run that was interrupted ends as one that was not, bit for bit", () => {
  const cases = SOURCES.flatMap(([name, make, more = {}]) =>
    [1, 2].map((accumulate) => [name, accumulate, make, { ...more, accumulate }] as const),
  );
  test.each(cases)("%s, %d batches a step", async (_name, _accumulate, make, more) => {
    const whole = begin(make, more);
    const losses: number[] = [];
    const report = await fit(whole.model, { ...whole.settings, callbacks: { onStepEnd: ({ loss }) => void losses.push(loss) } });
    for (const at of [1, 3, 5, 7].filter((step) => step < report.steps)) {
      const checkpoint = folder.at(`${at}.safetensors`);
      const first = begin(make, more);
      const stop = { onStepEnd: ({ step }: { step: number }) => (step === at ? "stop" : undefined) };
      const part = await fit(first.model, { ...first.settings, checkpoint, resume: true, callbacks: stop });
      expect([part.reason, part.steps]).toEqual(["stopped", at]);

      const second = begin(make, more);
      for (const p of second.model.parameters()) p.set(new Float32Array(p.size));
      const seen: number[] = [];
      const onStepEnd = ({ loss }: { loss: number }) => void seen.push(loss);
      const rest = await fit(second.model, { ...second.settings, checkpoint, resume: true, callbacks: { onStepEnd } });
      expect(seen).toEqual(losses.slice(at));
      expect(rest).toEqual(report);
      expectSameBits(results(second.model), results(whole.model), `weights after step ${at}`);
    }
  }); // biome-ignore format: a table
});

test("a checkpoint after so many steps is one to go on from, and best weights are in it", async () => {
  const [, make] = SOURCES[3]!;
  const whole = begin(make, {});
  const report = await fit(whole.model, whole.settings);
  const checkpoint = { path: folder.at("last"), every: 2 };
  const first = begin(make, {});
  const failing = {
    onStepEnd: ({ step }: { step: number }) => (step === 9 ? Promise.reject(new Error("power")) : undefined),
  };
  await expect(fit(first.model, { ...first.settings, checkpoint, callbacks: failing })).rejects.toThrow("power");
  const second = begin(make, {});
  const began: number[] = [];
  const rest = await fit(second.model, {
    ...{ ...second.settings, checkpoint, resume: folder.at("last") },
    callbacks: { onBegin: ({ step }) => void began.push(step) },
  });
  expect(began).toEqual([8]);
  expect(rest).toEqual(report);
  expectSameBits(results(second.model), results(whole.model), "weights");
});

test("what does not fit the checkpoint is named, and nothing changes", async () => {
  const [, make] = SOURCES[0]!;
  const checkpoint = folder.at("last");
  const first = begin(make, { epochs: 1 });
  await fit(first.model, { ...first.settings, checkpoint });
  const fails = async (change: object, says: RegExp) => {
    const run = begin(make, change);
    const before = results(run.model);
    await expect(fit(run.model, { ...run.settings, ...change, checkpoint, resume: true } as never)).rejects.toThrow(
      says,
    );
    expectSameBits(results(run.model), before, "weights");
  };
  await fails({ schedule: undefined }, /schedule must be as many as the checkpoint has \(2\)/);
  await fails({ generator: undefined }, /generators\.0 of .* must be restored/);
  const other = new nn.Linear(3, 3);
  const optimizer = new optim.Adam(other.parameters());
  const loss = nn.functional.crossEntropy;
  const settings = { train: DATA, optimizer, loss, epochs: 1, resume: checkpoint };
  await expect(fit(other, settings)).rejects.toThrow(/fit: |loadStateDict: /);
});

test.each([Number.NaN, Infinity])("a run whose best figure is %d goes on", async (value) => {
  const [, make] = SOURCES[0]!;
  const metric = { name: "odd", unit: "", better: "lower", value, format: String, state: [], add() {}, reset() {} };
  const more = { metrics: [any(metric)], earlyStopping: { monitor: "val_odd" }, schedule: [] };
  const whole = begin(make, more);
  const report = await fit(whole.model, whole.settings);
  const checkpoint = folder.at("odd");
  const first = begin(make, { ...more, epochs: 1, checkpoint });
  await fit(first.model, first.settings);
  const second = begin(make, { ...more, checkpoint, resume: true });
  expect(await fit(second.model, second.settings)).toEqual(report);
  expect(report.best?.value).toBe(value);
});
