import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Generator, nn, type Tensor, tensor } from "../../src/index.js";
import { CELLS, PLACES, WEIGHTS } from "../../studio/src/learn/cells.js";
import { fromText, toText } from "../../studio/src/learn/figure-state.js";
import { type CellName, type Experiment, runOf } from "../../studio/src/learn/graph.js";
import { inputsOf, LESSONS, targetsOf } from "../../studio/src/learn/lessons.js";
import { isBackward, isForward, lastOf, short, startOf, whereOf, widthOf } from "../../studio/src/learn/play.js";
import { learnWords, learnWordsKo } from "../../studio/src/strings/learn-words.js";
import { memoryBatch, type RaceTold, raceHandlers } from "../../studio/src/worker/race.js";

/** In the order in which PyTorch stores its gates. */
const GATES: Record<CellName, readonly string[]> = {
  rnn: [""],
  lstm: ["_i", "_f", "_g", "_o"],
  gru: ["_r", "_z", "_n"],
};

const made = (cell: CellName, cut: number, asked: "last" | "all"): Experiment => {
  const generator = new Generator(5);
  const names = Object.keys(WEIGHTS[cell]);
  const weights = Object.fromEntries(names.map((name) => [name, 1.4 * generator.uniform() - 0.6]));
  const inputs = Array.from({ length: 6 }, () => 2 * generator.uniform() - 1);
  return { cell: CELLS[cell], weights, inputs, targets: targetsOf(asked, inputs), cut };
};

/** The library's own cell with these weights, in float64: outputs, and gradients of the same loss. */
function reference({ cell, weights, inputs, targets, cut }: Experiment) {
  const rnn = new { rnn: nn.RNN, lstm: nn.LSTM, gru: nn.GRU }[cell.name](1, 1);
  rnn.to("float64");
  const set = (name: string, values: number[]) =>
    rnn
      .namedParameters()
      .find(([own]) => own === name)![1]
      .set(Float64Array.from(values));
  const gates = GATES[cell.name];
  set(
    "weight_ih_l0",
    gates.map((gate) => weights[`wx${gate}`]!),
  );
  set(
    "weight_hh_l0",
    gates.map((gate) => weights[`wh${gate}`]!),
  );
  set(
    "bias_ih_l0",
    gates.map((gate) => weights[`b${gate}`]!),
  );
  set(
    "bias_hh_l0",
    gates.map(() => 0),
  );
  const read = (from: number, to: number, state?: unknown) => {
    const x = tensor(Float64Array.from(inputs.slice(from, to)), { shape: [to - from, 1, 1], dtype: "float64" });
    return rnn.forward(x, state as never) as unknown as [Tensor, Tensor | { h: Tensor; c: Tensor }];
  };
  const outputs: Tensor[] = [];
  let state: unknown;
  for (const [from, to] of cut === 0
    ? [[0, 6]]
    : [
        [0, cut],
        [cut, 6],
      ]) {
    // biome-ignore format: parts
    const [y, next] = read(from!, to!, state);
    state = detached(next);
    for (let t = 0; t < to! - from!; t++) outputs.push(y.select(0, t).sum());
  }
  const terms = targets.flatMap((target, t) => (target === null ? [] : [outputs[t]!.sub(target).square().mul(0.5)]));
  const loss = terms.reduce((a, b) => a.add(b));
  loss.backward();
  const grads = Object.fromEntries(rnn.namedParameters().map(([name, { grad }]) => [name, Array.from(grad!.data())]));
  return { outputs: outputs.map((h) => h.item()), loss: loss.item(), grads };
}

const detached = (state: Tensor | { h: Tensor; c: Tensor }) =>
  "h" in state && "c" in state ? { h: state.h.detach(), c: state.c.detach() } : (state as Tensor).detach();

