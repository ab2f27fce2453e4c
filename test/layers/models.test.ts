import { describe, expect, test } from "vitest";
import {
  AttentionSeq2seq,
  BetterRnnlm,
  CBOW,
  type Model,
  type NdArray,
  PeekySeq2seq,
  Rnnlm,
  Seq2seq,
  SimpleRnnlm,
} from "../../src/layers/index.js";
import { checkGradients, paramPairs } from "./check-gradients.js";
import { RandomArrays } from "./random.js";

const [N, T, V, D, H] = [2, 3, 5, 4, 3] as const;
type Make = (r: RandomArrays) => Model & { resetState?(): void };

/** The models, and the shapes of xs and ts. */
const models: [string, Make, number[], number[]][] = [
  ["SimpleRnnlm", (r) => new SimpleRnnlm(V, D, H, r), [N, T], [N, T]],
  ["Rnnlm", (r) => new Rnnlm(V, D, H, r), [N, T], [N, T]],
  ["BetterRnnlm, without dropout", (r) => new BetterRnnlm(V, H, { ...options(r), dropout: 0 }), [N, T], [N, T]],
  ["Seq2seq", (r) => new Seq2seq(V, D, H, r), [N, T], [N, 5]],
  ["PeekySeq2seq", (r) => new PeekySeq2seq(V, D, H, r), [N, T], [N, 5]],
  ["AttentionSeq2seq", (r) => new AttentionSeq2seq(V, D, H, r), [N, T], [N, 5]],
  ["CBOW", (r) => new CBOW(V, H, r), [4, 2], [4]],
];

function options({ dtype, generator }: RandomArrays) {
  return { dtype, generator };
}

/** Initial embeddings are tiny; larger params give gradients that are worth comparing. */
function randomize(params: readonly NdArray[], r: RandomArrays): void {
  for (const param of new Set(params)) param.assign(r.normal(...param.shape));
}

describe("numerical gradients of whole models in float64, rtol 1e-6, atol 1e-8", () => {
  test.each(models)("%s", (_name, make, xsShape, tsShape) => {
    const r = new RandomArrays(31);
    const model = make(r);
    randomize(model.params, r);
    const [xs, ts] = [r.ids(V, ...xsShape), r.ids(V, ...tsShape)];
    const loss = () => {
      model.resetState?.();
      return model.forward(xs, ts);
    };
    loss();
    model.backward();
    checkGradients(loss, paramPairs(...shared(model)));
  });
});

/** A param that has two places has the sum of both gradients. */
function shared({ params, grads }: Model): [NdArray[], NdArray[]] {
  const sums = new Map<NdArray, NdArray>();
  for (const [i, param] of params.entries()) {
    const sum = sums.get(param);
    if (sum) for (let k = 0; k < sum.size; k++) sum.data[k]! += grads[i]!.data[k]!;
    else sums.set(param, grads[i]!.clone());
  }
  return [[...sums.keys()], [...sums.values()]];
}

describe("models", () => {
  test("BetterRnnlm has one matrix for the embedding and the read-out, and drops in training only", () => {
    const model = new BetterRnnlm(V, H, options(new RandomArrays(32)));
    expect(model.embed.W).toBe(model.affine.W);
    expect(model.params.filter((param) => param === model.embed.W)).toHaveLength(2);
    const r = new RandomArrays(33);
    randomize(model.params, r);
    const [xs, ts] = [r.ids(V, N, T), r.ids(V, N, T)];
    const loss = () => {
      model.resetState();
      return model.forward(xs, ts);
    };
    expect(loss()).not.toBe(loss());
    model.train = false;
    expect(loss()).toBe(loss());
  });

  test("the seed makes the model", () => {
    const first = new Rnnlm(V, D, H, options(new RandomArrays(5, "float32")));
    const second = new Rnnlm(V, D, H, options(new RandomArrays(5, "float32")));
    expect(first.params.map(({ data }) => data)).toEqual(second.params.map(({ data }) => data));
    expect(first.params[0]!.dtype).toBe("float32");
  });

  test("generate writes [N, length] and feeds each token back", () => {
    const r = new RandomArrays(34);
    for (const Kind of [Seq2seq, PeekySeq2seq, AttentionSeq2seq]) {
      const model = new Kind(V, D, H, options(r));
      randomize(model.params, r);
      const xs = r.ids(V, N, T);
      const written = model.generate(xs, 0, 4);
      expect(written.shape).toEqual([N, 4]);
      // Teacher forcing with what was written must foretell it again.
      const given = written.toArray() as number[][];
      for (const [n, row] of given.entries()) {
        model.decoder.begin(model.encoder.forward(xs));
        const forced = r.ids(V, N, 4);
        for (const [i, other] of given.entries()) forced.data.set([0, ...other.slice(0, 3)], i * 4);
        const scores = model.decoder.forward(forced).toArray() as number[][][];
        expect(scores[n]!.map((s) => s.indexOf(Math.max(...s)))).toEqual(row);
      }
    }
  });

  test("AttentionSeq2seq shows where it looked: rows that sum to 1", () => {
    const r = new RandomArrays(35);
    const model = new AttentionSeq2seq(V, D, H, options(r));
    model.forward(r.ids(V, N, T), r.ids(V, N, 5));
    const weights = model.attentionWeight!.toArray() as number[][][];
    expect(model.attentionWeight!.shape).toEqual([N, 4, T]);
    for (const row of weights.flat()) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  });

  test("CBOW foretells the same from a window in any order", () => {
    const r = new RandomArrays(36);
    const model = new CBOW(V, H, options(r));
    const contexts = r.ids(V, 1, 3);
    const [a, b, c] = contexts.data as unknown as [number, number, number];
    const turned = r.ids(V, 1, 3);
    turned.data.set([c, a, b]);
    const [first, second] = [model.predict(contexts), model.predict(turned)];
    first.data.forEach((value, i) => {
      expect(value).toBeCloseTo(second.data[i]!, 14);
    });
  });
});
