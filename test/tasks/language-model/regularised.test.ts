import { describe, expect, test } from "vitest";
import { StreamBatcher } from "../../../src/data/index.js";
import { manualSeed, nn, optim, type Tensor, tensor } from "../../../src/index.js";
import { fitToMemory } from "../../../src/tasks/language-model/fit-to-memory.js";
import {
  decodeLanguageModel,
  inspectLanguageModel,
  LANGUAGE_MODEL_PRESETS,
  type LanguageModelOptions,
  LanguageModelTraining,
  loadLanguageModel,
  readCorpus,
  resolveConfig,
  trainLanguageModel,
} from "../../../src/tasks/language-model/index.js";
import { parameterShapes } from "../../../src/tasks/language-model/memory-estimate.js";
import type { ValidationEvent } from "../../../src/train/index.js";
import { nonsense } from "../../support/text.js";

const text = nonsense(9000);
const TINY = { hidden: 11, embed: 7, layers: 3, batch: 3, seqLen: 13, epochs: 40, valid: 0.1, validateEvery: 4 };
const AWD: LanguageModelOptions = { ...LANGUAGE_MODEL_PRESETS["awd-lstm"]!.settings, ...TINY };

function begin(options: LanguageModelOptions, resume?: Uint8Array): LanguageModelTraining {
  const config = resolveConfig(options);
  return new LanguageModelTraining(readCorpus(text, config), config, {
    resume: resume && decodeLanguageModel(resume),
  });
}

/** The group of its optimiser in a checkpoint. */
function groupIn(bytes: Uint8Array): { t0: number | null; losses?: number[] } {
  const { training } = decodeLanguageModel(bytes) as unknown as {
    training: { optimizer: { scalars: { groups: { t0: number | null }[] } } };
  };
  return training.optimizer.scalars.groups[0]!;
}

describe("the AWD-LSTM recipe", () => {
  test("learns, and what it gives is measured as its validation was", async () => {
    const told: ValidationEvent[] = [];
    const calm = {
      tokens: "char" as const,
      inputDropout: 0.1,
      outputDropout: 0.1,
      hiddenDropout: 0.1,
      weightDrop: 0.1,
      hidden: 24,
      embed: 16,
    };
    const { model, checkpoint, result } = await trainLanguageModel(text, {
      ...{ ...AWD, ...calm, lr: 30, layers: 2, batch: 12, maxSteps: 240, nonMonotone: 1, validateEvery: 10 },
      onEvent: (event) => event.type === "validation" && told.push(event),
    });
    expect(result.bestLoss!).toBeLessThan(Math.log(model.vocabulary.size) - 0.8);
    const bytes = checkpoint();
    expect(groupIn(bytes).t0, "it averages").not.toBeNull();
    const held = readCorpus(text, resolveConfig({ ...AWD, ...calm })).validation!;
    const heldText = model.vocabulary.decode(held);
    const last = told.at(-1)!.loss;
    expect((await model.evaluate(heldText)).loss).toBeCloseTo(last, 5);
    expect((await loadLanguageModel(bytes).evaluate(heldText)).loss).toBeCloseTo(last, 5);
  });

  test.each([
    ["before the trigger", 9, 15, 5],
    ["over the trigger, and long after it", 9, 38, 0],
    ["after the trigger", 27, 38, 0],
  ])("goes on to the bit, %s", async (_, cut, end, nonMonotone) => {
    const options = { ...AWD, nonMonotone };
    const whole = begin(options);
    await whole.fit({ untilStep: end });
    const first = begin(options);
    await first.fit({ untilStep: cut });
    const second = begin(options, first.encode());
    await second.fit({ untilStep: end });
    expect(second.encode()).toEqual(whole.encode());
    expect(groupIn(whole.encode()).t0 !== null).toBe(nonMonotone === 0);
    // The averages stand in for the weights only while something is measured or written.
    expect(second.model.stateDict().get("head.bias")!.data()).toEqual(whole.model.stateDict().get("head.bias")!.data());
  });

  test("is nn.AWDLSTM trained by hand, to the bit", async () => {
    const options = { ...AWD, randomLength: false, validateEvery: 1000, lr: 5 };
    const training = begin(options);
    await training.fit({ untilStep: 6 });

    const { train, vocabulary } = training.corpus;
    manualSeed(training.config.seed);
    const model = new nn.AWDLSTM(vocabulary.size, { embeddingDim: 7, hiddenSize: 11, numLayers: 3 });
    const optimizer = new optim.NTASGD(model.parameters(), { lr: 5, weightDecay: 1.2e-6 });
    const batches = new StreamBatcher(train, { batchSize: 3, seqLen: 13, keepAll: true });
    let carried: nn.LSTMState[] | undefined;
    for (let step = 0; step < 6; step++) {
      const { inputs, targets, shape } = batches.next();
      const { loss, states } = model.loss(tensor(inputs, { shape }), tensor(targets, { shape }), carried);
      optimizer.zeroGrad();
      loss.backward();
      nn.utils.clipGradNorm(model.parameters(), 0.25);
      optimizer.step();
      carried = states.map((state) => nn.utils.detachState(state));
    }
    const byHand = [...model.stateDict()].map(([, values]) => [...values.data()]);
    const trained = [...training.model.stateDict()].map(([, values]) => [...values.data()]);
    expect(trained).toEqual(byHand);
  });

  test("the rate of a step goes with the length of its batch", async () => {
    const options = { ...AWD, optimizer: "sgd", lr: 0.5, weightDecay: 0, clip: 0, maxSteps: 3 } as const;
    const training = begin(options);
    const { model, config, corpus } = training;
    const batches = new StreamBatcher(corpus.train, {
      ...{ batchSize: 3, seqLen: 13, keepAll: true, randomLengths: config.seed },
    });
    for (let step = 0; step < 3; step++) {
      const before = model.head.bias!.data().slice();
      training.trainer.trainStep();
      const { seqLen } = batches.next();
      const grad = model.head.bias!.grad!.data();
      const rate = 0.5 * (seqLen / 13);
      const after = model.head.bias!.data();
      for (const [i, value] of after.entries()) expect(value).toBeCloseTo(before[i]! - rate * grad[i]!, 6);
    }
    expect(training.trainer.progress.step).toBe(3);
  });
});

