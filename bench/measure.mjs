/** Measures one configuration of Unrolled in this process and prints one JSON line: `node measure.mjs CONFIG SECONDS`. */
import { currentEngine } from "../dist/engine/select.js";
import * as unrolled from "../dist/index.js";
import { CONFIGS, hasLengths, inputRows, stepFlops } from "./configs.mjs";
import { makeProblem } from "./problem.mjs";
import { median } from "./statistics.mjs";
import { timedRuns } from "./timing.mjs";
import { workOf } from "./work.mjs";

const medianMs = async (run, seconds, most) => median(await timedRuns(run, seconds, most));

async function measure(name, seconds) {
  const config = CONFIGS[name];
  const { train, forward, stream, tokensPerStep: tokens } = workOf(makeProblem(config));
  const trainMs = await medianMs(() => void train(), seconds);
  const forwardMs = await medianMs(forward, seconds / 3);
  const stepMs = stream ? await medianMs(stream, seconds / 6, 20_000) : Number.NaN;
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
    gflops: hasLengths(config) ? null : round(stepFlops(config, inputRows(config, currentEngine())) / trainMs / 1e6, 1),
    forward_tokens_per_s: Math.round((tokens / forwardMs) * 1e3),
    step_us: stream ? round(stepMs * 1e3, 1) : null,
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

function round(value, digits) {
  return Number(value.toFixed(digits));
}

const [name, seconds] = process.argv.slice(2);
try {
  console.log(JSON.stringify(await measure(name, Number(seconds))));
} catch (error) {
  if (!(error instanceof unrolled.UnrolledError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
