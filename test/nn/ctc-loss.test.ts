import { describe, expect, test } from "vitest";
import { Generator, gradcheck, nn, randn, type Tensor, tensor } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { describeEngines, fromFixture } from "../support/configured.js";
import { type FixtureCase, loadFixture, tensorOf } from "../support/fixtures.js";
import { everyPath, logSumExp, spelled } from "../support/paths.js";

const F = nn.functional;
const dtype = "float64" as const;
const int32 = (data: number[] | number[][]) => tensor(data, { dtype: "int32" });

interface Options extends nn.functional.CTCLossOptions {
  inputLengths: number[];
  targetLengths: number[];
  normalised: boolean;
}

function compare(found: FixtureCase<Options>): void {
  const { inputLengths, targetLengths, normalised, ...options } = found.options;
  const out = tensorOf(found, "out");
  const exact = out.dtype === "float64";
  const x = fromFixture(tensorOf(found, "x"), true);
  const logProbs = normalised ? F.logSoftmax(x) : x;
  const loss = F.ctcLoss(logProbs, fromFixture(tensorOf(found, "targets")), inputLengths, targetLengths, options);
  expect(loss.shape).toEqual(out.shape);
  expectClose(loss.data(), out.data, exact ? TOLERANCE.float64 : { rtol: 1e-5, atol: 1e-5 }, "loss");
  loss.backward(fromFixture(tensorOf(found, "upstream")));
  expectClose(
    x.grad!.data(),
    tensorOf(found, "grad").data,
    exact ? TOLERANCE.float64 : { rtol: 1e-4, atol: 2e-5 },
    "gradient",
  );
}

describeEngines("ctcLoss against PyTorch", (dtypes) => {
  for (const kind of dtypes) {
    test.each(loadFixture<Options>(`sequence-losses/ctc-${kind}`).cases)(`${kind}, $name`, compare);
  }
});

/** -log Σ over all C^T paths that spell the target. */
function byEnumeration(rows: readonly (readonly number[])[], target: readonly number[], blank: number): number {
  const paths = everyPath(rows[0]!.length, rows.length);
  const wanted = paths.filter((path) => spelled(path, blank).join() === target.join());
  return -logSumExp(wanted.map((path) => path.reduce((sum, c, t) => sum + rows[t]![c]!, 0)));
}

function drawn(seed: number, scale: number, shape: number[]): Tensor {
  return F.logSoftmax(randn(shape, { dtype, generator: new Generator(seed) }).mul(scale));
}

const CASES = [
  [[1, 2], 0],
  [[1, 1], 0],
  [[2, 1, 2], 0],
  [[0, 0], 1],
  [[], 2],
  [[0, 1, 0, 1, 0], 2],
] as const;

describe("ctcLoss, all paths counted", () => {
  // At 1,000 a path has 10^-1000 of another's probability at many steps.
  for (const scale of [1, 30, 1000]) {
    test.each(CASES)(`scores to ${scale}: %j with blank %i`, (target, blank) => {
      for (let seed = 0; seed < 4; seed++) {
        const logProbs = drawn(seed, scale, [6, 3]);
        const rows = logProbs.toArray() as number[][];
        const expected = byEnumeration(rows, target, blank);
        const targets = int32([...target]);
        const loss = F.ctcLoss(logProbs, targets, 6, target.length, { blank, reduction: "none" });
        expectClose([loss.item()], [expected], { rtol: 1e-12, atol: 1e-12 });
      }
    });
  }

  test("shares of paths are the gradient, by central differences of the counted sum", () => {
    for (const scale of [1, 8, 300]) {
      const logProbs = drawn(3, scale, [5, 3]).detach();
      logProbs.requiresGrad = true;
      F.ctcLoss(logProbs, int32([1, 2]), 5, 2, { reduction: "sum" }).backward();
      const rows = logProbs.toArray() as number[][];
      const paths = everyPath(3, 5).filter((path) => spelled(path, 0).join() === "1,2");
      const scores = paths.map((path) => path.reduce((sum, c, t) => sum + rows[t]![c]!, 0));
      const total = logSumExp(scores);
      const expected = rows.flatMap((row, t) =>
        row.map((x, c) => Math.exp(x) - Math.exp(logSumExp(scores.filter((_, i) => paths[i]![t] === c)) - total)),
      );
      expectClose(logProbs.grad!.data(), expected, { rtol: 1e-10, atol: 1e-13 }, `scores to ${scale}`);
    }
  });

  test("gradcheck under a log softmax, every reduction", () => {
    const x = randn([6, 3, 4], { dtype, generator: new Generator(7), requiresGrad: true });
    const targets = int32([
      [1, 1, 2],
      [3, 0, 0],
      [2, 3, 0],
    ]);
    for (const reduction of ["mean", "sum", "none"] as const) {
      const run = () => F.ctcLoss(F.logSoftmax(x), targets, [6, 5, 2], [3, 0, 2], { reduction });
      expect(gradcheck(run, [x])).toMatchObject({ ok: true });
    }
  });
});

