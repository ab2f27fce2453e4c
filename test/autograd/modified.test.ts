import { describe, expect, test } from "vitest";
import {
  backward,
  configure,
  DisposedError,
  defineFunction,
  gradcheck,
  ModifiedError,
  manualSeed,
  nn,
  noGrad,
  OptionError,
  optim,
  randn,
  type Tensor,
  tensor,
  UnsupportedError,
} from "../../src/index.js";
import { describeEngines } from "../support/configured.js";

const leaf = (data: number[]): Tensor => tensor(data, { requiresGrad: true });
const grad = (x: Tensor): number[] => [...x.grad!.data()];

/** What `backward()` throws. */
function refusal(loss: Tensor): ModifiedError {
  try {
    loss.backward();
  } catch (error) {
    expect(error).toBeInstanceOf(ModifiedError);
    return error as ModifiedError;
  }
  return expect.fail("backward() did not throw");
}

/** A small model with a gradient from an earlier step, so that optimisers have something to do. */
function trained(): { model: nn.Linear; loss(): Tensor } {
  manualSeed(3);
  const [model, x] = [new nn.Linear(3, 2), randn([4, 3], { requiresGrad: true })];
  const loss = (): Tensor => model.forward(x).square().mean();
  loss().backward();
  return { model, loss };
}

const OPTIMIZERS = {
  SGD: (p: Tensor[]) => new optim.SGD(p, { lr: 0.1, momentum: 0.9 }),
  Adam: (p: Tensor[]) => new optim.Adam(p),
  AdamW: (p: Tensor[]) => new optim.AdamW(p),
  RMSprop: (p: Tensor[]) => new optim.RMSprop(p),
  Adagrad: (p: Tensor[]) => new optim.Adagrad(p),
  ASGD: (p: Tensor[]) => new optim.ASGD(p),
  NTASGD: (p: Tensor[]) => new optim.NTASGD(p, { lr: 0.1, t0: 0 }),
};

/** What may write a weight between forward and backward, as the error calls it. */
const WRITERS: [writer: string, write: (model: nn.Linear) => void][] = [
  ["set()", ({ weight }) => weight.set([1, 2, 3, 4, 5, 6])],
  ["set()", ({ weight }) => weight.detach().set([1, 2, 3, 4, 5, 6])],
  ["set()", ({ weight }) => nn.init.xavierUniform(weight)],
  ["Parameter.copyFrom()", ({ weight }) => weight.copyFrom(randn([2, 3]))],
  ["loadStateDict()", (model) => model.loadStateDict({ weight: randn([2, 3]), bias: randn([2]) })],
  ...Object.entries(OPTIMIZERS).map(([name, make]): [string, (model: nn.Linear) => void] => [
    `${name}.step()`,
    (model) => make(model.parameters()).step(),
  ]),
  [
    "swapAverages()",
    (model) => {
      const optimizer = new optim.ASGD(model.parameters(), { t0: 0 });
      const { scalars } = optimizer.stateDict();
      optimizer.loadStateDict({ tensors: new Map([["0.ax", randn([2, 3])]]), scalars });
      optimizer.swapAverages();
    },
  ],
];

