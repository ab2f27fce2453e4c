import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Engine, KeptRows, SequenceForwardArgs } from "../../src/engine/engine.js";
import { currentEngine } from "../../src/engine/select.js";
import {
  configure,
  manualSeed,
  memory,
  nn,
  noGrad,
  optim,
  randint,
  randn,
  type Tensor,
  tensor,
} from "../../src/index.js";
import { expectSameBits } from "../support/bits.js";
import { WIDE_ALONE } from "../support/builds.js";

const [V, D] = [7, 6] as const;
/** In multiply-adds, a step of these is shared among threads. */
const HIDDEN = { RNN: 460, LSTM: 260, GRU: 270 } as const;
type Kind = keyof typeof HIDDEN;
const KINDS = ["RNN", "LSTM", "GRU"] as const;

const configured = (threads: number): void => configure({ engine: "wasm", threads, wasm256: WIDE_ALONE });
afterEach(() => configured(1));

/** The products that each call of the sequence kernel was given, until `end` is called. */
function watch(engine: Engine = currentEngine()): { calls: (KeptRows | null)[]; end(): void } {
  const calls: (KeptRows | null)[] = [];
  const { sequenceForward } = engine;
  engine.sequenceForward = (args: SequenceForwardArgs) => {
    calls.push(args.kept ?? null);
    sequenceForward.call(engine, args);
  };
  return { calls, end: () => delete (engine as Partial<Engine>).sequenceForward };
}

interface Options extends nn.RecurrentOptions {
  nonlinearity?: "tanh" | "relu";
}

class Model extends nn.Module {
  readonly embed: nn.Embedding;
  readonly rnn: nn.RNN | nn.LSTM | nn.GRU;

  constructor(kind: Kind, options: Options = {}, hidden = 11, embed = new nn.Embedding(V, D)) {
    super();
    this.embed = embed;
    this.rnn = new nn[kind](D, hidden, options);
  }
}

const token = (...ids: number[]): Tensor => tensor(new Int32Array(ids), { shape: [1, ids.length] });

/** A parameter whose storage nobody else views. */
function owned(shape: number[]): nn.Parameter {
  const data = randn(shape);
  const parameter = new nn.Parameter(data);
  data.dispose();
  return parameter;
}

type State = nn.LSTMState | Tensor;
type Forward = (x: Tensor, state?: State) => readonly [Tensor, State];
const partsOf = (state: State): Tensor[] => ("h" in state ? [state.h, state.c] : [state]);

/** y and the next states of a step, with nothing known about where x came from. */
function plainly({ embed, rnn }: Model, ids: Tensor, state?: State): ArrayLike<number>[] {
  return noGrad(() => {
    const x = embed.forward(ids);
    const [y, next] = (rnn.forward as Forward).call(rnn, x.reshape([x.size]).reshape(x.shape), state);
    return [y, ...partsOf(next)].map((t) => t.data());
  });
}

/** A step as a text generator takes it, whose bits are those of `plainly`. */
function step(model: Model, ids: Tensor, state?: State): State {
  const { embed, rnn } = model;
  const [y, next] = noGrad(() => (rnn.forward as Forward).call(rnn, embed.forward(ids), state));
  const found = [y, ...partsOf(next)].map((t) => t.data());
  expectSameBits(found, plainly(model, ids, state), "a step");
  y.dispose();
  return next;
}

/** Takes steps until products are kept; how many of a step's calls have them then. */
function warm(model: Model): number {
  for (let i = 0; i < 3; i++) step(model, token(i));
  const watched = watch();
  step(model, token(1));
  watched.end();
  return watched.calls.filter((kept) => kept !== null).length;
}

beforeEach(() => {
  manualSeed(5);
  configured(1);
});

