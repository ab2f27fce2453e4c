import { beforeAll, describe, expect, test } from "vitest";
import { configure, eye, manualSeed, nn, randint, randn, type Tensor, tensor } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";

const F = nn.functional;
const float64 = { dtype: "float64", requiresGrad: true } as const;

describe("losses", () => {
  beforeAll(() => {
    configure({ engine: "reference" });
    manualSeed(11);
  });

  test("take logits [L, N, V] and targets [L, N] like their rows one after another", () => {
    const logits = randn([3, 2, 5]);
    const targets = randint(0, 5, [3, 2]);
    const rows = F.crossEntropy(logits.reshape([6, 5]), targets.reshape([6]));
    expect(F.crossEntropy(logits, targets).item()).toBe(rows.item());
    expect(F.crossEntropy(logits, targets, { reduction: "none" }).shape).toEqual([3, 2]);
    const logProbs = logits.logSoftmax();
    expect(F.nllLoss(logProbs, targets).item()).toBeCloseTo(rows.item(), 6);
    expect(F.nllLoss(logProbs, targets, { reduction: "none" }).shape).toEqual([3, 2]);
  });

  test("read transposed logits and targets", () => {
    const logits = randn([2, 3, 5], float64);
    const targets = randint(0, 5, [2, 3]);
    const plain = F.crossEntropy(logits, targets, { reduction: "none" });
    const turned = F.crossEntropy(logits.transpose(0, 1), targets.transpose(0, 1), { reduction: "none" });
    expect(turned.transpose(0, 1).toArray()).toEqual(plain.toArray());
  });

  const cases: [string, nn.functional.LinearCrossEntropyOptions][] = [
    ["mean", {}],
    ["sum", { reduction: "sum" }],
    ["ignored targets", { ignoreIndex: 2 }],
    ["label smoothing", { labelSmoothing: 0.1 }],
    ["ignored targets, class weights, label smoothing, sum", { ignoreIndex: 0, labelSmoothing: 0.2, reduction: "sum" }],
  ];
  test.each(cases)("fused with the head, %s: value and gradients within rtol 1e-10, atol 1e-12", (title, options) => {
    const [x, head, bias] = [randn([7, 6, 4], float64), randn([9, 4], float64), randn([9], float64)];
    const targets = randint(0, 9, [7, 6]);
    const weight = title.includes("weights") ? tensor([1, 2, 0.5, 1, 3, 1, 0.1, 1, 2], { dtype: "float64" }) : null;
    const gradients = (loss: Tensor): Float64Array[] => {
      loss.mul(1.7).add(loss).backward();
      return [x, head, bias].map((t) => {
        const grad = t.grad!.data();
        t.grad = null;
        return grad as Float64Array;
      });
    };
    const apart = F.crossEntropy(F.linear(x, head, bias), targets, { ...options, weight });
    const expected = gradients(apart);
    const fused = F.linearCrossEntropy(x, head, bias, targets, { ...options, weight });
    expectClose([fused.item()], [apart.item()], TOLERANCE.float64);
    gradients(fused).forEach((grad, i) => {
      expectClose(grad, expected[i], TOLERANCE.float64, `gradient ${i}`);
    });
  });

  test("fused with the head, give only the gradients that are wanted", () => {
    const [x, head] = [randn([5, 4]), randn([9, 4], { requiresGrad: true })];
    F.linearCrossEntropy(x, head, null, randint(0, 9, [5])).backward();
    expect(x.grad).toBeNull();
    expect(head.grad?.shape).toEqual([9, 4]);
  });

  const ofClasses: [string, (x: Tensor, t: Tensor, options: nn.functional.LinearCrossEntropyOptions) => Tensor][] = [
    ["crossEntropy", (x, t, options) => F.crossEntropy(x, t, options)],
    ["nllLoss", (x, t, options) => F.nllLoss(x, t, options as nn.functional.NLLLossOptions)],
    ["linearCrossEntropy", (x, t, options) => F.linearCrossEntropy(x, eye(3), null, t, options)],
  ];
  const nothing: [string, number[], number[], number[]][] = [
    ["all are ignored, whatever their rows hold", [-100, -100], [1, 1, 1], [1, -2, 3, -Infinity, 5, Number.NaN]],
    ["their class weighs nothing", [1, 1], [1, 0, 2], [1, -2, 3, 0.5, 5, -1]],
  ];
  test.each(ofClasses.flatMap(([name, loss]) => nothing.map(([why, ...given]) => ({ name, why, loss, given }))))(
    "are NaN on the mean, 0 in sum, and teach nothing where no target counts: $name, $why",
    ({ loss, given: [ids, weights, logits] }) => {
      for (const reduction of ["mean", "sum"] as const) {
        const x = tensor(logits, { shape: [2, 3], requiresGrad: true });
        const value = loss(x, tensor(Int32Array.from(ids)), { weight: tensor(weights), reduction });
        expect(Math.abs(value.item())).toBe(reduction === "mean" ? Number.NaN : 0);
        value.backward();
        expect(Array.from(x.grad!.data(), Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
      }
    },
  );

  test("as modules compute what the functions do", () => {
    const logits = randn([4, 5]);
    const targets = tensor([1, 4, 2, 1], { dtype: "int32" });
    const options = { ignoreIndex: 1, labelSmoothing: 0.1 };
    expect(new nn.CrossEntropyLoss(options).forward(logits, targets).item()).toBe(
      F.crossEntropy(logits, targets, options).item(),
    );
    const other = randn([4, 5]);
    expect(new nn.MSELoss({ reduction: "sum" }).forward(logits, other).item()).toBe(
      F.mseLoss(logits, other, { reduction: "sum" }).item(),
    );
    expect(new nn.NLLLoss().forward(logits, targets).item()).toBe(F.nllLoss(logits, targets).item());
    expect(new nn.BCEWithLogitsLoss().forward(logits, other.sigmoid()).item()).toBe(
      F.bceWithLogits(logits, other.sigmoid()).item(),
    );
  });

  const ids = (data: number[], shape?: number[]): Tensor =>
    tensor(Int32Array.from(data), { ...(shape ? { shape } : {}) });
  const wrong: [string, () => unknown, string][] = [
    [
      "float targets",
      () => F.crossEntropy(randn([2, 3]), tensor([0, 1])),
      "crossEntropy: targets must be int32, got float32.",
    ],
    [
      "targets of another shape",
      () => F.crossEntropy(randn([4, 2, 3]), ids([0, 1])),
      "crossEntropy: targets must have shape [4, 2], one class for each row, got [2].",
    ],
    [
      "a target beyond the classes",
      () => F.crossEntropy(randn([2, 3]), ids([0, 3])),
      "crossEntropy: targets must lie in [0, 2] (classes=3) or be ignoreIndex -100, got 3.",
    ],
    [
      "a negative target",
      () => F.nllLoss(randn([2, 3]), ids([0, -1])),
      "nllLoss: targets must lie in [0, 2] (classes=3) or be ignoreIndex -100, got -1.",
    ],
    [
      "weights for other classes",
      () => F.crossEntropy(randn([2, 3]), ids([0, 1]), { weight: randn([2]) }),
      "crossEntropy: weight must have shape [3], one weight for each class, got [2].",
    ],
    [
      "label smoothing of 1",
      () => F.crossEntropy(randn([2, 3]), ids([0, 1]), { labelSmoothing: 1 }),
      "crossEntropy: labelSmoothing must be a number in [0, 1), got 1.",
    ],
    [
      "an unknown option",
      () => new nn.CrossEntropyLoss({ ignore_index: 1 } as never),
      'CrossEntropyLoss: options must be only these: ignoreIndex, labelSmoothing, weight, reduction, got "ignore_index".',
    ],
    [
      "a module's unknown option",
      () => new nn.NLLLoss({ ignore_index: 1 } as never),
      'NLLLoss: options must be only these: ignoreIndex, weight, reduction, got "ignore_index".',
    ],
    [
      "a module's reduction",
      () => new nn.MSELoss({ reduction: "avg" as never }),
      'MSELoss: reduction must be one of "mean", "sum", "none", got "avg".',
    ],
    [
      "another module's",
      () => new nn.BCEWithLogitsLoss({ reduction: "avg" as never }),
      'BCEWithLogitsLoss: reduction must be one of "mean", "sum", "none", got "avg".',
    ],
    [
      "shapes that would broadcast",
      () => F.mseLoss(randn([2, 3]), randn([3])),
      "mseLoss: target must have the input's shape [2, 3], got [3].",
    ],
    [
      "a head of another width",
      () => F.linearCrossEntropy(randn([2, 3]), randn([5, 4]), null, ids([0, 1])),
      "linearCrossEntropy: head must have shape [V, 3], input's last dimension, got [5, 4].",
    ],
    [
      "no reduction, fused",
      () => F.linearCrossEntropy(randn([2, 3]), randn([5, 3]), null, ids([0, 1]), { reduction: "none" as never }),
      'linearCrossEntropy: reduction must be one of "mean", "sum", got "none".',
    ],
  ];
  test.each(wrong)("name what is wrong: %s", (_, act, message) => {
    expect(act).toThrow(message);
  });
});
