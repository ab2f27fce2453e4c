import { describe, expect, test } from "vitest";
import {
  Affine,
  AttentionSeq2seq,
  array,
  BetterRnnlm,
  CBOW,
  Embedding,
  GRU,
  type Layer,
  LSTM,
  loadStateDict,
  PeekySeq2seq,
  RNN,
  Rnnlm,
  Seq2seq,
  SimpleRnnlm,
  TimeBiLSTM,
  TimeGRU,
  toStateDict,
} from "../../src/layers/index.js";
import { RandomArrays } from "./random.js";

const [V, D, H] = [5, 3, 2] as const;

const kinds: [string, (r: RandomArrays) => Layer][] = [
  ["Embedding", (r) => new Embedding(r.normal(V, D))],
  ["Affine", (r) => new Affine(r.normal(D, V), r.normal(V))],
  ["RNN", (r) => new RNN(...r.recurrent(1, D, H))],
  ["LSTM", (r) => new LSTM(...r.recurrent(4, D, H))],
  ["TimeGRU", (r) => new TimeGRU(...r.recurrent(3, D, H), r.normal(3 * H))],
  ["GRU, reset before the product", (r) => new GRU(...r.recurrent(3, D, H), null, { resetAfter: false })],
  ["TimeBiLSTM", (r) => new TimeBiLSTM(...r.recurrent(4, D, H), ...r.recurrent(4, D, H))],
  ["SimpleRnnlm", (r) => new SimpleRnnlm(V, D, H, r)],
  ["Rnnlm", (r) => new Rnnlm(V, D, H, r)],
  ["BetterRnnlm", (r) => new BetterRnnlm(V, H, { dtype: r.dtype, generator: r.generator })],
  ["Seq2seq", (r) => new Seq2seq(V, D, H, r)],
  ["PeekySeq2seq", (r) => new PeekySeq2seq(V, D, H, r)],
  ["AttentionSeq2seq", (r) => new AttentionSeq2seq(V, D, H, r)],
  ["CBOW", (r) => new CBOW(V, H, r)],
];

describe("toStateDict and loadStateDict", () => {
  test.each(kinds)("%s: there and back, and again, without losing a bit", (_name, make) => {
    for (const dtype of ["float32", "float64"] as const) {
      const [layer, other] = [make(new RandomArrays(61, dtype)), make(new RandomArrays(62, dtype))];
      const state = toStateDict(layer);
      expect(toStateDict(other)).not.toEqual(state);
      loadStateDict(other, state);
      expect(other.params.map(({ data }) => data)).toEqual(layer.params.map(({ data }) => data));
      expect(toStateDict(other)).toEqual(state);
    }
  });

  test("the LSTM's f|g|i|o columns become i|f|g|o rows, and two biases become one", () => {
    // D = 1, H = 1: the numbers name the gates.
    const layer = new LSTM(array([[1, 2, 3, 4]]), array([[5, 6, 7, 8]]), array([10, 20, 30, 40]));
    const state = toStateDict(layer);
    expect(state["weight_ih_l0"]!.toArray()).toEqual([[3], [1], [2], [4]]);
    expect(state["weight_hh_l0"]!.toArray()).toEqual([[7], [5], [6], [8]]);
    expect(state["bias_ih_l0"]!.toArray()).toEqual([30, 10, 20, 40]);
    expect(state["bias_hh_l0"]!.toArray()).toEqual([0, 0, 0, 0]);
    loadStateDict(layer, { ...state, bias_hh_l0: array([300, 100, 200, 400]) });
    expect(layer.b.toArray()).toEqual([110, 220, 330, 440]);
  });

  test("[D, G·H] becomes [G·H, D], an affine W its transpose", () => {
    const wide = new LSTM(
      array([
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ]),
      array([[5, 6, 7, 8]]),
      array([1, 2, 3, 4]),
    );
    expect(toStateDict(wide)["weight_ih_l0"]!.toArray()).toEqual([
      [3, 7],
      [1, 5],
      [2, 6],
      [4, 8],
    ]);
    const affine = new Affine(
      array([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    );
    expect(toStateDict(affine)["weight"]!.toArray()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
  });

  test("names are nn's: a stack of two LSTMs is l0 and l1, a backward direction _reverse, a tied matrix appears twice", () => {
    const r = new RandomArrays(63);
    const better = toStateDict(new BetterRnnlm(V, H, { dtype: "float64", generator: r.generator }));
    expect(Object.keys(better)).toEqual([
      "embed.weight",
      "lstm.weight_ih_l0",
      "lstm.weight_hh_l0",
      "lstm.bias_ih_l0",
      "lstm.bias_hh_l0",
      "lstm.weight_ih_l1",
      "lstm.weight_hh_l1",
      "lstm.bias_ih_l1",
      "lstm.bias_hh_l1",
      "affine.weight",
      "affine.bias",
    ]);
    expect(better["affine.weight"]).toEqual(better["embed.weight"]);
    const both = new TimeBiLSTM(...r.recurrent(4, D, H), ...r.recurrent(4, D, H));
    expect(Object.keys(toStateDict(both))).toContain("weight_hh_l0_reverse");
  });

  test("converts between float64 and float32", () => {
    const source = new Affine(array([[0.1, 0.2]], "float64"));
    const target = new Affine(array([[0, 0]]));
    loadStateDict(target, toStateDict(source));
    expect([...target.W.data]).toEqual([Math.fround(0.1), Math.fround(0.2)]);
  });

  test("names everything that does not match, and changes nothing", () => {
    const r = new RandomArrays(64);
    const layer = new Affine(r.normal(D, V), r.normal(V));
    const before = layer.params.map((param) => param.clone().data);
    const source = { weight: r.normal(D, V), bais: r.normal(V) };
    expect(() => loadStateDict(layer, source)).toThrow(
      "loadStateDict: source must match the layer's params by name and shape, got no bias, an unexpected bais, weight [3, 5] instead of [5, 3].",
    );
    expect(layer.params.map(({ data }) => data)).toEqual(before);
  });
});
