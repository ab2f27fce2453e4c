import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { namesAt } from "../../src/interchange/conventions/index.js";
import * as metrics from "../../src/metrics/index.js";
import { tensor } from "../../src/tensor/index.js";

const words = (text: string): string[] => text.split(" ");
const ENGLISH = {
  predicted: ["this is the prediction", "there is an other sample"],
  targets: ["this is the reference", "there is another one"],
};
const LABELS = { targets: [0, 1, 2, 0, 1, 2], predicted: [0, 2, 1, 0, 0, 1] };
const THREE = { classes: 3 };

/** What a metric gives for one batch. */
function of<O>(metric: metrics.Metric<O>, output: metrics.Given<O>): number {
  metric.add(output);
  return metric.value;
}

describe("values that others publish", () => {
  // Source: the examples in the documentation of scikit-learn 1.5, torchmetrics 1.4, sktime and seqeval.
  test("scikit-learn: accuracy, top-k, precision, recall, F1, log loss", () => {
    expect(of(metrics.accuracy({ classes: 4 }), { targets: [0, 1, 2, 3], predicted: [0, 2, 1, 3] })).toBe(0.5);
    const scores = [0.5, 0.2, 0.2, 0.3, 0.4, 0.2, 0.2, 0.4, 0.3, 0.7, 0.2, 0.1];
    expect(of(metrics.topK(2, THREE), { targets: [0, 1, 2, 2], scores })).toBe(0.75);
    expect(of(metrics.precision(THREE), LABELS)).toBeCloseTo(0.2222, 4);
    expect(of(metrics.precision({ ...THREE, average: "micro" }), LABELS)).toBeCloseTo(0.3333, 4);
    expect(of(metrics.recall(THREE), LABELS)).toBeCloseTo(0.3333, 4);
    const f1 = metrics.f1(THREE);
    expect(of(f1, LABELS)).toBeCloseTo(0.2667, 4);
    expect(f1.perClass).toEqual([0.8, 0, 0]);
    // "spam", "ham", "ham", "spam"; columns ham, spam.
    const probabilities = [0.1, 0.9, 0.9, 0.1, 0.8, 0.2, 0.35, 0.65];
    expect(of(metrics.logLoss({ classes: 2 }), { targets: [1, 0, 0, 1], scores: probabilities })).toBeCloseTo(
      0.21616,
      5,
    );
  });

  test("scikit-learn: confusion matrix, with a table", () => {
    const matrix = metrics.confusionMatrix(THREE);
    matrix.add({ targets: [2, 0, 2, 2, 0, 1], predicted: [0, 0, 2, 2, 0, 2] });
    expect(matrix.matrix).toEqual([
      [2, 0, 0],
      [0, 0, 1],
      [1, 0, 2],
    ]);
    expect(matrix.table(["ant", "bird", "cat"])).toBe(
      ["      ant  bird  cat", "ant     2     0    0", "bird    0     0    1", "cat     1     0    2"].join("\n"),
    );
  });

  test("scikit-learn: MAE, RMSE, R², pinball", () => {
    const values = { targets: [3, -0.5, 2, 7], predicted: [2.5, 0, 2, 8] };
    expect(of(metrics.mae(), values)).toBe(0.5);
    expect(of(metrics.rmse(), values)).toBeCloseTo(Math.sqrt(0.375), 12);
    expect(of(metrics.r2(), values)).toBeCloseTo(0.9486, 4);
    expect(of(metrics.pinball(0.1), { targets: [1, 2, 3], predicted: [0, 2, 3] })).toBeCloseTo(0.0333, 4);
    expect(of(metrics.pinball(0.1), { targets: [1, 2, 3], predicted: [1, 2, 4] })).toBeCloseTo(0.3, 12);
    expect(of(metrics.pinball(0.9), { targets: [1, 2, 3], predicted: [0, 2, 3] })).toBeCloseTo(0.3, 12);
  });

  test("torchmetrics: calibration error, sMAPE, BLEU, chrF++, word and character error rates", () => {
    const scores = [0.25, 0.2, 0.55, 0.55, 0.05, 0.4, 0.1, 0.3, 0.6, 0.9, 0.05, 0.05];
    expect(of(metrics.calibrationError({ ...THREE, bins: 3 }), { targets: [0, 1, 2, 0], scores })).toBeCloseTo(0.2, 10);
    expect(of(metrics.smape(), { targets: [1, 10, 1e6], predicted: [0.9, 15, 1.2e6] })).toBeCloseTo(0.229, 4);
    const cat = ["there is a cat on the mat", "a cat is on the mat"];
    expect(
      of(metrics.bleu(), { predicted: [words("the cat is on the mat")], references: [cat.map(words)] }),
    ).toBeCloseTo(0.7598, 4);
    const chrf = metrics.chrf({ wordOrder: 2 });
    expect(of(chrf, { predicted: ["the cat is on the mat"], references: [cat] })).toBeCloseTo(0.864, 4);
    const asWords = { predicted: ENGLISH.predicted.map(words), targets: ENGLISH.targets.map(words) };
    expect(of(metrics.tokenErrorRate(), asWords)).toBe(0.5);
    const asCharacters = {
      predicted: ENGLISH.predicted.map((t) => [...t]),
      targets: ENGLISH.targets.map((t) => [...t]),
    };
    expect(of(metrics.tokenErrorRate(), asCharacters)).toBeCloseTo(0.3415, 4);
  });

  test("scikit-learn: precision and recall of each class, a log loss of three classes", () => {
    const pairs = { targets: [0, 1, 2, 0, 1, 2], predicted: [0, 2, 1, 0, 0, 1] };
    const [precision, recall] = [metrics.precision(THREE), metrics.recall(THREE)];
    for (const metric of [precision, recall]) metric.add(pairs);
    expect(precision.perClass[0]).toBeCloseTo(2 / 3, 12);
    expect([precision.perClass.slice(1), recall.perClass]).toEqual([
      [0, 0],
      [1, 0, 0],
    ]);
    const micro = metrics.f1({ ...THREE, average: "micro" });
    expect(of(micro, pairs)).toBeCloseTo(0.33, 2);
  });

  test("sacreBLEU: BLEU and chrF of three sentences with two references each", () => {
    const predicted = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."];
    const first = ["The dog bit the man.", "It was not unexpected.", "The man bit him first."];
    const second = ["The dog had bit the man.", "No one was surprised.", "The man had bitten the dog."];
    const references = first.map((text, i) => [text, second[i]!]);
    const tokens = (text: string) => words(text.replace(/\.$/, " ."));
    const asTokens = { predicted: predicted.map(tokens), references: references.map((own) => own.map(tokens)) };
    expect(100 * of(metrics.bleu(), asTokens)).toBeCloseTo(48.53, 2);
    expect(100 * of(metrics.chrf(), { predicted, references })).toBeCloseTo(59.73, 2);
  });

  test("torchmetrics: perplexity of random rows is e to the mean cross entropy; edit distance of rain and shine", () => {
    expect(of(metrics.meanEditDistance(), { predicted: [[..."rain"]], targets: [[..."shine"]] })).toBe(3);
    const pair = { predicted: [[..."rain"], [..."lnaguaeg"]], targets: [[..."shine"], [..."language"]] };
    expect(of(metrics.meanEditDistance(), pair)).toBe(3.5);
  });

  test("sktime: MASE; seqeval: span F1", () => {
    const history = [5, 0.5, 4, 6, 3, 5, 2];
    const values = { targets: [3, -0.5, 2, 7, 2], predicted: [2.5, 0, 2, 8, 1.25] };
    expect(of(metrics.mase(history), values)).toBeCloseTo(0.18333, 5);
    const targets = [words("O O O B-MISC I-MISC I-MISC O"), words("B-PER I-PER O")];
    const predicted = [words("O O B-MISC I-MISC I-MISC I-MISC O"), words("B-PER I-PER O")];
    expect(of(metrics.spanF1(), { predicted, targets })).toBe(0.5);
  });
});