describe("each regulariser", () => {
  const plain: LanguageModelOptions = { ...TINY, tokens: "char", layers: 2, lr: 0.01 };
  const EACH: Readonly<Record<string, LanguageModelOptions>> = {
    embeddingDropout: { embeddingDropout: 0.4 },
    inputDropout: { inputDropout: 0.4 },
    hiddenDropout: { hiddenDropout: 0.4 },
    outputDropout: { outputDropout: 0.4 },
    weightDrop: { weightDrop: 0.4 },
    recurrentDropout: { recurrentDropout: 0.4 },
    zoneout: { zoneout: 0.2 },
    zoneoutCell: { zoneoutCell: 0.5 },
    ar: { ar: 2 },
    tar: { tar: 2 },
    randomLength: { randomLength: true },
    initRange: { initRange: 0.3 },
    lastHidden: { lastHidden: 5 },
    projSize: { projSize: 5 },
    "projSize of layers of their own, tied": { projSize: 4, weightDrop: 0.2, hiddenDropout: 0.1, tie: true, embed: 4 },
    "initRange, tied": { initRange: 0.3, tie: true, embed: 11 },
    "in a gru": { cell: "gru", zoneout: 0.1, weightDrop: 0.2, hiddenDropout: 0.1, lastHidden: "embed", tie: true },
    "in a cell without recurrent weights": { cell: "min-gru", hiddenDropout: 0.3, inputDropout: 0.2, ar: 1 },
    "averaged sgd": { optimizer: "nt-asgd", nonMonotone: 0 },
  };

  test.each(Object.entries(EACH))("%s: changes what is learned, and goes on to the bit", async (_, settings) => {
    const options = { ...plain, ...settings };
    const whole = begin(options);
    await whole.fit({ untilStep: 9 });
    const without = begin(plain);
    await without.fit({ untilStep: 9 });
    const bias = ({ model }: LanguageModelTraining): Tensor => model.stateDict().get("head.bias")!;
    expect(bias(whole).data()).not.toEqual(bias(without).data());
    const first = begin(options);
    await first.fit({ untilStep: 5 });
    const second = begin(options, first.encode());
    await second.fit({ untilStep: 9 });
    expect(second.encode()).toEqual(whole.encode());
  });

  test("is off in evaluation, where nothing is drawn", async () => {
    const all = Object.assign({}, ...Object.values(EACH).slice(0, 10)) as LanguageModelOptions;
    const training = begin({ ...plain, ...all });
    const { model } = training;
    model.eval();
    const [one, two] = [await model.evaluate(text.slice(0, 300)), await model.evaluate(text.slice(0, 300))];
    expect(one).toEqual(two);
  });

  test("the loss that is told is the cross entropy, without what AR and TAR add", () => {
    const told = (settings: LanguageModelOptions): number => begin({ ...plain, ...settings }).trainer.trainStep().loss;
    expect(told({ ar: 100, tar: 100 })).toBe(told({}));
  });

  test("a last batch of one step has no change of outputs to weigh", () => {
    const training = begin({ ...plain, tar: 1, seqLen: 1, batch: 2 });
    expect(training.trainer.trainStep().loss).toBeGreaterThan(0);
  });

  test("a last layer of another width is looked into as wide as it is", () => {
    const { model } = begin({ ...plain, lastHidden: 5, hiddenDropout: 0.1 });
    const { units } = inspectLanguageModel(model, text.slice(0, 60), { units: 99 }).text!;
    expect(units.map(({ unit }) => unit).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
    expect(inspectLanguageModel(model, text.slice(0, 60), { units: 99, layer: 0 }).text!.units).toHaveLength(11);
    for (const { values } of units) for (const value of values) expect(Math.abs(value)).toBeLessThanOrEqual(1);
  });

  test.each([{ projSize: 5 }, { projSize: 5, hiddenDropout: 0.1 }, { projSize: 5, cell: "layer-norm-lstm" }] as const)(
    "projected layers are looked into as wide as their outputs, and their memory is known: %j",
    (settings) => {
      const { model } = begin({ ...plain, ...settings });
      const { units } = inspectLanguageModel(model, text.slice(0, 60), { units: 99 }).text!;
      expect(units.map(({ unit }) => unit).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
      const shapes = parameterShapes(model.config, model.vocabulary.size);
      expect([...shapes].sort()).toEqual(
        model
          .namedParameters()
          .map(([name, { shape }]) => [name, shape])
          .sort(),
      );
    },
  );

  test.each([
    [{ cell: "gru", projSize: 4 }, "GRU has no projection"],
    [{ projSize: 4, lastHidden: 6 }, "outputs of all layers are of one size"],
    [{ projSize: 11 }, "be less than hidden (11)"],
    [{ projSize: 0 }, "projSize must be a positive integer"],
    [{ projSize: 4, tie: true, embed: 11 }, "be as large as projSize (4) with tie"],
  ] as const)("%j is refused", (settings, message) => {
    expect(() => begin({ ...plain, ...settings })).toThrow(message);
  });

  test("what does not fit is made smaller, and stays wider than its projection", () => {
    const config = resolveConfig({ ...plain, hidden: 700, projSize: 300, tie: true, embed: 300, batch: 900 });
    const sizes = fitToMemory(config, 90, 2e6);
    expect(sizes).toMatchObject({ hidden: 301 });
    expect(() => resolveConfig({ ...config, ...sizes })).not.toThrow();
  });

  test("a checkpoint without any of it is what the version before wrote and reads", () => {
    const config = decodeLanguageModel(begin(plain).encode());
    expect(config.config.weightDrop).toBe(0);
    const written = new TextDecoder().decode(begin(plain).encode());
    for (const key of ["weightDrop", "zoneout", "nonMonotone", "lastHidden", "randomLength", "projSize"]) {
      expect(written).not.toContain(key);
    }
    expect(new TextDecoder().decode(begin({ ...plain, weightDrop: 0.2 }).encode())).toContain("weightDrop");
  });
});
