import { describe, expect, test } from "vitest";
import { Generator, nn, randn, tensor } from "../../src/index.js";
import { everyPath, logSumExp, spelled } from "../support/paths.js";

const F = nn.functional;
const dtype = "float64" as const;
const drawn = (seed: number, shape: number[], scale = 1.5) =>
  F.logSoftmax(randn(shape, { dtype, generator: new Generator(seed) }).mul(scale));

/** Every target with the log of its probability, best first. */
function targets(rows: readonly (readonly number[])[], blank: number): { tokens: number[]; logProb: number }[] {
  const found = new Map<string, { tokens: number[]; scores: number[] }>();
  for (const path of everyPath(rows[0]!.length, rows.length)) {
    const tokens = spelled(path, blank);
    const entry = found.get(tokens.join()) ?? { tokens, scores: [] };
    entry.scores.push(path.reduce((sum, c, t) => sum + rows[t]![c]!, 0));
    found.set(tokens.join(), entry);
  }
  const all = [...found.values()].map(({ tokens, scores }) => ({ tokens, logProb: logSumExp(scores) }));
  return all.sort((a, b) => b.logProb - a.logProb);
}

describe("ctcGreedyDecode", () => {
  test.each([0, 1, 3])("is the best of all paths, blank %i", (blank) => {
    for (let seed = 0; seed < 5; seed++) {
      const logProbs = drawn(seed, [5, 2, 4]);
      const decoded = F.ctcGreedyDecode(logProbs, [5, 3], { blank });
      [5, 3].forEach((steps, n) => {
        const rows = (logProbs.toArray() as number[][][]).slice(0, steps).map((row) => row[n]!);
        const score = (path: number[]) => path.reduce((sum, c, t) => sum + rows[t]![c]!, 0);
        const best = everyPath(4, steps).reduce((a, b) => (score(b) > score(a) ? b : a));
        expect(decoded[n]!.tokens).toEqual(spelled(best, blank));
        expect(decoded[n]!.logProb).toBeCloseTo(score(best), 12);
      });
    }
  });

  test("takes all steps of one sequence where nothing else is said", () => {
    const rows = [0, 2, 2, 0, 2, 1, 1].map((best) => [0, 1, 2].map((c) => (c === best ? -0.1 : -3)));
    expect(F.ctcGreedyDecode(tensor(rows))[0]!.tokens).toEqual([2, 2, 1]);
    expect(F.ctcGreedyDecode(tensor(rows), 0)).toEqual([{ tokens: [], logProb: 0 }]);
  });
});