describe.each([1, 2])("one token at a time, behind an embedding, threads: %i", (threads) => {
  beforeEach(() => configured(threads));

  const variants: Options[] = [{}, { numLayers: 2 }, { bidirectional: true }, { bias: false }];
  for (const kind of KINDS) {
    for (const options of kind === "RNN" ? [...variants, { nonlinearity: "relu" as const }] : variants) {
      test(`${kind} ${JSON.stringify(options)}: the same bits as without products that are kept`, () => {
        const model = new Model(kind, options, HIDDEN[kind]);
        const watched = watch();
        let state: State | undefined;
        for (let i = 0; i < 2 * V; i++) state = step(model, token((i * i + 3) % V), state);
        watched.end();
        const layers = (options.numLayers ?? 1) * (options.bidirectional ? 2 : 1);
        const behind = options.bidirectional ? 2 : 1;
        // Each step calls every layer twice, once plainly; the first step keeps nothing.
        const given = watched.calls.filter((kept) => kept !== null);
        expect(watched.calls).toHaveLength(2 * V * 2 * layers);
        expect(given).toHaveLength((2 * V - 1) * behind);
        const taken = new Set(Array.from({ length: 2 * V - 1 }, (_, i) => ((i + 1) * (i + 1) + 3) % V));
        expect([...given[0]!.isKnown]).toEqual(Array.from({ length: V }, (_, id) => (taken.has(id) ? 1 : 0)));
      });
    }
  }
});

