import { describe, expect, test } from "vitest";
import { diagnostics, manualSeed, nn, optim, tensor } from "../../src/index.js";
import { random } from "./random.js";

const matrix = (rows: number[][], dtype: "float32" | "float64" = "float64") => tensor(rows, { dtype });

describe("spectralRadius", () => {
  const turn = (size: number, angle: number) => [
    [size * Math.cos(angle), -size * Math.sin(angle)],
    [size * Math.sin(angle), size * Math.cos(angle)],
  ];
  test.each([
    [
      "diagonal, the largest negative",
      [
        [0.3, 0, 0],
        [0, -0.8, 0],
        [0, 0, 0.5],
      ],
      0.8,
    ],
    ["a rotation, whose eigenvalues are complex", turn(1.2, 1), 1.2],
    [
      "a Jordan block, whose powers grow before they fall",
      [
        [0.5, 100],
        [0, 0.5],
      ],
      0.5,
    ],
    [
      "companion of (x-2)(x+3)(x-0.5)",
      [
        [-0.5, 6.5, -3],
        [1, 0, 0],
        [0, 1, 0],
      ],
      3,
    ],
    [
      "nilpotent",
      [
        [0, 1, 5],
        [0, 0, 1],
        [0, 0, 0],
      ],
      0,
    ],
    [
      "zero",
      [
        [0, 0],
        [0, 0],
      ],
      0,
    ],
    ["one number", [[-7]], 7],
    [
      "very large",
      [
        [1e200, 0],
        [3, 1e199],
      ],
      1e200,
    ],
    [
      "very small",
      [
        [1e-200, 0],
        [0, 1e-201],
      ],
      1e-200,
    ],
  ])("%s: to 1e-5 of it", (_, rows, radius) => {
    const found = diagnostics.spectralRadius(matrix(rows));
    expect(Math.abs(found - radius)).toBeLessThanOrEqual(1e-5 * radius);
  });

  test("float32, 64 units: A = P D P⁻¹ with an orthogonal P, to 1e-5", () => {
    const p = nn.init.orthogonal(random([64, 64], 4));
    const d = Float64Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? 1 : -1) * (0.2 + i / 50));
    const a = p.matmul(tensor(d).unsqueeze(1).mul(p.T));
    expect(diagnostics.spectralRadius(a.to("float32"))).toBeCloseTo(0.2 + 63 / 50, 5);
  });

  test("of every gate's block, layer and direction", () => {
    manualSeed(2);
    const net = new nn.LSTM(3, 4, { numLayers: 2, bidirectional: true });
    const found = diagnostics.spectralRadii(net);
    expect(found.map(({ layer, direction }) => `${layer} ${direction}`)).toEqual([
      "0 forward",
      "0 reverse",
      "1 forward",
      "1 reverse",
    ]);
    const own = net as unknown as Record<string, nn.Parameter>;
    const block = own["weight_hh_l1_reverse"]!.detach().narrow(0, 4, 4);
    expect(Object.keys(found[3]!.radii!)).toEqual(["input", "forget", "candidate", "output"]);
    expect(found[3]!.radii!["forget"]).toBeCloseTo(diagnostics.spectralRadius(block), 12);
  });

  test.each([
    [matrix([[1, 2]]), /^spectralRadius: matrix must be square, \[H, H\], got \[1, 2\]\. An LSTM's weight_hh is four/],
    [tensor([[1]], { dtype: "int32" }), /^spectralRadius: matrix must be float32 or float64/],
  ])("errors %#", (bad, message) => expect(() => diagnostics.spectralRadius(bad)).toThrow(message));
});

describe("updateRatio", () => {
  test("‖Δθ‖/‖θ‖ of a step of SGD, by name", () => {
    manualSeed(5);
    const model = new nn.Linear(3, 2);
    const before = diagnostics.weightSnapshot(model);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    model
      .forward(tensor([[1, 2, 3]]))
      .square()
      .sum()
      .backward();
    optimizer.step();
    const [weight, bias] = diagnostics.updateRatio(model, before);
    const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));
    expect(weight!.name).toBe("weight");
    expect(weight!.update).toBeCloseTo(0.1 * norm(model.weight.grad!.data()), 5);
    expect(weight!.weight).toBeCloseTo(norm(before.get("weight")!.data), 6);
    expect(weight!.ratio).toBeCloseTo(weight!.update / weight!.weight, 12);
    expect(bias!.ratio).toBeGreaterThan(0);
  });

  test("0 when nothing moved, infinite when zeros did", () => {
    const model = new nn.Linear(2, 1);
    model.loadStateDict({ bias: tensor([0]) }, { strict: false });
    const before = diagnostics.weightSnapshot(model);
    model.loadStateDict({ bias: tensor([1]) }, { strict: false });
    expect(diagnostics.updateRatio(model, before).map(({ ratio }) => ratio)).toEqual([0, Infinity]);
  });

  test("another module's snapshot", () => {
    const before = diagnostics.weightSnapshot(new nn.Linear(3, 2));
    expect(() => diagnostics.updateRatio(new nn.Linear(2, 2), before)).toThrow(
      /^updateRatio: before must hold weight in shape \[2, 2\], got \[2, 3\]\. Take it from the same module/,
    );
  });
});

test("architecture: layers with their parameters, shared ones counted once", () => {
  class Model extends nn.Module {
    embed = new nn.Embedding(7, 4);
    rnn = new nn.GRU(4, 4, { numLayers: 2 });
    head = new nn.Linear(4, 7);
  }
  const model = new Model();
  nn.tieWeights(model.embed, model.head);
  const { rows, total } = diagnostics.architecture(model);
  expect(rows.map(({ name, kind, count }) => [name, kind, count])).toEqual([
    ["embed", "Embedding", 28],
    ["rnn layer 0", "GRU", 120],
    ["rnn layer 1", "GRU", 120],
    ["head", "Linear", 7],
  ]);
  expect(total).toBe(model.parameters().reduce((sum, { size }) => sum + size, 0));
  expect(rows[3]!.parameters.map(({ name, sharedWith }) => [name, sharedWith])).toEqual([
    ["weight", "embed.weight"],
    ["bias", null],
  ]);
});