describeEngines("autograd: modified", () => {
  test("a value that backward needs was changed: no gradient, and an error that says all", () => {
    const w = new nn.Parameter(tensor([3]));
    const loss = w.mul(w);
    w.set([1]);
    const error = refusal(loss.sum());
    expect(error.message).toBe(
      "backward: tensor [1] must be as mul saved it for its gradient, got one that set() has written since. " +
        "Call backward() before set(), run the forward pass again after it, or give mul a clone() of it.",
    );
    expect(error.code).toBe("modified");
    expect(error.details).toEqual({ shape: [1], operation: "mul", writer: "set()" });
    expect(w.grad).toBeNull();
  });

  test.each(WRITERS)("%s is named, with the parameter", (writer, write) => {
    const { model, loss } = trained();
    const [before, second] = [model.parameters().map(grad), loss()];
    write(model);
    const { details, message } = refusal(second);
    expect(details).toEqual({ tensor: "weight", shape: [2, 3], operation: "linear", writer });
    expect(message).toContain(`Call backward() before ${writer}`);
    expect(model.parameters().map(grad)).toEqual(before);
  });

  test("a parameter is called as the outermost module calls it, whoever asks later", () => {
    const model = new nn.Sequential(new nn.Dropout(0), new nn.Linear(3, 2));
    const loss = model.forward(randn([2, 3], { requiresGrad: true })).sum();
    model.stateDict();
    const [[, linearLayer]] = model.namedChildren().slice(1) as [[string, nn.Linear]];
    linearLayer.parameters();
    linearLayer.weight.set(new Float32Array(6));
    expect(refusal(loss).argument).toBe("1.weight [2, 3]");
  });

  describe("the advice works", () => {
    const run = (w: Tensor, x: Tensor): Tensor => w.mul(x).sum();

    test("backward() before", () => {
      const [w, x] = [leaf([3, 4]), leaf([5, 6])];
      run(w, x).backward();
      w.set([1, 1]);
      expect([grad(w), grad(x)]).toEqual([
        [5, 6],
        [3, 4],
      ]);
    });

    test("the forward pass again", () => {
      const [w, x] = [leaf([3, 4]), leaf([5, 6])];
      const stale = run(w, x);
      w.set([1, 1]);
      refusal(stale);
      run(w, x).backward();
      expect([grad(w), grad(x)]).toEqual([
        [5, 6],
        [1, 1],
      ]);
    });

    test("a clone() given", () => {
      const [w, x] = [leaf([3, 4]), leaf([5, 6])];
      const loss = run(w.clone(), x);
      w.set([1, 1]);
      loss.backward();
      expect([grad(w), grad(x)]).toEqual([
        [5, 6],
        [3, 4],
      ]);
    });

    test("a clone() changed, of a result", () => {
      const x = leaf([0, 1]);
      const y = x.exp();
      expect(refusal(changedSum(y, y)).fix).toContain("or change a clone() of it instead.");
      const z = x.exp();
      changedSum(z, z.clone()).backward();
      expect(grad(x)[0]).toBe(1);
    });

    function changedSum(y: Tensor, changed: Tensor): Tensor {
      const loss = y.sum();
      changed.set([7, 7]);
      return loss;
    }
  });

  test("all or nothing: a node far from the end was changed, and no leaf before it has half a gradient", () => {
    const [w, c, last] = [leaf([1, 2]), leaf([3, 4]), leaf([5, 6])];
    const loss = w.mul(c).exp().mul(last).sum();
    c.set([0, 0]);
    refusal(loss);
    for (const x of [w, c, last]) expect(x.grad).toBeNull();
  });

  test("other parts of a graph can still be walked after an error", () => {
    const [w, c, d] = [leaf([1, 2]), leaf([3, 4]), leaf([5, 6])];
    const [one, other] = [w.mul(c).sum(), w.mul(d).sum()];
    c.set([0, 0]);
    refusal(one);
    other.backward();
    expect(grad(w)).toEqual([5, 6]);
  });

  test("what was released is an error too, and leaves no half a gradient", () => {
    const [w, c, last] = [leaf([1, 2]), tensor([3, 4]), leaf([5, 6])];
    const loss = w.mul(c).mul(last).sum();
    c.dispose();
    expect(() => loss.backward()).toThrow(DisposedError);
    expect(last.grad).toBeNull();
  });

  test("a hook that writes in the middle of the walk is noticed", () => {
    const [w, c] = [leaf([1, 2]), leaf([3, 4])];
    const y = w.mul(c);
    y.registerHook(() => {
      c.set([0, 0]);
      return undefined;
    });
    refusal(y.sum());
  });

  test("a gradient that the graph reads, and the walk adds to, is noticed", () => {
    const w = leaf([1, 2]);
    w.square().sum().backward();
    refusal(w.grad!.mul(w).sum().add(w.sum().mul(2)).mul(w.sum()));
  });

  test("who wants a gradient is settled when the operation runs", () => {
    const [w, c] = [leaf([1, 2]), tensor([3, 4])];
    const loss = w.mul(c).sum();
    w.set([9, 9]);
    c.requiresGrad = true;
    loss.backward();
    expect(grad(w)).toEqual([3, 4]);
    expect(c.grad).toBeNull();
    const again = w.mul(c).sum();
    c.requiresGrad = false;
    again.backward();
    expect(c.grad).toBeNull();
  });

  describe("no false alarm", () => {
    test("two forward passes, two backward passes, then a step", () => {
      const { model, loss } = trained();
      const losses = [loss(), loss()];
      for (const each of losses) each.backward();
      new optim.SGD(model.parameters(), { lr: 0.1 }).step();
      loss().backward();
    });

    test("a graph walked twice; after a step it is noticed", () => {
      const { model, loss } = trained();
      const kept = loss();
      kept.backward(undefined, { retainGraph: true });
      kept.backward(undefined, { retainGraph: true });
      new optim.SGD(model.parameters(), { lr: 0.1 }).step();
      refusal(kept);
    });

    test("state carried from piece to piece, with a step between", () => {
      manualSeed(1);
      const model = new nn.LSTM(2, 3, { stateful: true });
      const optimizer = new optim.Adam(model.parameters());
      for (let i = 0; i < 3; i++) {
        optimizer.zeroGrad();
        model
          .forward(randn([4, 2, 2]))[0]
          .square()
          .sum()
          .backward();
        nn.utils.clipGradNorm(model.parameters(), 0.1);
        optimizer.step();
      }
    });

    test("an evaluation between forward and backward", () => {
      const { model, loss } = trained();
      const kept = loss();
      noGrad(() => model.eval().forward(randn([2, 3])));
      kept.backward();
    });

    test("tensors that become parameters, move between engines, or lose a view", () => {
      const x = tensor([1, 2]);
      const w = leaf([3, 4]);
      const loss = w.mul(x).sum();
      new nn.Parameter(x.detach());
      x.detach().dispose();
      configure({ engine: "reference" });
      loss.backward();
      expect(grad(w)).toEqual([1, 2]);
    });

    test("values of which a gradient needs the shape alone, and those that only unwanted gradients need", () => {
      const [w, c, b] = [leaf([1, 2]), tensor([3, 4]), leaf([5, 6])];
      const loss = w.mul(c).add(b).sum();
      w.set([0, 0]);
      b.set([0, 0]);
      loss.backward();
      expect([grad(w), grad(b)]).toEqual([
        [3, 4],
        [1, 1],
      ]);
    });
  });
});

