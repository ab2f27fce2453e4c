import { describe, expect, test } from "vitest";
import { Generator, gradcheck, manualSeed, nn, ones, randint, randn, type Tensor, tensor } from "../../src/index.js";
import { CrfSums } from "../../src/nn/sequence-losses/crf-sums.js";
import { expectClose } from "../support/close.js";
import { describeEngines } from "../support/configured.js";
import { everyPath, logSumExp } from "../support/paths.js";

const dtype = "float64" as const;
const EXACT = { rtol: 1e-11, atol: 1e-11 };

/** K tags with weights of this size; emissions [L, N, K] and tags [L, N] beside it. */
function made(seed: number, options: nn.CRFOptions = {}, scale = 1, [l, n, k] = [4, 3, 3]) {
  manualSeed(seed);
  const crf = new nn.CRF(k!, { dtype, ...options });
  for (const parameter of crf.parameters()) parameter.set(randn(parameter.shape, { dtype }).mul(scale).data());
  const emissions = randn([l!, n!, k!], { dtype: options.dtype ?? dtype, requiresGrad: true });
  emissions.set(emissions.data().map((v) => scale * v));
  return { crf, emissions, tags: randint(0, k!, [l!, n!]), lengths: [l!, 1, l! - 1].slice(0, n) };
}

interface Path {
  tags: number[];
  score: number;
}

/** Every path of sequence n that the constraints allow, with its score, by the definition. */
function paths(crf: nn.CRF, emissions: Tensor, n: number, steps: number): Path[] {
  const rows = (emissions.toArray() as number[][][]).slice(0, steps).map((row) => row[n]!);
  const [start, end] = [crf.start_transitions.data(), crf.end_transitions.data()];
  const between = crf.transitions.toArray() as number[][];
  const { constraints } = crf;
  const allowed = (path: number[]) =>
    constraints === null ||
    ((constraints.start?.[path[0]!] ?? true) &&
      (constraints.end?.[path.at(-1)!] ?? true) &&
      path.every((tag, t) => t === 0 || constraints.transitions[path[t - 1]!]![tag]));
  return everyPath(crf.numTags, steps)
    .filter(allowed)
    .map((tags) => {
      const ofTags = tags.reduce((sum, tag, t) => sum + rows[t]![tag]! + (t > 0 ? between[tags[t - 1]!]![tag]! : 0), 0);
      return { tags, score: start[tags[0]!]! + ofTags + end[tags.at(-1)!]! };
    })
    .sort((a, b) => b.score - a.score);
}

const FORBIDDING: nn.TagConstraints = {
  transitions: [
    [1, 1, 0],
    [0, 1, 1],
    [1, 0, 1],
  ],
  start: [1, 1, 0],
  end: [false, true, true],
};
const TAGS = [
  [0, 1, 1],
  [1, 0, 2],
  [2, 0, 2],
  [2, 0, 0],
];