describe("ctcBeamDecode", () => {
  test.each([0, 2])("with a beam that holds everything: all targets with all their paths, blank %i", (blank) => {
    for (let seed = 0; seed < 5; seed++) {
      const logProbs = drawn(seed, [5, 3]);
      const expected = targets(logProbs.toArray() as number[][], blank);
      const [found] = F.ctcBeamDecode(logProbs, 5, { blank, beamWidth: 1000, nBest: 1000 });
      expect(found!.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
      found!.forEach(({ logProb, score }, i) => {
        expect(logProb).toBeCloseTo(expected[i]!.logProb, 11);
        expect(score).toBe(logProb);
      });
    }
  });

  test("finds a target that the best path does not spell", () => {
    const rows = [[0.6, 0.4], [0.6, 0.4]].map((row) => row.map(Math.log));
    const logProbs = tensor(rows, { dtype });
    expect(F.ctcGreedyDecode(logProbs)[0]!.tokens).toEqual([]);
    const [[best]] = F.ctcBeamDecode(logProbs) as [[nn.functional.CtcHypothesis]];
    expect(best.tokens).toEqual([1]);
    expect(Math.exp(best.logProb)).toBeCloseTo(0.64, 12);
  }); // biome-ignore format: two rows

  test("a narrow beam gives no more than there is, and its best is seldom another", () => {
    let same = 0;
    for (let seed = 0; seed < 30; seed++) {
      const logProbs = drawn(seed, [6, 3], 2);
      const [all, few] = [400, 3].map((beamWidth) => F.ctcBeamDecode(logProbs, 6, { beamWidth, nBest: 3 })[0]!);
      expect(few!.length).toBeLessThanOrEqual(3);
      expect(few![0]!.logProb).toBeLessThanOrEqual(all![0]!.logProb + 1e-12);
      if (few![0]!.tokens.join() === all![0]!.tokens.join()) same++;
    }
    expect(same).toBeGreaterThan(24);
  });

  test("a language model's words count for the order, not for the probability", () => {
    const add = (prefix: readonly number[], token: number) =>
      0.7 * Math.sin(3 * token + prefix.length) - 0.1 * (prefix.at(-1) ?? 0);
    const added = (tokens: readonly number[]) => tokens.reduce((sum, c, i) => sum + add(tokens.slice(0, i), c), 0);
    const logProbs = drawn(8, [5, 3]);
    const expected = targets(logProbs.toArray() as number[][], 0)
      .map((found) => ({ ...found, score: found.logProb + added(found.tokens) }))
      .sort((a, b) => b.score - a.score);
    const [found] = F.ctcBeamDecode(logProbs, 5, { beamWidth: 1000, nBest: 1000, languageModel: add });
    expect(found!.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
    found!.forEach((entry, i) => {
      expect(entry.logProb).toBeCloseTo(expected[i]!.logProb, 11);
      expect(entry.score).toBeCloseTo(expected[i]!.score, 11);
    });
  });

  test.each<[object, string]>([
    [{ beamWidth: 0 }, "beamWidth must be a positive integer, got 0"],
    [{ nBest: 1.5 }, "nBest must be a positive integer, got 1.5"],
    [{ languageModel: 3 }, "languageModel must be a function"],
    [{ blank: 7 }, "blank must be one of the 3 classes"],
    [{ beam: 3 }, "options must be only these: blank, beamWidth, nBest, languageModel"],
  ])("refuses %j", (options, message) => {
    expect(() => F.ctcBeamDecode(drawn(1, [2, 3]), 2, options)).toThrow(message);
  });
});

describe("beamSearch", () => {
  const EOS = 2;
  /** A model of three tokens whose probabilities depend on all that came before. */
  const step = (state: readonly number[], token: number) => {
    const before = [...state, token];
    const scores = [0, 1, 2].map((c) => Math.sin(before.reduce((h, v, i) => h * 1.7 + (i + 2) * v, c + 0.3)) * 2);
    const total = logSumExp(scores);
    return { logProbs: scores.map((s) => s - total), state: before };
  };
  const logProbOf = (tokens: readonly number[]) => {
    let state: readonly number[] = [];
    let token = 0;
    return tokens.reduce((sum, next) => {
      const { logProbs, state: after } = step(state, token);
      [state, token] = [after, next];
      return sum + logProbs[next]!;
    }, 0);
  };

  /** All hypotheses: those that end in EOS, and those that maxLength cuts. */
  function every(maxLength: number, lengthPenalty: number) {
    const found = [];
    for (let length = 1; length <= maxLength; length++) {
      for (const tokens of everyPath(3, length)) {
        const end = tokens.indexOf(EOS);
        const isFinished = end === length - 1;
        if (!isFinished && (end >= 0 || length < maxLength)) continue;
        const logProb = logProbOf(tokens);
        found.push({ tokens, logProb, score: logProb / length ** lengthPenalty, isFinished });
      }
    }
    return found.sort((a, b) => b.score - a.score);
  }

  test.each([0, 0.7, 1, 2])(
    "with a beam that holds everything: the best of all hypotheses, length penalty %d",
    (lengthPenalty) => {
      const expected = every(5, lengthPenalty).slice(0, 12);
      const options = { beamWidth: 300, nBest: 12, maxLength: 5, eos: EOS, lengthPenalty };
      const found = nn.functional.beamSearch(step, { state: [] as readonly number[], token: 0 }, options);
      expect(found.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
      found.forEach((entry, i) => {
        expect(entry.score).toBeCloseTo(expected[i]!.score, 12);
        expect(entry.logProb).toBeCloseTo(expected[i]!.logProb, 12);
        expect(entry.isFinished).toBe(expected[i]!.isFinished);
      });
    },
  );

  test("a beam of one follows the best token", () => {
    const [found] = F.beamSearch(step, { state: [], token: 1 }, { beamWidth: 1, maxLength: 6 });
    let state: readonly number[] = [];
    let token = 1;
    const greedy = Array.from({ length: 6 }, () => {
      const { logProbs, state: after } = step(state, token);
      [state, token] = [after, logProbs.indexOf(Math.max(...logProbs))];
      return token;
    });
    expect(found!.tokens).toEqual(greedy);
    expect(found!.isFinished).toBe(false);
  });

  test("asks for no step that cannot matter", () => {
    let calls = 0;
    const certain = (state: number, token: number) => {
      calls++;
      return { logProbs: token === 5 ? [-1e-9, -30] : [-30, -1e-9], state };
    };
    const [best] = F.beamSearch(certain, { state: 0, token: 0 }, { maxLength: 1000, eos: 1 });
    expect(best!.tokens).toEqual([1]);
    expect(calls).toBe(1);
  });

  test.each<[string, () => unknown, string]>([
    ["a probability above 1", () => F.beamSearch(() => ({ logProbs: [0.5], state: 0 }), { state: 0, token: 0 }, { maxLength: 2 }), "logProbs[0] must be a log probability, at most 0, got 0.5"],
    ["NaN", () => F.beamSearch(() => ({ logProbs: [-1, NaN], state: 0 }), { state: 0, token: 0 }, { maxLength: 2 }), "logProbs[1] must be a log probability, at most 0, got NaN"],
    ["no length", () => F.beamSearch(step, { state: [], token: 0 }, {} as { maxLength: number }), "maxLength must be a positive integer, got undefined"],
    ["an end that is no token", () => F.beamSearch(step, { state: [], token: 0 }, { maxLength: 2, eos: "2" as never }), 'eos must be a non-negative integer, got "2"'],
    ["a step that is none", () => F.beamSearch(3 as never, { state: [], token: 0 }, { maxLength: 2 }), "step must be a function"],
    ["a step that gives nothing", () => F.beamSearch((() => 3) as never, { state: [], token: 0 }, { maxLength: 2 }), "step's result must be an object { logProbs, state }, got 3"],
  ])("refuses %s", (_, call, message) => {
    expect(call).toThrow(message);
  }); // biome-ignore format: one line a case
});