describe("worked out by hand", () => {
  test("targets to ignore do not count", () => {
    const options = { classes: 2, ignoreIndex: -1 };
    expect(of(metrics.accuracy(options), { targets: [0, -1, 1, -1], predicted: [0, 0, 0, 1] })).toBe(0.5);
    const scores = [0.9, 0.1, 0.5, 0.5, 0.25, 0.75];
    expect(of(metrics.logLoss(options), { targets: [0, -1, 1], scores })).toBeCloseTo(-Math.log(0.9 * 0.75) / 2, 12);
    expect(of(metrics.topK(1, options), { targets: [0, -1, 0], scores })).toBe(0.5);
    expect(of(metrics.calibrationError({ ...options, bins: 1 }), { targets: [0, -1, 0], scores })).toBeCloseTo(
      0.325,
      12,
    );
  });

  test("perplexity and bits of a mean loss, weighted by the terms", () => {
    const [perplexity, bits, loss] = [metrics.perplexity(), metrics.bits(), metrics.meanLoss()];
    for (const metric of [perplexity, bits, loss]) {
      metric.add({ loss: 1, count: 3 });
      metric.add({ loss: 2, count: 1 });
    }
    expect(loss.value).toBe(1.25);
    expect(perplexity.value).toBeCloseTo(Math.exp(1.25), 12);
    expect(bits.value).toBeCloseTo(1.25 / Math.log(2), 12);
  });

  test("tensors are taken where arrays of numbers are", () => {
    const logits = tensor([
      [0.1, 0.9],
      [0.8, 0.2],
      [0.3, 0.7],
    ]);
    expect(
      of(metrics.accuracy({ classes: 2 }), { scores: logits, targets: tensor([1, 1, 1], { dtype: "int32" }) }),
    ).toBeCloseTo(2 / 3, 12);
    expect(of(metrics.mae(), { predicted: tensor([[1], [2]]), targets: [3, 2] })).toBe(1);
  });

  test("a confusion matrix draws itself", () => {
    const matrix = metrics.confusionMatrix({ classes: 2 });
    matrix.add({ targets: [0, 0, 0, 1], predicted: [0, 0, 1, 1] });
    const svg = matrix.svg({ names: ["cat", "<dog>"], title: "pets" });
    expect(svg.startsWith("<svg ")).toBe(true);
    for (const part of ["pets", "cat", "&lt;dog&gt;", ">2<", ">1<"]) expect(svg).toContain(part);
    expect(matrix.svg({ normalize: true })).toContain(">0.67<");
  });

  test("coverage counts both ends", () => {
    const output = { low: [0, 1, 2, 3], high: [1, 1, 2, 4], targets: [1, 1, 3, 2.9] };
    expect(of(metrics.coverage(), output)).toBe(0.5);
  });

  test("edit distances, exact matches and sequence errors", () => {
    expect(metrics.editDistance("kitten", "sitting")).toBe(3);
    expect(metrics.editDistance("", "abc")).toBe(3);
    expect(metrics.editDistance([1, 2, 3], [1, 3])).toBe(1);
    const output = { predicted: [["a"], ["a", "b"], []], targets: [["a"], ["a"], []] };
    expect(of(metrics.exactMatch(), output)).toBeCloseTo(2 / 3, 12);
    expect(of(metrics.sequenceErrorRate(), output)).toBeCloseTo(1 / 3, 12);
  });

  test.each([
    ["B-A I-A O B-A", ["0-2 A", "3-4 A"]],
    ["B-A B-A I-A", ["0-1 A", "1-3 A"]],
    ["I-A I-B I-B O", ["0-1 A", "1-3 B"]],
    ["B-A I-B", ["0-1 A", "1-2 B"]],
    ["B-A I-A E-A S-B O", ["0-3 A", "3-4 B"]],
    ["S-A E-A", ["0-1 A", "1-2 A"]],
    ["B I O", ["0-2 "]],
    ["", []],
  ])("spans of %s", (tags, expected) => {
    const spans = metrics.spansOf(words(tags)).map(({ start, end, type }) => `${start}-${end} ${type}`);
    expect(spans).toEqual(expected);
  });

  test("a BLEU without a shared 4-gram is 0, and shorter texts are worth less", () => {
    const references = [[words("a b c d e f")]];
    expect(of(metrics.bleu(), { predicted: [words("a b c x e f")], references })).toBe(0);
    // All of its runs stand in the reference, and it is 4 of 6 long.
    expect(of(metrics.bleu(), { predicted: [words("a b c d")], references })).toBeCloseTo(Math.exp(1 - 6 / 4), 12);
  });
});