describe("CRF, all paths counted", () => {
  for (const constraints of [null, FORBIDDING]) {
    for (const scale of [1, 40, 3000]) {
      const title = `weights of ${scale}${constraints ? ", constraints" : ""}`;
      test(`${title}: log likelihood, marginals, the best and all others`, () => {
        const { crf, emissions, lengths } = made(scale + 1, { constraints }, scale);
        const tags = tensor(TAGS, { dtype: "int32" });
        const found = crf.forward(emissions, tags, { lengths, reduction: "none" }).data();
        const marginals = crf.marginals(emissions, { lengths }).toArray() as number[][][];
        const decoded = crf.decode(emissions, { lengths });
        const best = crf.decodeNBest(emissions, 100, { lengths });
        lengths.forEach((steps, n) => {
          const all = paths(crf, emissions, n, steps);
          const total = logSumExp(all.map(({ score }) => score));
          const own = TAGS.slice(0, steps).map((row) => row[n]!);
          const score = all.find(({ tags: path }) => path.join() === own.join())!.score;
          expectClose([found[n]!], [score - total], { rtol: 1e-11, atol: 1e-10 }, "log likelihood");
          for (let t = 0; t < TAGS.length; t++) {
            const expected = [0, 1, 2].map((tag) =>
              Math.exp(logSumExp(all.filter(({ tags: path }) => path[t] === tag).map((path) => path.score)) - total),
            );
            expectClose(marginals[t]![n]!, t < steps ? expected : [0, 0, 0], { rtol: 1e-9, atol: 1e-11 }, "marginals");
          }
          expect(decoded[n]).toEqual(all[0]!.tags);
          expect(best[n]!.map((path) => path.tags)).toEqual(all.slice(0, 100).map((path) => path.tags));
          expectClose(
            best[n]!.map((path) => path.score),
            all.slice(0, 100).map((path) => path.score),
            EXACT,
            "scores",
          );
        });
      });

      test(`${title}: gradients of emissions and parameters are differences of counts`, () => {
        const { crf, emissions, lengths } = made(scale + 2, { constraints }, scale);
        const upstream = [0.3, -2, 1.1];
        const out = crf.forward(emissions, tensor(TAGS, { dtype: "int32" }), { lengths, reduction: "none" });
        out.backward(tensor(upstream, { dtype }));
        const between = new Float64Array(9);
        const ofEmissions = new Float64Array(emissions.size);
        lengths.forEach((steps, n) => {
          const all = paths(crf, emissions, n, steps);
          const total = logSumExp(all.map(({ score }) => score));
          const own = { tags: TAGS.slice(0, steps).map((row) => row[n]!), share: 1 };
          const others = all.map(({ tags, score }) => ({ tags, share: -Math.exp(score - total) }));
          for (const { tags, share } of [own, ...others]) {
            tags.forEach((tag, t) => {
              ofEmissions[(t * 3 + n) * 3 + tag] += upstream[n]! * share;
              if (t > 0) between[tags[t - 1]! * 3 + tag] += upstream[n]! * share;
            });
          }
        });
        expectClose(emissions.grad!.data(), ofEmissions, { rtol: 1e-9, atol: 1e-11 }, "emissions");
        expectClose(crf.transitions.grad!.data(), between, { rtol: 1e-9, atol: 1e-11 }, "transitions");
      });
    }
  }

  test.each(["sum", "mean", "tokenMean", "none"] as const)("gradcheck, %s", (reduction) => {
    for (const batchFirst of [false, true]) {
      const { crf, emissions, tags, lengths } = made(5, { batchFirst });
      const [x, y] = batchFirst
        ? [emissions.transpose(0, 1).contiguous().detach(), tags.T.contiguous()]
        : [emissions, tags];
      x.requiresGrad = true;
      const run = () => crf.forward(x, y, { lengths, reduction });
      expect(gradcheck(run, [x, ...crf.parameters()])).toMatchObject({ ok: true });
    }
  });
});

describeEngines("CRF in float32", (_, engine) => {
  test("gradients within rtol 1e-4, atol 1e-6 of float64's", () => {
    const exact = made(9, {}, 1, [20, 3, 7]);
    const crf = new nn.CRF(7);
    crf.loadStateDict(exact.crf.stateDict());
    const emissions = exact.emissions.detach().to("float32");
    emissions.requiresGrad = true;
    const lengths = [20, 3, 11];
    const loss = crf.forward(emissions, exact.tags, { lengths });
    const expected = exact.crf.forward(exact.emissions, exact.tags, { lengths });
    expectClose(loss.data(), expected.data(), { rtol: 1e-6, atol: 0 });
    loss.backward();
    expected.backward();
    const grads = [emissions, ...crf.parameters()].map((x) => x.grad!.data());
    [exact.emissions, ...exact.crf.parameters()].forEach((x, i) => {
      expectClose(grads[i]!, x.grad!.data(), { rtol: 1e-4, atol: 1e-6 }, `${engine}, ${i}`);
    });
  });
});