describe("products that are kept", () => {
  test("serve up to four rows at once, and no more", () => {
    const model = new Model("LSTM");
    for (const ids of [token(0), token(1, 5), token(5, 5, 2), token(6, 0, 6, 1)]) step(model, ids);
    const watched = watch();
    step(model, token(2, 3, 4, 4));
    step(model, token(0, 1, 2, 3, 4));
    watched.end();
    expect(watched.calls.map((kept) => kept !== null)).toEqual([true, false, false, false]);
  });

  for (const [name, options, shape] of [
    ["one step of three sequences with batchFirst", { batchFirst: true }, [3, 1]],
    ["three steps of one sequence with batchFirst", { batchFirst: true }, [1, 3]],
    ["three steps without a batch", {}, [3]],
  ] as const) {
    test(`serve ${name}`, () => {
      const model = new Model("LSTM", options);
      const watched = watch();
      for (let i = 0; i < 3; i++) step(model, tensor(new Int32Array([i, 5, 2]), { shape: [...shape] }));
      watched.end();
      const given = watched.calls.filter((kept) => kept !== null);
      expect(given).toHaveLength(2);
      expect([...given[0]!.isKnown]).toEqual([0, 1, 1, 0, 0, 1, 0]);
    });
  }

  for (const kind of KINDS) {
    for (const name of ["embed.weight", "rnn.weight_ih_l0", "rnn.bias_ih_l0", "rnn.bias_hh_l0"]) {
      test(`${kind}: follow what is written to ${name}`, () => {
        const model = new Model(kind);
        expect(warm(model)).toBe(1);
        const before = memory().buffers;
        const parameter = new Map(model.namedParameters()).get(name)!;
        parameter.set(randn(parameter.shape).data());
        expect(memory().buffers).toBe(before - 1);
        for (let i = 0; i < 4; i++) step(model, token(i % 3));
        expect(memory().buffers).toBe(before);
      });
    }
  }

  test("follow an optimiser's step and a state dict, and take no memory while a model trains", () => {
    const model = new Model("LSTM");
    const ids = randint(0, V, [5, 3]);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.5 });
    const train = (): void => {
      optimizer.zeroGrad();
      model.rnn.forward(model.embed.forward(ids))[0].square().sum().backward();
      optimizer.step();
      optimizer.zeroGrad();
    };
    for (let i = 0; i < 3; i++) train();
    const watched = watch();
    const trained = memory().buffers;
    for (let i = 0; i < 3; i++) {
      train();
      expect(memory().buffers).toBe(trained);
      step(model, token(2));
      train();
      expect(memory().buffers).toBe(trained);
    }
    expect(watched.calls.every((kept) => kept === null)).toBe(true);
    watched.end();

    expect(warm(model)).toBe(1);
    train();
    expect(warm(model)).toBe(1);
    model.loadStateDict(new Model("LSTM").stateDict());
    expect(warm(model)).toBe(1);
  });

  test("do not serve a call that is recorded, rows that were written, or a padding row's table", () => {
    const model = new Model("GRU");
    expect(warm(model)).toBe(1);
    const watched = watch();
    model.rnn.forward(model.embed.forward(token(2)));
    noGrad(() => {
      const x = model.embed.forward(token(3));
      const changed = x.mul(2).data();
      model.rnn.forward(x.set(changed));
      const old = model.embed.forward(token(3));
      const expected = model.rnn.forward(old.clone())[0].data();
      model.embed.weight.set(randn([V, D]).data());
      expectSameBits([model.rnn.forward(old)[0].data()], [expected], "rows taken before the table was written");
    });
    const padded = new Model("GRU", {}, 11, new nn.Embedding(V, D, { paddingIndex: 2 }));
    for (let i = 0; i < 2 * V; i++) step(padded, token(i % V));
    watched.end();
    expect(watched.calls.every((kept) => kept === null)).toBe(true);
  });

  test("are each layer's own where two share a table, and each table's where one layer has two", () => {
    const a = new Model("LSTM");
    const b = new Model("LSTM", {}, 11, a.embed);
    const c = new Model("LSTM");
    const mixed = Object.assign(new Model("LSTM", {}, 11, c.embed), { rnn: a.rnn });
    for (let i = 0; i < 2 * V; i++) for (const model of [a, b, mixed]) step(model, token(i % V));
    expect([a, b, mixed].map(warm)).toEqual([1, 1, 1]);
    new Map(b.namedParameters()).get("rnn.weight_ih_l0")!.set(randn([44, D]).data());
    for (const model of [a, b, mixed]) step(model, token(4));
    a.embed.weight.set(randn([V, D]).data());
    for (let i = 0; i < V; i++) for (const model of [a, b, mixed]) step(model, token(i));
  });

  test("are made anew on another engine", () => {
    const model = new Model("LSTM");
    expect(warm(model)).toBe(1);
    const [first, ids] = [currentEngine(), token(3)];
    const held = first.memory().buffers;
    configure({ engine: "reference" });
    expect(warm(model)).toBe(0);
    expect(first.memory().buffers).toBeLessThan(held);
    configured(2);
    step(model, ids);
    expect(warm(model)).toBe(1);
    configured(1);
    const watched = watch();
    step(model, ids);
    expect(watched.calls).toEqual([null, null]);
    watched.end();
    expect(warm(model)).toBe(1);
  });

  test("take one buffer, which goes with table or weights, disposed of or unreachable", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    for (const name of ["table", "weight"] as const) {
      const model = new Model("RNN");
      const parameters = { table: owned([V, D]), weight: owned([11, D]) };
      model.embed.weight = parameters.table;
      Object.assign(model.rnn, { weight_ih_l0: parameters.weight });
      let state = step(model, token(0));
      for (let i = 0; i < 3; i++) state = step(model, token(i), state);
      const before = memory();
      for (let i = 0; i < 200; i++) state = step(model, token(i % V), state);
      expect(memory()).toEqual(before);
      parameters[name].dispose();
      expect(memory().buffers).toBe(before.buffers - 2);
    }
    const before = memory().buffers;
    const embed = new nn.Embedding(V, D);
    const abandon = (): void => {
      for (let i = 0; i < 10; i++) warm(new Model("RNN", {}, 11, embed));
    };
    abandon();
    expect(memory().buffers).toBeGreaterThan(before + 10);
    for (let i = 0; i < 50 && memory().buffers > before + 1; i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(memory().buffers).toBeLessThanOrEqual(before + 1);
  });
});