/** Every metric, with a maker of a batch from random numbers. */
const noise = (seed: number) => (i: number) => Math.abs(Math.sin(seed * 78.233 + i * 12.9898) * 43758.5453) % 1;
type Batch = (seed: number, rows: number) => never;
const labels: Batch = (seed, rows) =>
  ({
    targets: Array.from({ length: rows }, (_, i) => Math.floor(3 * noise(seed)(i))),
    predicted: Array.from({ length: rows }, (_, i) => Math.floor(3 * noise(seed + 1)(i))),
  }) as never;
const scores: Batch = (seed, rows) =>
  ({
    ...(labels(seed, rows) as object),
    predicted: undefined,
    scores: Array.from({ length: 3 * rows }, (_, i) => noise(seed)(i) / 2),
  }) as never;
const values: Batch = (seed, rows) =>
  ({
    targets: Array.from({ length: rows }, (_, i) => 10 * noise(seed)(i) - 3),
    predicted: Array.from({ length: rows }, (_, i) => 10 * noise(seed + 5)(i) - 3),
  }) as never;
const letters = (seed: number) => Array.from({ length: 6 }, (_, i) => "abc"[Math.floor(3 * noise(seed)(i))]!);
const sequences: Batch = (seed, rows) =>
  ({
    targets: Array.from({ length: rows }, (_, i) => letters(seed + i)),
    predicted: Array.from({ length: rows }, (_, i) => letters(seed + i + 0.3)),
    references: Array.from({ length: rows }, (_, i) => [letters(seed + i), letters(seed + i + 0.7)]),
  }) as never;