describe("which way the sums went", () => {
  const generator = new Generator(4);
  const normal = (n: number, scale: number) => Float64Array.from({ length: n }, () => scale * generator.normal());

  function both(k: number, steps: number, scale: number, forbid = (_: number) => false) {
    const transitions = normal(k * k, scale).map((score, i) => (forbid(i) ? -Infinity : score));
    const chain = { tags: k, start: normal(k, scale), end: normal(k, scale), transitions };
    const sums = new CrfSums(chain, steps);
    const into = () => ({ tags: new Float64Array(steps * k), pairs: new Float64Array(k * k) });
    const x = normal(steps * k, scale);
    const found = into();
    const total = sums.logPartition(x, steps, found);
    return { chain, x, total, found, ran: sums.ran };
  }

  test.each<[string, Parameters<typeof both>, "scaled" | "logs"]>([
    ["ordinary scores over 2,000 steps", [5, 2000, 3], "scaled"],
    ["with forbidden transitions", [6, 300, 3, (i) => i % 5 === 2], "scaled"],
    ["scores as the usual -10000 makes them", [4, 50, 2000], "logs"],
    [
      "a chain that goes one way, slowly",
      [30, 200, 25, (i) => ![0, 1].includes((i % 30) - Math.floor(i / 30))],
      "logs",
    ],
  ])("%s", (_, given, way) => {
    const { chain, x, total, found, ran } = both(...given);
    expect(ran).toEqual(way === "scaled" ? { scaled: 1, logs: 0 } : { scaled: 0, logs: 1 });
    // What the definition says, in logarithms.
    const { tags: k, start, end, transitions } = chain;
    let alpha = Array.from({ length: k }, (_, j) => start[j]! + x[j]!);
    for (let t = 1; t < x.length / k; t++) {
      const before = alpha;
      alpha = before.map((_, j) => x[t * k + j]! + logSumExp(before.map((a, i) => a + transitions[i * k + j]!)));
    }
    const expected = logSumExp(alpha.map((a, j) => a + end[j]!));
    expect(Math.abs(total / expected - 1)).toBeLessThan(1e-11);
    const sums = Array.from({ length: x.length / k }, (_, t) =>
      found.tags.slice(t * k, (t + 1) * k).reduce((a, b) => a + b),
    );
    expectClose(
      sums,
      sums.map(() => 1),
      { rtol: 1e-9, atol: 0 },
      "marginals of a step",
    );
    expect(found.pairs.reduce((a, b) => a + b)).toBeCloseTo(x.length / k - 1, 6);
  });

  test("a transition of -10000 that constraints did not forbid is none, and costs no logarithms", () => {
    const chain = {
      tags: 2,
      start: normal(2, 1),
      end: normal(2, 1),
      transitions: Float64Array.of(0.3, -10_000, 0.1, 0.7),
    };
    const sums = new CrfSums(chain, 9);
    const x = normal(18, 1);
    const found = sums.logPartition(x, 9, null);
    const forbidden = { ...chain, transitions: Float64Array.of(0.3, -Infinity, 0.1, 0.7) };
    expect(found).toBeCloseTo(new CrfSums(forbidden, 9).logPartition(x, 9, null), 12);
    expect(sums.ran).toEqual({ scaled: 1, logs: 0 });
  });
});