describe.each(["rnn", "lstm", "gru"] as const)("the numbers of the %s", (name) => {
  test.each([
    [0, "last"],
    [0, "all"],
    [3, "all"],
    [1, "last"],
  ] as const)("are the library's, there and back: cut after %i, asked %s", (cut, asked) => {
    const experiment = made(name, cut, asked);
    const run = runOf(experiment);
    const { outputs, loss, grads } = reference(experiment);
    for (const [t, { values }] of run.steps.entries()) expect(values["h"]).toBeCloseTo(outputs[t]!, 12);
    expect(run.loss).toBeCloseTo(loss, 12);
    for (const [k, gate] of GATES[name].entries()) {
      expect(run.weights[`wx${gate}`]).toBeCloseTo(grads["weight_ih_l0"]![k]!, 12);
      expect(run.weights[`wh${gate}`]).toBeCloseTo(grads["weight_hh_l0"]![k]!, 12);
      expect(run.weights[`b${gate}`]).toBeCloseTo(grads["bias_ih_l0"]![k]!, 12);
    }
  });

  test("what comes back to a number is the sum of what comes along its edges", () => {
    const { steps } = runOf(made(name, 0, "last"));
    const { grads, edges } = steps[2]!;
    for (const input of ["x", ...CELLS[name].states.map((state) => `${state}'`)]) {
      const along = Object.entries(edges).filter(([edge]) => edge.startsWith(`${input}>`));
      expect(grads[input]).toBeCloseTo(
        along.reduce((sum, [, value]) => sum + value, 0),
        12,
      );
    }
    const [output] = CELLS[name].states;
    expect(steps[1]!.grads[output!]).toBeCloseTo(grads[`${output}'`]!, 12);
  });

  test("every number has its place, and every equation says its numbers", () => {
    const { nodes, states } = CELLS[name];
    const all = ["x", ...states.map((state) => `${state}'`), ...nodes.map((node) => node.name)];
    expect(Object.keys(PLACES[name]).sort()).toEqual(all.sort());
    for (const node of nodes) {
      const inputs = node.inputs.map((_, k) => `<${k}>`);
      const weights = node.weights.map((_, k) => `{${k}}`);
      const said = node.filled(inputs, weights);
      for (const part of [...inputs, ...weights]) expect(said).toContain(part);
    }
  });
});

test("beyond the scissors nothing comes back", () => {
  const { steps } = runOf(made("lstm", 3, "last"));
  expect(steps.map(({ grads }) => Object.values(grads).some((value) => value !== 0))).toEqual([false, false, false, true, true, true]); // biome-ignore format: one line
});

