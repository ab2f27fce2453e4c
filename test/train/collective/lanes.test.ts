import { describe, expect, test } from "vitest";
import * as nn from "../../../src/nn/index.js";
import { SGD } from "../../../src/optim/index.js";
import type { TaskTrainingOptions } from "../../../src/tasks/training/task-training.js";
import { tensor } from "../../../src/tensor/index.js";
import { type Collective, Local, type Summing, treeSum } from "../../../src/train/collective/collective.js";
import { type TrainEvent, Trainer } from "../../../src/train/index.js";
import { begin, KINDS } from "../../support/tiny-tasks.js";

test("neighbours are summed first, and what is left over last", () => {
  // In float32, 2^24 + 1 is 2^24: the order shows.
  const big = 2 ** 24;
  const sum = (...values: number[]) => treeSum(values.map((value) => Float32Array.of(value, -value)))[0];
  expect(sum(big, 1, 1)).toBe(big);
  expect(sum(1, 1, big)).toBe(big + 2);
  expect(sum(big, 1, 1, 1)).toBe(big + 2);
  expect(sum(1, 1, 1, 1, big)).toBe(big + 4);
  expect(sum(3)).toBe(3);
});

describe.each(KINDS)("%s", (kind) => {
  const plain = { batch: 6, dropout: 0 };

  test.each([2, 3])("a step in %i parts has the loss and the gradient of the whole batch", (ranksLike) => {
    const whole = begin(kind, plain).trainer.trainStep();
    const parts = begin(kind, plain, undefined, { ranksLike }).trainer.trainStep();
    expect(parts.count).toBe(whole.count);
    expect(parts.loss).toBeCloseTo(whole.loss, 5);
    expect(parts.gradNorm / whole.gradNorm).toBeCloseTo(1, 4);
  });

  test("saved in the middle, it goes on in as many parts to the bit, and in others about", async () => {
    const config = { batch: 6 };
    const whole = begin(kind, config, undefined, { ranksLike: 2 });
    await whole.fit({ untilStep: 5 });
    const first = begin(kind, config, undefined, { ranksLike: 2 });
    await first.fit({ untilStep: 3 });
    const saved = first.encode();
    const second = begin(kind, config, saved, { ranksLike: 2 });
    await second.fit({ untilStep: 5 });
    expect(Buffer.compare(second.encode(), whole.encode())).toBe(0);
    // What streams carry is cut for three, and joined again.
    const others = begin(kind, config, saved, { ranksLike: 3 });
    expect(Buffer.compare(others.encode(), saved)).toBe(0);
    await others.fit({ untilStep: 5 });
  });
});

/** Another rank that computes the same, and wishes what it is told to. */
class Mirror implements Collective {
  readonly rank = 0;
  readonly size = 2;
  wishes = false;

  gather(own: Float64Array): Float64Array {
    const other = own.slice();
    // A wish alone is 0 or 1, what stands for the weights is not; of a step it is the fourth number.
    if (this.wishes && own.length > 1) other[3] = 1;
    else if (this.wishes && own[0]! <= 1) other[0] = 1;
    return Float64Array.from([...own, ...other]);
  }

  sum([own]: readonly Float32Array[]): Float32Array {
    return own!.map((value) => 2 * value);
  }

  summing(part: Float32Array): Summing {
    return { begin() {}, advance() {}, end: () => part.set(this.sum([part])) };
  }

  broadcast(own: Uint8Array): Uint8Array {
    return own;
  }

  patience(): void {}

  alive(): void {}
}

describe("a wish to end", () => {
  const KIND = "classify";
  const config = { batch: 6, epochs: 20, validateEvery: 0 };
  const cases: [string, () => Pick<TaskTrainingOptions, "collective" | "ranksLike">][] = [
    ["in one process", () => ({})],
    ["in parts", () => ({ ranksLike: 2 })],
    ["of two ranks", () => ({ collective: new Mirror() })],
  ];

  test.each(cases)(
    "%s: is heard before the first step, and is over with the training that it ended",
    async (_, options) => {
      const training = begin(KIND, config, undefined, options());
      expect(await training.fit({ signal: AbortSignal.abort() })).toMatchObject({ reason: "interrupted", step: 0 });
      const controller = new AbortController();
      const onEvent = ({ type, step }: TrainEvent) => {
        if (type === "step" && step === 2) controller.abort();
      };
      const { reason, step } = await training.fit({ signal: controller.signal, onEvent });
      // Several ranks agree on it in the step after.
      expect([reason, step]).toEqual(["interrupted", options().collective === undefined ? 2 : 3]);
      expect(await training.fit({ untilStep: 5 })).toMatchObject({ step: 5 });
    },
  );

  test("of the other rank is heard like one's own", async () => {
    const collective = new Mirror();
    const training = begin(KIND, config, undefined, { collective });
    collective.wishes = true;
    expect(await training.fit()).toMatchObject({ reason: "interrupted", step: 0 });
    collective.wishes = false;
    const onEvent = ({ type, step }: TrainEvent) => {
      collective.wishes = type === "step" && step === 3;
    };
    expect(await training.fit({ onEvent })).toMatchObject({ reason: "interrupted", step: 4 });
  });

  test.each(cases.slice(0, 2))("%s: cuts a validation short, which is done anew", async (_, options) => {
    const controller = new AbortController();
    const told = () => controller.abort();
    const training = begin(KIND, { ...config, validateEvery: 2 }, undefined, { ...options(), told });
    const events: string[] = [];
    const onEvent = ({ type, step }: TrainEvent) => events.push(`${type} ${step}`);
    await training.fit({ signal: controller.signal, onEvent });
    expect(events).toEqual(["step 1", "step 2", "end 2"]);
    await training.fit({ untilStep: 3, onEvent });
    expect(events.slice(3)).toEqual(["validation 2", "step 3", "end 3"]);
  });
});

test("parts of a batch and batches of a step do not go together: leaving the latter out does", () => {
  const weight = new nn.Parameter(tensor([2]));
  const model = { parameters: () => [weight], train: () => model };
  const batches = { steps: 3, position: { epoch: 0, step: 0 }, next: () => 1 };
  const parts = {
    ...{ model, optimizer: new SGD([weight], { lr: 0.1 }), batches, clipGradNorm: () => 1 },
    forward: (x: number) => ({ loss: weight.mul(x).sum(), count: 1 }),
    ranks: { collective: new Local(), lanes: [batches, batches], seed: 1 },
  };
  const make = (accumulate?: number) => new Trainer(parts as never, { epochs: 1, ...(accumulate && { accumulate }) });
  expect(() => make(2)).toThrow(
    "Trainer: accumulate must be 1 where a batch is shared out, got 2. Leave it out, and use larger batches.",
  );
  expect(make().totalSteps).toBe(3);
  expect(make(1).totalSteps).toBe(3);
});

test("a batch that does not go into the parts is refused, with one that does", () => {
  expect(() => begin("classify", { batch: 7 }, undefined, { ranksLike: 3 })).toThrow(
    "train: batch must be a multiple of 3, as many parts as it is trained in, got 7. Use 9.",
  );
});