describe("CRF at its edges", () => {
  test("what lies beyond a length is not read, has no gradient, and a mask says the same as lengths", () => {
    const { crf, emissions, tags, lengths } = made(3);
    const spoiled = emissions.detach().clone();
    const data = spoiled.data();
    for (let t = 1; t < 4; t++) data.fill(NaN, t * 9 + 3, t * 9 + 6);
    spoiled.set(data);
    spoiled.requiresGrad = true;
    const spoiledTags = tensor(
      tags.data().map((tag, i) => (i > 3 && i % 3 === 1 ? -100 : tag)),
      { shape: [4, 3] },
    );
    const mask = tensor(
      [0, 1, 2, 3].map((t) => lengths.map((length) => Number(t < length))),
      { dtype: "int32" },
    );
    const loss = crf.forward(spoiled, spoiledTags, { mask });
    expect(loss.item()).toBe(crf.forward(emissions, tags, { lengths }).item());
    loss.backward();
    expect((spoiled.grad!.toArray() as number[][][])[2]![1]).toEqual([0, 0, 0]);
    expect(crf.decode(spoiled, { mask })).toEqual(crf.decode(emissions, { lengths }));
  });

  test("ties go to the lower tag, and constraints that allow nothing give nothing", () => {
    const crf = new nn.CRF(3, { dtype });
    for (const parameter of crf.parameters()) parameter.set(parameter.data().fill(0));
    const flat = ones([3, 1, 3], { dtype });
    expect(crf.decode(flat)).toEqual([[0, 0, 0]]);
    const none = new nn.CRF(2, { constraints: { transitions: [[0, 0], [0, 0]] } });
    expect(none.decode(ones([2, 1, 2]))).toEqual([[]]);
    expect(none.decodeNBest(ones([2, 1, 2]), 3)).toEqual([[]]);
  }); // biome-ignore format: two rows

  const { crf, emissions, tags } = made(1);
  const bad = (tag: number) =>
    tensor(
      tags.data().map((t, i) => (i === 4 ? tag : t)),
      { shape: [4, 3], dtype: "int32" },
    );
  const limited = new nn.CRF(3, { dtype, constraints: FORBIDDING });
  const int32 = (rows: number[][]) => tensor(rows, { dtype: "int32" });
  test.each<[string, () => unknown, string]>([
    ["a tag out of range", () => crf.forward(emissions, bad(3)), "the tag of sequence 1 at step 1 must lie in [0, 2] (numTags=3), got 3"],
    ["a negative tag", () => crf.forward(emissions, bad(-1)), "the tag of sequence 1 at step 1 must lie in [0, 2] (numTags=3), got -1"],
    ["a forbidden transition", () => limited.forward(emissions, int32([[1, 1, 1], [0, 1, 1], [0, 1, 1], [0, 1, 1]])), "the tags of sequence 0 must be allowed by the constraints, or their likelihood is 0, got tag 0 after 1 at step 1"],
    ["a forbidden start", () => limited.forward(emissions, int32([[1, 1, 2], [1, 1, 2], [1, 1, 2], [1, 1, 2]])), "the tags of sequence 2 must be allowed by the constraints, or their likelihood is 0, got the start with tag 2 at step 0"],
    ["a forbidden end", () => limited.forward(emissions, int32([[0, 1, 1], [0, 1, 1], [0, 1, 1], [0, 1, 1]])), "got the end with tag 0 at step 4"],
    ["emissions of other tags", () => crf.forward(randn([4, 3, 2], { dtype }), tags), "emissions must have shape [L, N, 3], got [4, 3, 2]"],
    ["emissions of another type", () => crf.decode(randn([4, 3, 3])), "emissions must be float64, got float32"],
    ["tags of another shape", () => crf.forward(emissions, tags.T), "tags must have shape [4, 3], one for each step, got [3, 4]"],
    ["a length of 0", () => crf.decode(emissions, { lengths: [4, 0, 1] }), "lengths[1] must be an integer in [1, 4], got 0"],
    ["a mask with a gap", () => crf.decode(emissions, { mask: int32([[1, 1, 1], [0, 1, 1], [1, 1, 1], [0, 1, 1]]) }), "mask must be 1 for the first steps of each sequence"],
    ["a mask that begins with 0", () => crf.decode(emissions, { mask: int32([[0, 1, 1], [0, 1, 1], [0, 1, 1], [0, 1, 1]]) }), "0 at step 0 of sequence 0"],
    ["both", () => crf.decode(emissions, { mask: ones([4, 3]), lengths: [1, 1, 1] }), "mask must be left out where lengths are given"],
    ["no best", () => crf.decodeNBest(emissions, 0), "n must be a positive integer, got 0"],
    ["constraints of other tags", () => new nn.CRF(4, { constraints: FORBIDDING }), "constraints.transitions must be 4 rows of 4"],
    ["a start of other tags", () => new nn.CRF(3, { constraints: { ...FORBIDDING, start: [1] } }), "constraints.start must be 3 of 0 and 1, got [1]"],
    ["another reduction", () => crf.forward(emissions, tags, { reduction: "token_mean" as "sum" }), 'reduction must be one of "none", "sum", "mean", "tokenMean"'],
  ])("refuses %s", (_, call, message) => {
    expect(call).toThrow(message);
  }); // biome-ignore format: one line a case
});

