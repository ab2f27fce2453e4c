import "../../../src/tensor/index.js";
import { describe, expect, test } from "vitest";
import { noGrad } from "../../../src/autograd/index.js";
import { Generator } from "../../../src/base/random.js";
import { readTfjs } from "../../../src/interchange/index.js";
import { tensor } from "../../../src/tensor/index.js";

const random = new Generator(3);
const [N, L, S, D] = [2, 3, 4, 5];
const numbers = (...shape: number[]): { shape: number[]; data: number[] } => ({
  shape,
  data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.fround(random.normal())),
});

/** A model of one such layer over a query and values, with weights by their names. */
async function modelOf(
  type: string,
  config: object,
  weights: Record<string, { shape: number[]; data: number[] }>,
  call: unknown[],
) {
  const input = (name: string, steps: number) => ({
    class_name: "InputLayer",
    name,
    config: { name, batch_input_shape: [null, steps, D], dtype: "float32" },
    inbound_nodes: [],
  });
  const layers = [
    input("q", L),
    input("v", S),
    { class_name: type, name: "it", config: { name: "it", ...config }, inbound_nodes: [call] },
  ];
  const list = Object.entries(weights);
  const model = {
    format: "layers-model",
    modelTopology: {
      keras_version: "2.12.0",
      model_config: {
        class_name: "Functional",
        config: {
          name: "m",
          layers,
          input_layers: [
            ["q", 0, 0],
            ["v", 0, 0],
          ],
          output_layers: [["it", 0, 0]],
        },
      },
    },
    weightsManifest: [
      { paths: ["w.bin"], weights: list.map(([name, { shape }]) => ({ name: `it/${name}`, shape, dtype: "float32" })) },
    ],
  };
  const bytes = new Uint8Array(Float32Array.from(list.flatMap(([, { data }]) => data)).buffer);
  return (await readTfjs(JSON.stringify(model), new Map([["w.bin", bytes]]))).toModule();
}

const softmax = (row: number[]): number[] => {
  const all = row.map((x) => Math.exp(x - Math.max(...row)));
  return all.map((x) => x / all.reduce((a, b) => a + b));
};
const row = ({ shape, data }: { shape: number[]; data: number[] }, ...at: number[]): number[] => {
  const width = shape[shape.length - 1]!;
  const place = at.reduce((sum, i, k) => sum * shape[k]! + i, 0);
  return data.slice(place * width, (place + 1) * width);
};
const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);

/** Each query's mean of the values by a score of query and key, one by one in float64. */
function byHand(
  q: ReturnType<typeof numbers>,
  v: typeof q,
  score: (q: number[], k: number[]) => number,
  causal = false,
): number[] {
  return Array.from({ length: N * L }, (_, i) => {
    const [n, l] = [Math.floor(i / L), i % L];
    const scores = Array.from({ length: S }, (_, s) => (causal && s > l ? -1e9 : score(row(q, n, l), row(v, n, s))));
    const weights = softmax(scores);
    return Array.from({ length: D }, (_, d) => sum(weights.map((w, s) => w * row(v, n, s)[d]!)));
  }).flat();
}

async function compare(
  model: Awaited<ReturnType<typeof modelOf>>,
  q: ReturnType<typeof numbers>,
  v: typeof q,
  expected: number[],
) {
  const [a, b] = [q, v].map(({ shape, data }) => tensor(Float32Array.from(data), { shape }));
  const found = noGrad(() => Array.from(model.forward(a!, b!).contiguous().data()));
  expect(found.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(found[i]! - value)).toBeLessThan(1e-5);
}

const PAIR = [
  ["q", 0, 0, {}],
  ["v", 0, 0, {}],
];
const [q, v] = [numbers(N, L, D), numbers(N, S, D)];