describe("ctcLoss over many steps", () => {
  /** The textbook's recursion in the log domain. */
  function inLogs(rows: readonly (readonly number[])[], target: readonly number[]): number {
    const labels = [0, ...target.flatMap((c) => [c, 0])];
    let alpha = labels.map((_, s) => (s === 0 ? 0 : -Infinity));
    for (const row of rows) {
      const before = alpha;
      alpha = labels.map((c, s) => {
        const from = [before[s]!, s > 0 ? before[s - 1]! : -Infinity];
        if (s > 1 && c !== 0 && c !== labels[s - 2]) from.push(before[s - 2]!);
        return row[c]! + logSumExp(from);
      });
    }
    return -logSumExp(alpha.slice(-2));
  }

  test.each([
    ["1,500 steps, even scores", 1500, 1],
    ["700 steps, each certain of another class", 700, 60],
    ["300 steps, scores to 1e4", 300, 1e4],
  ])("%s: as in the log domain", (_, steps, scale) => {
    const logProbs = drawn(5, scale, [steps, 6]);
    const generator = new Generator(6);
    const target = Array.from({ length: 40 }, () => 1 + generator.integer(5));
    const loss = F.ctcLoss(logProbs, int32(target), steps, target.length, { reduction: "none" }).item();
    const expected = inLogs(logProbs.toArray() as number[][], target);
    expect(Math.abs(loss / expected - 1)).toBeLessThan(1e-11);
  });

  test("a path that begins and ends worse than others by more than float64 spans, and is better by more between", () => {
    const third = 40;
    const rows = Array.from({ length: 3 * third }, (_, t) =>
      t < third || t >= 2 * third ? [-0.1, -50, -60] : [-1000, -70, -1],
    );
    const logProbs = tensor(rows, { dtype, requiresGrad: true });
    const target = [1, 2, 1, 2, 2, 1];
    const loss = F.ctcLoss(logProbs, int32(target), rows.length, target.length, { reduction: "none" });
    expect(Math.abs(loss.item() / inLogs(rows, target) - 1)).toBeLessThan(1e-12);
    loss.backward();
    const grad = logProbs.grad!.data();
    // Of each step's shares the sum is 1.
    rows.forEach((row, t) => {
      const share = row.reduce((sum, x, c) => sum + Math.exp(x) - grad[3 * t + c]!, 0);
      expect(share).toBeCloseTo(1, 10);
    });
  });
});