const texts: Batch = (seed, rows) => {
  const { predicted, references } = sequences(seed, rows) as { predicted: string[][]; references: string[][][] };
  return {
    predicted: predicted.map((line) => line.join("")),
    references: references.map((lines) => lines.map((line) => line.join(" "))),
  } as never;
};
const tags: Batch = (seed, rows) => {
  const tag = (s: number) => words("O B-A I-A B-B I-B S-A")[Math.floor(6 * noise(s)(1))]!;
  const line = (s: number) => Array.from({ length: 5 }, (_, i) => tag(s + i * 1.7));
  return {
    targets: Array.from({ length: rows }, (_, i) => line(seed + i)),
    predicted: Array.from({ length: rows }, (_, i) => line(seed + i + 0.2)),
  } as never;
};
const losses: Batch = (seed, rows) => ({ loss: noise(seed)(0), count: rows }) as never;
const intervals: Batch = (seed, rows) => {
  const { targets, predicted } = values(seed, rows) as metrics.Values;
  return { targets, low: Array.from(predicted, (x) => x - 2), high: Array.from(predicted, (x) => x + 2) } as never;
};

const ALL: [make: () => metrics.Metric<never>, batch: Batch][] = [
  [() => metrics.accuracy(THREE), labels],
  [() => metrics.accuracy(THREE), scores],
  [() => metrics.topK(2, THREE), scores],
  [() => metrics.precision(THREE), labels],
  [() => metrics.recall({ ...THREE, average: "micro" }), labels],
  [() => metrics.f1(THREE), scores],
  [() => metrics.confusionMatrix(THREE), labels],
  [() => metrics.logLoss(THREE), scores],
  [() => metrics.calibrationError(THREE), scores],
  [() => metrics.meanLoss(), losses],
  [() => metrics.perplexity(), losses],
  [() => metrics.bits(), losses],
  [() => metrics.mae(), values],
  [() => metrics.rmse(), values],
  [() => metrics.smape(), values],
  [() => metrics.r2(), values],
  [() => metrics.pinball(0.3), values],
  [() => metrics.mase([1, 2, 4, 3]), values],
  [() => metrics.coverage(), intervals],
  [() => metrics.tokenErrorRate(), sequences],
  [() => metrics.sequenceErrorRate(), sequences],
  [() => metrics.meanEditDistance(), sequences],
  [() => metrics.exactMatch(), sequences],
  [() => metrics.bleu({ maxN: 2 }), sequences],
  [() => metrics.chrf({ wordOrder: 1 }), texts],
  [() => metrics.spanF1(), tags],
];

