import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { DTypeError, FormatError, OptionError, ShapeError } from "../../src/base/errors.js";
import { Generator } from "../../src/base/random.js";
import { collate, loader } from "../../src/data/index.js";
import { Tensor, tensor } from "../../src/tensor/index.js";

/** A batch as plain numbers. */
function plain(batch: unknown): unknown {
  if (batch instanceof Tensor) return { dtype: batch.dtype, shape: batch.shape, data: [...batch.data()] };
  if (Array.isArray(batch)) return batch.map(plain);
  if (batch === null || typeof batch !== "object") return batch;
  return Object.fromEntries(Object.entries(batch).map(([name, value]) => [name, plain(value)]));
}
const of = (dtype: string, shape: number[], data: number[]) => ({ dtype, shape, data });
const firstOf = (dataset: unknown, options: object = {}): unknown =>
  plain((loader(dataset as number[], { batchSize: 2, ...options }) as unknown as { next(): unknown }).next());

describe("batches of samples of every kind", () => {
  test.each<[string, unknown, unknown]>([
    ["numbers", [1.5, 2, 3], of("float32", [2], [1.5, 2])],
    ["booleans", [true, false], of("float32", [2], [1, 0])],
    [
      "arrays",
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      of("float32", [2, 3], [1, 2, 3, 4, 5, 6]),
    ],
    [
      "arrays of two numbers, which are vectors",
      [
        [1, 2],
        [3, 4],
      ],
      of("float32", [2, 2], [1, 2, 3, 4]),
    ],
    ["ids", [Int32Array.of(7, 8), Int32Array.of(9, 1)], of("int32", [2, 2], [7, 8, 9, 1])],
    ["bytes", [Uint8Array.of(255), Uint8Array.of(1)], of("int32", [2, 1], [255, 1])],
    ["float64", [Float64Array.of(0.1), Float64Array.of(0.2)], of("float64", [2, 1], [0.1, 0.2])],
    ["tensors", [tensor([[1], [2]]), tensor([[3], [4]])], of("float32", [2, 2, 1], [1, 2, 3, 4])],
    ["scalars", [tensor(1), tensor(2)], of("float32", [2], [1, 2])],
    ["rows of features", [[Float32Array.of(1, 2)], [Float32Array.of(3, 4)]], of("float32", [2, 1, 2], [1, 2, 3, 4])],
    [
      "pairs with a class",
      [
        [Float32Array.of(1), 2],
        [Float32Array.of(3), 0],
      ],
      [of("float32", [2, 1], [1, 3]), of("int32", [2], [2, 0])],
    ],
    [
      "pairs with a real target",
      [
        [[1, 1, 1], 2],
        [[3, 3, 3], 0.5],
      ],
      [of("float32", [2, 3], [1, 1, 1, 3, 3, 3]), of("float32", [2], [2, 0.5])],
    ],
    [
      "pairs of arrays",
      [
        [
          [1, 2],
          [3, 5],
        ],
        [
          [5, 6],
          [7, 8],
        ],
      ],
      [of("float32", [2, 2], [1, 2, 5, 6]), of("int32", [2, 2], [3, 5, 7, 8])],
    ],
    [
      "objects",
      [
        { x: [1, 2], y: 1, w: 0.5 },
        { x: [3, 4], y: 0, w: 2 },
      ],
      { x: of("float32", [2, 2], [1, 2, 3, 4]), y: of("int32", [2], [1, 0]), w: of("float32", [2], [0.5, 2]) },
    ],
    ["a typed array", Float32Array.of(1, 2, 3), of("float32", [2], [1, 2])],
    [
      "a tensor",
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      of("float32", [2, 2], [1, 2, 3, 4]),
    ],
    ["{ data, shape }", { data: Int32Array.of(1, 2, 3, 4), shape: [2, 2] }, of("int32", [2, 2], [1, 2, 3, 4])],
    [
      "columns",
      {
        x: tensor([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
        y: [0, 1, 1],
      },
      { x: of("float32", [2, 2], [1, 2, 3, 4]), y: of("int32", [2], [0, 1]) },
    ],
    [
      "{ length, get }",
      { length: 3, get: (i: number) => ({ x: Float32Array.of(i, 9), y: i }) },
      { x: of("float32", [2, 2], [0, 9, 1, 9]), y: of("int32", [2], [0, 1]) },
    ],
  ])("%s", (_, dataset, expected) => {
    expect(firstOf(dataset)).toEqual(expected);
  });

  test("the type of targets is one for all batches: a fraction anywhere makes them float32", () => {
    expect(
      firstOf([
        [[1, 2, 3], 1],
        [[1, 2, 3], 2],
        [[1, 2, 3], 2.5],
      ]),
    ).toMatchObject([{}, { dtype: "float32" }]);
  });

  test("columns are handed to a collate function row by row", () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    const seen: unknown[] = [];
    firstOf({ x, y: Int32Array.of(5, 6) }, { collate: (samples: unknown[]) => seen.push(...samples.map(plain)) });
    expect(seen).toEqual([
      { x: of("float32", [2], [1, 2]), y: 5 },
      { x: of("float32", [2], [3, 4]), y: 6 },
    ]);
  });

  test("columns keep their types through a collate function too", () => {
    const columns = { x: Float64Array.of(1, 2), y: Float32Array.of(1, 2), ids: Int32Array.of(5, 6), n: [1, 2] };
    const types = { x: "float64", y: "float32", ids: "int32", n: "float32" };
    const plainly = firstOf(columns, {}) as Record<string, { dtype: string }>;
    for (const batch of [plainly, firstOf(columns, { collate: collate.stack() }) as typeof plainly]) {
      expect(Object.fromEntries(Object.entries(batch).map(([name, { dtype }]) => [name, dtype]))).toEqual(types);
    }
    expect(firstOf(Int32Array.of(3, 4), { collate: collate.stack() })).toEqual(of("int32", [2], [3, 4]));
  });

  test("types that are asked for", () => {
    const options = { collate: collate.stack({ dtype: { x: "int32", y: "float32" } }) };
    expect(
      firstOf(
        [
          { x: [1, 2], y: 1 },
          { x: [3, 4], y: 2 },
        ],
        options,
      ),
    ).toMatchObject({
      x: { dtype: "int32" },
      y: { dtype: "float32" },
    });
  });
});

describe("collate.padded", () => {
  const samples = [
    { x: Int32Array.of(1, 2, 3), y: 4 },
    { x: Int32Array.of(5), y: 0 },
  ];
  test("pads time-major, gives lengths, stacks the rest", () => {
    expect(firstOf(samples, { collate: collate.padded() })).toEqual({
      x: of("int32", [3, 2], [1, 5, 2, 0, 3, 0]),
      lengths: [3, 1],
      y: of("int32", [2], [4, 0]),
    });
  });

  test("batch first, another padding, targets a step", () => {
    const tagged = samples.map(({ x }) => [x, x.map((id) => id * 10)]);
    const options = { batchFirst: true, padding: 9, targets: "pad" } as const;
    expect(firstOf(tagged, { collate: collate.padded(options) })).toEqual({
      x: of("int32", [2, 3], [1, 2, 3, 5, 9, 9]),
      lengths: [3, 1],
      y: of("int32", [2, 3], [10, 20, 30, 50, -100, -100]),
    });
  });

  test("steps of features, as tensors and as arrays", () => {
    const expected = { x: of("float32", [2, 2, 2], [1, 2, 5, 6, 3, 4, 0, 0]), lengths: [2, 1] };
    expect(
      firstOf(
        [
          tensor([
            [1, 2],
            [3, 4],
          ]),
          tensor([[5, 6]]),
        ],
        { collate: collate.padded() },
      ),
    ).toEqual(expected);
    const arrays = [
      {
        x: [
          [1, 2],
          [3, 4],
        ],
      },
      { x: [[5, 6]] },
    ];
    expect(firstOf(arrays, { collate: collate.padded() })).toEqual(expected);
  });
});

describe("order", () => {
  const numbers = Int32Array.from({ length: 23 }, (_, i) => i);
  const epoch = (batches: Iterable<Tensor>): number[] => [...batches].flatMap((batch) => [...batch.data()]);

  test("is the data's own unless shuffled; then another one each epoch, the same for the same seed", () => {
    expect(epoch(loader(numbers, { batchSize: 5 }))).toEqual([...numbers]);
    const [a, b] = [0, 1].map(() => loader(numbers, { batchSize: 5, shuffle: true, seed: 4 }));
    const [first, second] = [epoch(a!), epoch(a!)];
    expect([...first].sort((x, y) => x - y)).toEqual([...numbers]);
    expect(second).not.toEqual(first);
    expect([epoch(b!), epoch(b!)]).toEqual([first, second]);
    expect(a!.length).toBe(5);
    expect(epoch(loader(numbers, { batchSize: 5, shuffle: true, seed: 5 }))).not.toEqual(first);
  });

  test("a generator draws the seed", () => {
    const drawn = (seed: number) =>
      epoch(loader(numbers, { batchSize: 4, shuffle: true, generator: new Generator(seed) }));
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
  });

  test("goes on from any state, whatever the seed it was made with", () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(9), fc.boolean(), (taken, seed, bucketed) => {
        const bucketBy = bucketed ? (n: number) => n % 7 : undefined;
        const whole = loader([...numbers], { batchSize: 4, shuffle: true, seed, bucketBy });
        for (let i = 0; i < taken; i++) whole.next();
        const state = JSON.parse(JSON.stringify(whole.state()));
        const resumed = loader([...numbers], { batchSize: 4, shuffle: true, seed: 77, bucketBy });
        resumed.loadState(state);
        const alike = loader([...numbers], { batchSize: 4, shuffle: true, seed, bucketBy });
        alike.position = whole.position;
        for (let i = 0; i < 9; i++) {
          const expected = plain(whole.next());
          expect(plain(resumed.next())).toEqual(expected);
          expect(plain(alike.next())).toEqual(expected);
        }
      }),
      { numRuns: 30, seed: 5 },
    );
  });

  test("the processes of a shard take apart what one takes whole", () => {
    const whole = loader(numbers, { batchSize: 6, shuffle: true });
    const parts = [0, 1, 2].map((rank) => loader(numbers, { batchSize: 2, shuffle: true, shard: { rank, size: 3 } }));
    for (let step = 0; step < 3; step++) {
      expect(parts.flatMap((part) => [...part.next().data()])).toEqual([...whole.next().data()]);
    }
  });

  test("buckets: batches are of alike lengths, and their order is random", () => {
    const lengths = Array.from({ length: 300 }, (_, i) => 1 + ((i * 37) % 90));
    const samples = lengths.map((length) => new Float32Array(length));
    const batches = loader(samples, {
      batchSize: 10,
      shuffle: true,
      bucketBy: (sample) => sample.length,
      collate: (batch) => batch.map(({ length }) => length),
    });
    const found = [...batches];
    const spread = found.map((own) => Math.max(...own) - Math.min(...own));
    expect(Math.max(...spread)).toBeLessThanOrEqual(4);
    const longest = found.map((own) => Math.max(...own));
    expect(longest).not.toEqual([...longest].sort((a, b) => a - b));
    expect(longest).not.toEqual([...longest].sort((a, b) => b - a));
    expect(found.flat().sort()).toEqual([...lengths].sort());
  });
});