describe("layers of attention", () => {
  const scale = numbers();
  const each = numbers(D);
  test.each([
    ["Attention", {}, {}, (a: number[], b: number[]) => sum(a.map((x, i) => x * b[i]!)), false],
    [
      "Attention",
      { use_scale: true },
      { scale },
      (a: number[], b: number[]) => scale.data[0]! * sum(a.map((x, i) => x * b[i]!)),
      false,
    ],
    ["Attention", { causal: true }, {}, (a: number[], b: number[]) => sum(a.map((x, i) => x * b[i]!)), true],
    [
      "AdditiveAttention",
      { use_scale: false },
      {},
      (a: number[], b: number[]) => sum(a.map((x, i) => Math.tanh(x + b[i]!))),
      false,
    ],
    [
      "AdditiveAttention",
      {},
      { scale: each },
      (a: number[], b: number[]) => sum(a.map((x, i) => each.data[i]! * Math.tanh(x + b[i]!))),
      false,
    ],
  ] as const)("%s, %j", async (type, config, weights, score, causal) => {
    await compare(await modelOf(type, config, weights, PAIR), q, v, byHand(q, v, score, causal));
  });

  test("MultiHeadAttention, head by head", async () => {
    const [heads, size, valueSize] = [2, 3, 4];
    const weights: Record<string, ReturnType<typeof numbers>> = {};
    for (const [side, width] of Object.entries({ query: size, key: size, value: valueSize })) {
      weights[`${side}/kernel`] = numbers(D, heads, width);
      weights[`${side}/bias`] = numbers(heads, width);
    }
    weights["attention_output/kernel"] = numbers(heads, valueSize, D);
    weights["attention_output/bias"] = numbers(D);
    const call = [["q", 0, 0, { value: ["v", 0, 0] }]];
    const config = { num_heads: heads, key_dim: size, value_dim: valueSize };
    const model = await modelOf("MultiHeadAttention", config, weights, call);
    const project = (side: string, x: number[], h: number, width: number) =>
      Array.from({ length: width }, (_, j) => {
        const { data } = weights[`${side}/kernel`]!;
        return (
          sum(x.map((value, i) => value * data[(i * heads + h) * width + j]!)) +
          weights[`${side}/bias`]!.data[h * width + j]!
        );
      });
    const expected = Array.from({ length: N * L }, (_, i) => {
      const [n, l] = [Math.floor(i / L), i % L];
      const out = [...weights["attention_output/bias"]!.data];
      for (let h = 0; h < heads; h++) {
        const query = project("query", row(q, n, l), h, size);
        const scores = Array.from(
          { length: S },
          (_, s) => sum(project("key", row(v, n, s), h, size).map((k, j) => k * query[j]!)) / Math.sqrt(size),
        );
        for (const [s, w] of softmax(scores).entries()) {
          const value = project("value", row(v, n, s), h, valueSize);
          for (const [j, x] of value.entries()) {
            for (let d = 0; d < D; d++)
              out[d]! += w * x * weights["attention_output/kernel"]!.data[(h * valueSize + j) * D + d]!;
          }
        }
      }
      return out;
    }).flat();
    await compare(model, q, v, expected);
  });

  test.each([
    ["Attention", {}, [["q", 0, 0, {}]], "be called with as many tensors as it takes"],
    ["Attention", { score_mode: "cosine" }, PAIR, "score_mode"],
    [
      "Attention",
      {},
      [
        ["q", 0, 0, { use_causal_mask: true }],
        ["v", 0, 0, {}],
      ],
      "use_causal_mask",
    ],
    ["MultiHeadAttention", { num_heads: 2, key_dim: 3, attention_axes: [1, 2] }, PAIR, "attend along time"],
    ["MultiHeadAttention", { num_heads: 2, key_dim: 3 }, PAIR, "kernel"],
    ["LuongAttention", {}, PAIR, "attention of someone's own"],
  ])("%s, %j, called %j is refused", async (type, config, call, message) => {
    await expect(modelOf(type, config, {}, call)).rejects.toThrow(message);
  });
});