describe("whatever way the batches come", () => {
  test.each(ALL.map(([make, batch]) => [make().name, make, batch] as const))(
    "%s: parts merged, and a state taken up again, give the figure of the whole",
    (_, make, batch) => {
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
          fc.nat(50),
          (sizes, seed) => {
            const whole = make();
            const merged = make();
            let resumed = make();
            for (const [i, size] of sizes.entries()) {
              const output = batch(seed + i * 3.1, size);
              whole.add(output);
              const part = make();
              part.add(output);
              merged.merge(part.state);
              resumed.add(output);
              const next = make();
              next.state = JSON.parse(JSON.stringify(resumed.state)) as number[];
              resumed = next;
            }
            if (Number.isNaN(whole.value)) {
              expect(merged.value).toBeNaN();
              return;
            }
            expect(merged.value).toBeCloseTo(whole.value, 10);
            expect(resumed.value).toBe(whole.value);
            whole.reset();
            expect(whole.state.every((sum) => sum === 0)).toBe(true);
          },
        ),
        { numRuns: 20, seed: 3 },
      );
    },
  );

  test.each(ALL.map(([make]) => [make().name, make] as const))("%s of nothing is NaN, and reads as text", (_, make) => {
    const metric = make();
    expect(metric.value).toBeNaN();
    expect(metric.format(metric.value)).toBe("NaN");
    expect(metric.format(0.12345)).toMatch(/^\d+(\.\d+)?$/);
  });
});

describe("what does not fit is named", () => {
  test.each<[string, () => unknown]>([
    [
      'ConfusionMatrix.svg: names must be 3 texts, one for each class, got ["a"].',
      () => metrics.confusionMatrix(THREE).svg({ names: ["a"] }),
    ],
    [
      "ConfusionMatrix.table: names must be 3 texts, one for each class",
      () => metrics.confusionMatrix(THREE).table(["a", "b"]),
    ],
    [
      "bleu: references[1] must hold a reference or more, got none. Each prediction has a list of its own",
      () => metrics.bleu().add({ predicted: [["a"], ["b"]], references: [[["a"]], []] }),
    ],
    [
      "chrf: references[0] must hold a reference or more, got a text.",
      () => metrics.chrf().add({ predicted: ["a"], references: ["a" as never] }),
    ],
    ["alloc: memory must have room", () => metrics.editDistance("lstm", { length: 1e12 } as never)],
    ["chrf: options must be", () => metrics.chrf(null as never)],
    ["bleu: options must be", () => metrics.bleu(null as never)],
    ["bleu: options must be only these: maxN", () => metrics.bleu({ maxn: 2 } as never)],
    ["namesAt: options must be", () => namesAt(null as never)],
    [
      "accuracy: targets must hold integers in [0, 2] (3 classes), got 3.",
      () => metrics.accuracy(THREE).add({ targets: [3], predicted: [0] }),
    ],
    [
      "accuracy: predicted must hold as many labels as targets (2), got 1.",
      () => metrics.accuracy(THREE).add({ targets: [0, 1], predicted: [0] }),
    ],
    [
      "logLoss: scores must hold 3 scores for each of 1 targets, got 2 of them.",
      () => metrics.logLoss(THREE).add({ targets: [0], scores: [0.5, 0.5] }),
    ],
    [
      "MAE: predicted must hold as many values as targets (1), got 2.",
      () => metrics.mae().add({ targets: [1], predicted: [1, 2] }),
    ],
    ["mase: history must change from season to season, got a constant. Use mae()", () => metrics.mase([2, 2, 2])],
    ["mase: history must hold more than one season (7), got 7 values.", () => metrics.mase([1, 2, 3, 4, 5, 6, 7], 7)],
    ["pinball: quantile must be a number in (0, 1), got 1.", () => metrics.pinball(1)],
    [
      "MAE.state: state must be 2 numbers, as MAE.state gives them, got [1].",
      () => {
        metrics.mae().state = [1];
      },
    ],
    [
      "exact match: predicted must hold a sequence for each of the 2 targets, got 1.",
      () => metrics.exactMatch().add({ predicted: [[]], targets: [[], []] }),
    ],
  ])("%s", (message, call) => {
    expect(call).toThrow(message);
  });
});