describe("samples that are waited for", () => {
  const slow = { length: 5, get: async (i: number) => ({ x: Float32Array.of(i), y: i % 2 }) };
  test("come in order, with a position", async () => {
    const batches = loader(slow, { batchSize: 2 });
    const found: unknown[] = [];
    for await (const { x } of batches) found.push([...x.data()]);
    expect(found).toEqual([[0, 1], [2, 3], [4]]);
    expect(batches.position).toEqual({ epoch: 1, step: 0 });
  });

  test("one that fails is asked for again", async () => {
    let failures = 1;
    const get = async (i: number) => {
      if (i === 3 && failures-- > 0) throw new Error("gone");
      return i;
    };
    const batches = loader({ length: 4, get }, { batchSize: 2 });
    await batches.next();
    await expect(batches.next()).rejects.toThrow("gone");
    expect([...(await batches.next()).data()]).toEqual([2, 3]);
  });

  test("one that fails beside one that throws at once ends no process", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const get = (i: number): unknown => {
      if (i === 1) throw new Error("at once");
      return Promise.reject(new Error("later"));
    };
    const batches = loader({ length: 4, get }, { batchSize: 2 });
    expect(() => batches.next()).toThrow("at once");
    const plainly = loader({ length: 4, get: () => Promise.reject(new Error("later")) }, { batchSize: 2 });
    expect(() => [...(plainly as unknown as Iterable<unknown>)]).toThrow("got a promise");
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test("a plain loop is told to wait", () => {
    const batches = loader(slow, { batchSize: 2 }) as unknown as Iterable<unknown>;
    expect(() => [...batches]).toThrow(
      "loader: dataset.get must give samples at once, got a promise. Write for await (const batch of loader).",
    );
  });
});

const pairs = [
  [Float32Array.of(1, 2), 0],
  [Float32Array.of(1, 2), 1],
  [Float32Array.of(1, 2, 3), 1],
] as const;

describe("what does not fit is named", () => {
  test.each<[new (parts: never) => Error, string, unknown, object]>([
    [OptionError, "loader: dataset must hold a sample or more, got an empty one.", [], {}],
    [OptionError, "loader: dataset must hold a sample or more, got an empty one.", new Float32Array(0), {}],
    [OptionError, "loader: dataset must be an array of samples, { length, get(i) }, or", new Set([1]), {}],
    [OptionError, "Write [...dataset].", new Set([1]), {}],
    [OptionError, "loader: dataset must be an array of samples", "text", {}],
    [OptionError, "loader: dataset must be an array of samples", {}, {}],
    [OptionError, "loader: dataset.length must be a non-negative integer, got undefined.", { get: () => 1 }, {}],
    [
      ShapeError,
      "loader: dataset.y must have as many rows as x (2), got 3.",
      { x: Float32Array.of(1, 2), y: [1, 2, 3] },
      {},
    ],
    [
      OptionError,
      "loader: batchSize must be at most 3 for a full batch of 3 samples, got 4. Use a smaller one",
      [1, 2, 3],
      { batchSize: 4, dropLast: true },
    ],
    [OptionError, "loader: batchSize must be a positive integer, got 0.", [1, 2, 3], { batchSize: 0 }],
    [OptionError, "loader: batchSize must be a positive integer, got undefined.", [1, 2, 3], { batchSize: undefined }],
    [OptionError, 'got "batch_size". Did you mean batchSize?', [1], { batch_size: 1 }],
    [OptionError, "Write collate.padded(), with its brackets.", [1], { collate: collate.padded }],
    [OptionError, "loader: collate must be a function", [1], { collate: {} }],
    [OptionError, "loader: bucketBy must hold a length for each of 3 samples, got 1.", [1, 2, 3], { bucketBy: [1] }],
    [
      OptionError,
      "loader: bucketBy of sample 1 must be a finite number, got undefined.",
      [[1], []],
      { bucketBy: (s: number[]) => s[0] },
    ],
    [
      OptionError,
      "loader: generator must be left out where there is a seed",
      [1],
      { seed: 1, generator: new Generator(1) },
    ],
    [
      ShapeError,
      "collate.stack: x of sample 2 must have the shape [2], as in sample 0, got [3]. For sequences of many lengths:",
      pairs,
      { batchSize: 3 },
    ],
    [
      ShapeError,
      "collate.stack: sample 1 must be written as sample 0 is (a pair [x, y]), got { x, y }.",
      [[[1, 2], 3.5], { x: 1, y: 2 }],
      {},
    ],
    [
      ShapeError,
      "collate.stack: sample 1 must be written as sample 0 is ({ x, y }), got { x }.",
      [{ x: 1, y: 1 }, { x: 2 }],
      {},
    ],
    [
      DTypeError,
      "collate.stack: x of sample 1 must be int32, as in sample 0, got float32.",
      [Int32Array.of(1), Float32Array.of(1)],
      {},
    ],
    [
      OptionError,
      'collate.stack: y of sample 1 must be numbers: a number, an array, a typed array or a tensor, got "cat".',
      [
        [[1, 1, 1], 1],
        [[1, 1, 1], "cat"],
      ],
      {},
    ],
    [
      ShapeError,
      "collate.stack: x of sample 0[1] must have the shape of x of sample 0[0], [2], got [1].",
      [{ x: [[1, 2], [3]] }],
      {},
    ],
    [
      OptionError,
      "collate.stack: x of sample 1 must be integers of 32 bits for dtype int32, got 0.5.",
      [1, 0.5],
      { collate: collate.stack({ dtype: "int32" }) },
    ],
    [
      ShapeError,
      "collate.padded: x of sample 1 must be a sequence of one step or more, got an empty one. Leave it out.",
      [[1], []],
      { collate: collate.padded() },
    ],
    [
      ShapeError,
      "collate.padded: x of sample 0 must be a sequence of one step or more, got a single number.",
      [1, 2],
      { collate: collate.padded() },
    ],
    [
      OptionError,
      "collate.padded: sample must have its sequence under x, got one with a.",
      [{ a: [1] }],
      { collate: collate.padded() },
    ],
  ])("%o %s", (kind, message, dataset, options) => {
    const call = () => firstOf(dataset, options);
    expect(call).toThrow(message);
    expect(call).toThrow(kind);
  });

  test("the sample's number is in the details", () => {
    try {
      firstOf(pairs, { batchSize: 3 });
    } catch (error) {
      expect((error as ShapeError).details.index).toBe(2);
    }
    expect.assertions(1);
  });

  test("a state that is none, or of other data", () => {
    const batches = loader([1, 2, 3], { batchSize: 1 });
    expect(() => batches.loadState({ epoch: 0, step: 0 } as never)).toThrow(FormatError);
    expect(() => batches.loadState({ epoch: 0, step: 3, seed: 1 })).toThrow("step must be an integer in [0, 2]");
    expect(batches.state()).toEqual({ epoch: 0, step: 0, seed: 0 });
  });
});
