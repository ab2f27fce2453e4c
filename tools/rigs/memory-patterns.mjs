// What people do with recurrent networks in a loop. Memory must stay bounded in each, with no `noGrad` and no `dispose()` in it:
// for the suite, for a browser, and for hours by hand (memory.mjs).

/**
 * @typedef {object} Pattern
 * @property {string} name
 * @property {(i: number) => unknown} step  the loop's body
 * @property {boolean} [paused]  with a task between steps
 * @property {number} [steps]  that would leave more than the bound if nothing were freed; elsewhere a step leaves 5 MB
 */

/** The pattern that is another one, inside a worker. */
export const IN_WORKER = "evaluation in a worker";

const [STEPS, BATCH, INPUT, HIDDEN] = [40, 256, 4, 16];
/** So many results are kept on purpose, the oldest dropped for a new one. */
const KEPT = 4;

/** The patterns, each with modules of its own. @param u the package @returns {Pattern[]} */
export function patterns(u) {
  return [...training(u), ...evaluation(u), ...handlers(u), ...modules(u), ...odd(u)];
}

function parts(u) {
  const lstm = new u.nn.LSTM(INPUT, HIDDEN);
  const head = new u.nn.Linear(HIDDEN, 1);
  const x = u.randn([STEPS, BATCH, INPUT]);
  const y = u.randn([STEPS, BATCH, 1]);
  const forward = () => head.forward(lstm.forward(x)[0]);
  const loss = () => u.nn.functional.mseLoss(forward(), y);
  return { lstm, head, x, y, forward, loss, parameters: [...lstm.parameters(), ...head.parameters()] };
}

function keep(list, item) {
  list.push(item);
  if (list.length > KEPT) list.shift();
}

function trainer(u, { loss, parameters }) {
  const optimizer = new u.optim.Adam(parameters, { lr: 0.001 });
  return () => {
    optimizer.zeroGrad();
    const value = loss();
    value.backward();
    optimizer.step();
    return value;
  };
}

function training(u) {
  const [a, b, c, d, e] = [parts(u), parts(u), parts(u), parts(u), parts(u)];
  const [train, trainAndKeep, trainBetween, trainSome] = [a, b, c, d].map((of) => trainer(u, of));
  const losses = [];
  return [
    { name: "training", step: () => train().item() },
    { name: "losses of training kept in an array", step: () => losses.push(trainAndKeep()) },
    { name: "training, with an evaluation after each step", step: () => [trainBetween(), c.forward()].length },
    { name: "training on every third loss", step: (i) => (i % 3 === 0 ? trainSome() : d.loss()) },
    {
      name: "walks that keep their graph, which is dropped",
      step: () => {
        for (const parameter of e.parameters) parameter.grad = null;
        e.loss().backward(undefined, { retainGraph: true });
      },
    },
  ];
}

function evaluation(u) {
  const { lstm, x, forward, loss } = parts(u);
  lstm.eval();
  const [losses, closures] = [[], []];
  const lengths = (i) => Array.from({ length: BATCH }, (_, k) => 1 + ((i * 7 + k * 13) % STEPS));
  let state;
  return [
    { name: "evaluation in a synchronous loop", step: () => loss().item() },
    { name: "evaluation that awaits what is there", step: async () => (await forward().dataAsync()).length },
    { name: "evaluation's last losses kept", step: () => keep(losses, loss()) },
    { name: "detached losses kept", step: () => losses.push(loss().detach()) },
    {
      name: "tensors caught in closures",
      step: () => {
        const y = forward();
        keep(closures, () => y.sum());
      },
    },
    { name: "variable lengths", step: (i) => lstm.forward(x, undefined, { lengths: lengths(i) }) },
    {
      name: "a state carried on, detached",
      step: () => {
        const [, next] = lstm.forward(x, state);
        state = u.nn.utils.detachState(next);
      },
    },
  ];
}

function handlers(u) {
  const { lstm, head, x, forward } = parts(u);
  const request = async () => {
    const [y] = lstm.forward(x);
    await null;
    const out = head.forward(y);
    await new Promise((resolve) => setTimeout(resolve, 0));
    return out.mean().item();
  };
  return [
    { name: "request handlers between tasks", paused: true, step: () => forward().data().length },
    { name: "requests that take turns", step: () => Promise.all([request(), request(), request()]) },
    {
      name: "exceptions in the middle",
      step: () => {
        try {
          head.forward(lstm.forward(x)[0].mul(2)).reshape([7]);
        } catch (error) {
          if (!(error instanceof u.ShapeError)) throw error;
        }
      },
    },
    {
      name: "noGrad in noGrad, with recording inside",
      step: () => u.noGrad(() => u.noGrad(() => u.enableGrad(() => forward().sum())).item()),
    },
    {
      name: "a noGrad that throws",
      step: () => {
        try {
          u.noGrad(() => forward().reshape([7]));
        } catch (error) {
          if (!(error instanceof u.ShapeError)) throw error;
        }
        return forward();
      },
    },
  ];
}

function modules(u) {
  const width = 256;
  const x = u.randn([2, 4, width]);
  const step = (train) => () => {
    const model = new u.nn.LSTM(width, width);
    if (!train) return model.forward(x);
    const run = trainer(u, { loss: () => model.forward(x)[0].square().mean(), parameters: [...model.parameters()] });
    run();
    return run();
  };
  return [
    { name: "modules made in a loop", steps: 140, step: step(false) },
    { name: "modules made and trained in a loop", steps: 40, step: step(true) },
  ];
}

function odd(u) {
  const { lstm, head, x } = parts(u);
  const cell = new u.nn.LSTMCell(INPUT, HIDDEN);
  const inputs = u.randn([BATCH, INPUT]);
  const [encoded] = lstm.forward(x);
  const w = u.randn([3], { requiresGrad: true });
  const twice = u.defineFunction({ forward: (_, a) => a.mul(2), backward: (_, d) => d.mul(2) });
  return [
    { name: "one result decoded again and again", step: () => head.forward(encoded.mul(1)).tanh().sum() },
    {
      name: "cells, step by step",
      step: () => {
        let state;
        for (let t = 0; t < STEPS; t++) state = cell.forward(inputs, state);
        return state.h.sum();
      },
    },
    {
      name: "many small tensors",
      steps: 100,
      step: () => {
        let y = w;
        for (let i = 0; i < 500; i++) y = y.mul(w);
      },
    },
    { name: "functions of one's own", step: () => twice(lstm.forward(x)[0].mul(3)).sum() },
  ];
}