test("playing: there, the loss, and back", () => {
  const length = 3;
  const told = Array.from({ length: lastOf(length) + 1 }, (_, position) => whereOf(position, length));
  expect(told.map(({ phase, step }) => `${phase} ${step}`)).toEqual(["begin 0", "there 0", "there 1", "there 2", "loss 2", "back 2", "back 1", "back 0"]); // biome-ignore format: one line
  expect([isForward(1, 0), isForward(1, 1), isBackward(5, 2, 3), isBackward(5, 1, 3)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect([startOf("begin", 4), startOf("there", 4), startOf("back", 4)]).toEqual([0, 4, 9]);
});

test("numbers and widths as they are drawn", () => {
  expect([0, -0, 1.256, -0.5, 0.004, -2e-7].map(short)).toEqual(["0", "0", "1.26", "−0.50", "10⁻³", "−10⁻⁷"]);
  expect([widthOf(0, 1), widthOf(1, 1) > widthOf(0.1, 1), widthOf(1e-9, 1)]).toEqual([0, true, 0.4]);
});

test("each lesson opens at a figure that is there", () => {
  expect(LESSONS).toHaveLength(9);
  for (const { length, cell, weights = {}, inputs } of LESSONS) {
    expect(inputsOf({ inputs }, length)).toHaveLength(length);
    for (const name of Object.keys(weights)) expect(WEIGHTS[cell]).toHaveProperty(name);
  }
});

describe("a lesson's figure in an address", () => {
  const states = LESSONS.flatMap((lesson) =>
    (["rnn", "lstm", "gru"] as const).map((cell, k) => {
      const length = 3 + k;
      const weights: Record<string, number> = { ...fromText(`cell:${cell}`, lesson).weights };
      weights[Object.keys(weights)[k]!] = -0.35 * (k + 1);
      const turned = { cell, length, cut: k, asked: "all" as const, position: 2 + k, looked: k === 1 ? null : 1, gate: CELLS[cell].nodes.at(-1)!.name, weights }; // biome-ignore format: one line
      return [lesson, turned] as const;
    }),
  );

  test.each(states)("is given back: %# ", (lesson, turned) => {
    expect(fromText(toText(turned, lesson)!, lesson)).toEqual(turned);
    // One thing at a time, on what the lesson begins with.
    const begin = fromText(undefined, lesson);
    expect(toText(begin, lesson)).toBe(null);
    for (const key of ["cut", "asked", "position", "looked"] as const) {
      const one = { ...begin, [key]: turned[key] };
      expect(fromText(toText(one, lesson) ?? undefined, lesson)).toEqual(one);
    }
  });

  test.each([
    "",
    ";;;",
    "cell:x",
    "length:1",
    "length:99",
    "cut:12",
    "cut:-1",
    "position:1e9",
    "wx:9",
    "wx:NaN",
    "gate:q",
    "__proto__:1",
  ])("that somebody wrote: what cannot be is left as the lesson has it: %s", (text) => {
    for (const lesson of LESSONS) expect(fromText(text, lesson)).toEqual(fromText(undefined, lesson));
  });
});

test("a race that is stopped ends, and what is raced for can be learned", async () => {
  const told: RaceTold[] = [];
  const handlers = raceHandlers((_, value) => told.push(value as RaceTold));
  await handlers["learn.race"]({ length: 3, seed: 1 });
  expect(told.map(({ step }) => step)).toEqual(Array.from({ length: 40 }, (_, i) => 10 * (i + 1)));
  expect(told[0]!.loss.every((loss) => loss > 0.7 && loss < 1.3)).toBe(true);
  expect(told.at(-1)!.loss.every((loss) => loss < 0.2)).toBe(true);
  expect(told.at(-1)!.right).toEqual([1, 1, 1]);
  const running = handlers["learn.race"]({ length: 3, seed: 2 });
  await handlers["learn.stop"](null);
  await running;
  expect(told.length).toBeLessThan(45);
});

test("the first symbol is marked, and is the answer", () => {
  const { x, y } = memoryBatch(5, new Generator(4));
  const [values, first] = [x.data(), y.data()];
  expect(x.shape).toEqual([5, 32, 8]);
  for (let row = 0; row < 5 * 32; row++) {
    const own = Array.from(values.subarray(row * 8, (row + 1) * 8));
    expect(own.filter((value) => value === 1)).toHaveLength(1);
    expect(own.indexOf(1) >= 4).toBe(row < 32);
    if (row < 32) expect(own.indexOf(1) - 4).toBe(first[row]);
  }
});

test("every figure of a lesson has a name, in both languages", () => {
  const inFolder = readdirSync("docs/lessons/figures").filter((file) => file.endsWith(".svg"));
  const files = inFolder.map((file) => file.replace(/\.svg$/, ""));
  expect(LESSONS.flatMap(({ figures }) => figures).sort()).toEqual(files.sort());
  for (const { figures } of [learnWords, learnWordsKo]) expect(Object.keys(figures).sort()).toEqual(files);
  // What is read aloud of a picture is its own title, in its own language.
  for (const [folder, { figures }] of [
    ["", learnWords],
    ["ko/", learnWordsKo],
  ] as const) {
    for (const [name, title] of Object.entries(figures)) {
      const [, drawn] = /<title>(.*)<\/title>/.exec(readFileSync(`docs/lessons/figures/${folder}${name}.svg`, "utf8"))!;
      expect(title.replaceAll("−", "-"), name).toBe(drawn);
    }
  }
});