describe("ctcLoss at its edges", () => {
  const x = () => randn([4, 2, 3], { dtype, generator: new Generator(2), requiresGrad: true });
  const targets = int32([
    [1, 1],
    [2, 0],
  ]);

  test("a target that needs more steps than there are: Infinity and NaN, or 0 and 0", () => {
    for (const zeroInfinity of [false, true]) {
      const logProbs = x();
      const loss = F.ctcLoss(logProbs, targets, [2, 4], [2, 1], { reduction: "none", zeroInfinity });
      expect(loss.data()[0]).toBe(zeroInfinity ? 0 : Infinity);
      loss.backward(tensor([1, 1], { dtype }));
      const grad = logProbs.grad!.data();
      const first = [0, 1, 2, 3].map((t) => grad[6 * t]);
      expect(first).toEqual(zeroInfinity ? [0, 0, 0, 0] : [NaN, NaN, 0, 0]);
      expect(Math.abs(grad[3]!)).toBeGreaterThan(0);
    }
  });

  test("no step at all spells the empty target and no other", () => {
    expect(F.ctcLoss(x(), targets, [0, 0], [0, 1], { reduction: "none" }).toArray()).toEqual([0, Infinity]);
    const none = randn([0, 1, 3], { dtype });
    expect(F.ctcLoss(none, int32([]), [0], [0]).item()).toBe(0);
  });

  test("NaN or Infinity among the classes of a target is NaN for that sequence alone", () => {
    for (const bad of [NaN, Infinity]) {
      const data = x().data();
      data[6 + 1] = bad;
      const logProbs = tensor(data, { shape: [4, 2, 3], dtype, requiresGrad: true });
      const loss = F.ctcLoss(logProbs, targets, [4, 4], [2, 1], { reduction: "none" });
      expect(loss.data()[0]).toBeNaN();
      expect(Number.isFinite(loss.data()[1])).toBe(true);
      loss.backward(tensor([1, 1], { dtype }));
      expect(logProbs.grad!.data()[0]).toBeNaN();
      expect(Number.isFinite(logProbs.grad!.data()[3])).toBe(true);
    }
  });

  test("-Infinity forbids a class, and has a gradient", () => {
    const rows = (drawn(4, 1, [4, 3]).toArray() as number[][]).map((row, t) =>
      t === 1 ? [row[0]!, -Infinity, row[2]!] : row,
    );
    const logProbs = tensor(rows, { dtype, requiresGrad: true });
    const loss = F.ctcLoss(logProbs, int32([1]), 4, 1, { reduction: "none" });
    expectClose([loss.item()], [byEnumeration(rows, [1], 0)], TOLERANCE.float64);
    loss.backward();
    expect(logProbs.grad!.data().every(Number.isFinite)).toBe(true);
  });

  test("one sequence without a batch, lengths as tensors, and a module", () => {
    const logProbs = drawn(1, 1, [5, 4]);
    const alone = F.ctcLoss(logProbs, int32([2, 3]), 5, 2);
    const batch = new nn.CTCLoss().forward(logProbs.reshape([5, 1, 4]), int32([[2, 3]]), int32([5]), int32([2]));
    expect([alone.shape, batch.item()]).toEqual([[], alone.item()]);
  });

  test.each<[string, () => unknown, string]>([
    ["rank", () => F.ctcLoss(randn([3]), targets, [3], [1]), "logProbs must have shape [T, N, C], or [T, C], got [3]"],
    ["blank", () => F.ctcLoss(x(), targets, [4, 4], [2, 1], { blank: 3 }), "blank must be one of the 3 classes, 0 to 2, got 3"],
    ["the blank in a target", () => F.ctcLoss(x(), targets, [4, 4], [2, 2]), "target 1, letter 1, must not be the blank, 0, got 0"],
    ["no class in a target", () => F.ctcLoss(x(), int32([[1, 3], [2, 1]]), [4, 4], [2, 2]), "target 0, letter 1, must lie in [0, 2] (classes=3), got 3"],
    ["more steps than there are", () => F.ctcLoss(x(), targets, [4, 5], [2, 1]), "inputLengths[1] must be an integer in [0, 4], got 5"],
    ["more letters than there are", () => F.ctcLoss(x(), targets, [4, 4], [3, 1]), "targetLengths[0] must be an integer in [0, 2], got 3"],
    ["a length less than 0", () => F.ctcLoss(x(), targets, [4, 4], [-1, 1]), "targetLengths[0] must be an integer in [0, 2], got -1"],
    ["too few lengths", () => F.ctcLoss(x(), targets, [4], [2, 1]), "inputLengths must name the length of each of the 2 sequences"],
    ["another batch of targets", () => F.ctcLoss(x(), int32([[1, 2]]), [4, 4], [2, 1]), "targets must have shape [2, S], or [Σ targetLengths], got [1, 2]"],
    ["letters that lengths do not add up to", () => F.ctcLoss(x(), int32([1, 2, 1, 1]), [4, 4], [2, 1]), "targetLengths must add up to 4, the number of targets, got 3"],
    ["floats as targets", () => F.ctcLoss(x(), randn([2, 2]), [4, 4], [2, 1]), "targets must be int32"],
    ["an option of another name", () => new nn.CTCLoss({ zeroInf: true } as object), "options must be only these: blank, reduction, zeroInfinity"],
  ])("refuses %s", (_, call, message) => {
    expect(call).toThrow(message);
  }); // biome-ignore format: one line a case
});