describe("bioConstraints", () => {
  const names = (labels: string[], scheme?: "BIO" | "BIOES") => {
    const { transitions, start, end } = nn.bioConstraints(labels, scheme ? { scheme } : {});
    const list = (row: readonly (number | boolean)[]) => labels.filter((_, i) => row[i]).join(" ");
    return {
      after: Object.fromEntries(labels.map((label, i) => [label, list(transitions[i]!)])),
      start: list(start!),
      end: list(end!),
    };
  };

  test("BIO: an I continues its own kind", () => {
    expect(names(["O", "B-A", "I-A", "B-B", "I-B"])).toEqual({
      after: {
        O: "O B-A B-B",
        "B-A": "O B-A I-A B-B",
        "I-A": "O B-A I-A B-B",
        "B-B": "O B-A B-B I-B",
        "I-B": "O B-A B-B I-B",
      },
      start: "O B-A B-B",
      end: "O B-A I-A B-B I-B",
    });
  });

  test.each([
    ["BIOES", ["O", "B-A", "I-A", "E-A", "S-A", "B-B", "E-B"]],
    ["BILOU", ["O", "B-A", "I-A", "L-A", "U-A", "B-B", "L-B"]],
  ])("%s: what began must end", (_, labels) => {
    const [O, B, I, E, S, B2, E2] = labels as [string, string, string, string, string, string, string];
    const begins = `${O} ${B} ${S} ${B2}`;
    expect(names(labels)).toEqual({
      after: { [O]: begins, [B]: `${I} ${E}`, [I]: `${I} ${E}`, [E]: begins, [S]: begins, [B2]: E2, [E2]: begins },
      start: begins,
      end: `${O} ${E} ${S} ${E2}`,
    });
  });

  test("what a CRF decodes under them is always well formed", () => {
    const labels = ["O", "B-A", "I-A", "B-B", "I-B"];
    const crf = new nn.CRF(5, { constraints: nn.bioConstraints(labels) });
    for (const tags of crf.decode(randn([30, 8, 5], { generator: new Generator(1) }).mul(4))) {
      tags.forEach((tag, t) => {
        const kind = /^I-(.)/.exec(labels[tag]!)?.[1];
        if (kind !== undefined) expect(labels[tags[t - 1]!]).toMatch(new RegExp(`^[BI]-${kind}`));
      });
    }
  });

  test.each<[unknown, string]>([
    [["O", "X-A"], 'labels[1] must be O, or B, I, E or S with a kind, as B-PER, got "X-A"'],
    [["O", "B"], 'labels[1] must be O, or B, I, E or S with a kind, as B-PER, got "B"'],
    [["O", 3], "labels[1] must be a string, got 3"],
    ["O B-A", "labels must be an array"],
  ])("refuses %j", (labels, message) => {
    expect(() => nn.bioConstraints(labels as string[])).toThrow(message);
  });
});
