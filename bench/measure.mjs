/** Measures one configuration in this process and prints one JSON line: `node measure.mjs CONFIG SECONDS`. */
import * as unrolled from "unrolled";
import { CONFIGS, stepFlops } from "./configs.mjs";

const { nn, noGrad, optim, randint } = unrolled;

class LanguageModel extends nn.Module {
  constructor({ cell, vocabulary, embedding, hidden, layers }) {
    super();
    this.embed = new nn.Embedding(vocabulary, embedding);
    this.rnn = new nn[cell](embedding, hidden, { numLayers: layers });
    this.head = new nn.Linear(hidden, vocabulary);
  }

  /** Everything but the head, which training fuses with the loss. */
  hidden(ids, state) {
    return this.rnn.forward(this.embed.forward(ids), state);
  }

  forward(ids, state) {
    const [y, next] = this.hidden(ids, state);
    return [this.head.forward(y), next];
  }
}

/** The median time of `run` in milliseconds, over `seconds` or `most` runs after a warm-up. */
function medianMs(run, seconds, most = 500) {
  const warmUntil = performance.now() + Math.min(1000, seconds * 200);
  do run();
  while (performance.now() < warmUntil);
  const times = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end && times.length < most) {
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}

export function measure(name, seconds) {
  const config = CONFIGS[name];
  const { vocabulary, batch, seqLen } = config;
  unrolled.manualSeed(1);
  const model = new LanguageModel(config);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const x = randint(0, vocabulary, [seqLen, batch]);
  const y = randint(0, vocabulary, [seqLen * batch]);
  const train = () => {
    optimizer.zeroGrad();
    const [h] = model.hidden(x);
    const loss = nn.functional.linearCrossEntropy(h, model.head.weight, model.head.bias, y);
    loss.backward();
    nn.utils.clipGradNorm(model.parameters(), 0.25);
    optimizer.step();
  };
  const trainMs = medianMs(train, seconds);
  const forwardMs = medianMs(() => void noGrad(() => model.forward(x)[0]), seconds / 3);
  const one = randint(0, vocabulary, [1, 1]);
  let state;
  const step = () => {
    state = noGrad(() => model.forward(one, state)[1]);
  };
  const stepMs = medianMs(step, seconds / 6, 20_000);
  const tokens = seqLen * batch;
  const { name: engine, variant, threads } = unrolled.engine();
  return {
    peer: "unrolled",
    engine,
    variant,
    node: process.versions.node,
    config: name,
    threads,
    train_ms: round(trainMs, 3),
    train_tokens_per_s: Math.round((tokens / trainMs) * 1e3),
    gflops: round(stepFlops(config) / trainMs / 1e6, 1),
    forward_tokens_per_s: Math.round((tokens / forwardMs) * 1e3),
    step_us: round(stepMs * 1e3, 1),
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

function round(value, digits) {
  return Number(value.toFixed(digits));
}

const [name, seconds] = process.argv.slice(2);
console.log(JSON.stringify(measure(name, Number(seconds))));