describe("options", () => {
  const loss = (): Tensor => leaf([3]).square().sum();

  test("createGraph is refused, with two ways to a second derivative that work", () => {
    const options = { createGraph: true } as never;
    expect(() => loss().backward(undefined, options)).toThrow(UnsupportedError);
    expect(() => backward(loss(), undefined, options)).toThrow(
      "backward: options.createGraph must be left out, as gradients have no gradients of their own, got true.",
    );
    loss().backward(undefined, { createGraph: false });
    const x = leaf([3]);
    x.square().mul(3).sum().backward(); // d/dx x³
    expect(grad(x)).toEqual([18]);
    const slope = (at: number): number => {
      const p = tensor([at], { dtype: "float64", requiresGrad: true });
      p.pow(3).sum().backward();
      return p.grad!.item();
    };
    expect((slope(3.001) - slope(2.999)) / 0.002).toBeCloseTo(18, 6);
  });

  test.each([
    ["an unknown one", (): unknown => loss().backward(undefined, { retain_graph: true } as never), "retain_graph"],
    ["inputs", (): unknown => loss().backward(undefined, { inputs: [] } as never), "inputs"],
    ["no object", (): unknown => loss().backward(undefined, true as never), "{ name: true }"],
    ["null", (): unknown => loss().backward(undefined, null as never), "{ name: value }"],
    ["in the gradient's place", (): unknown => loss().backward({ retainGraph: true } as never), "Options come second"],
    ["gradcheck", (): unknown => gradcheck(loss, [], { epsilon: 1 } as never), "epsilon"],
    ["no backward", (): unknown => defineFunction({ forward: (_: unknown, x: Tensor) => x } as never), "backward"],
    ["no forward", (): unknown => defineFunction({ backward: () => null } as never), "forward"],
  ])("%s", (_, call, named) => {
    expect(call).toThrow(OptionError);
    expect(call).toThrow(named);
  });

  test("what follows the advice on options in the gradient's place", () => {
    const kept = loss();
    kept.backward(undefined, { retainGraph: true });
    kept.backward();
  });
});
