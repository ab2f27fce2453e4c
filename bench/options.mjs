/** The benchmark's command line. */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { CONFIGS } from "./configs.mjs";

const ENGINES = ["wasm", "blas", "reference"];

export const USAGE = `usage: npm run bench -- [--config NAME,...] [--threads T] [--engine ${ENGINES.join("|")}] [--seconds S] [--json]
       npm run bench -- --profile [--config NAME,...] [--threads T] [--engine E] [--seconds S] [--json]
       npm run bench -- --cliffs [--threads T] [--engine E] [--seconds S] [--json]
       npm run bench -- --against DIR [--config NAME,...] [--threads T] [--engine E] [--seconds S] [--json]
       npm run bench -- --memory [--config NAME,...] [--threads T] [--engine E] [--steps N] [--json]
       npm run bench -- --peers [--config NAME,...] [--threads T,...] [--only PEER,...] [--python COMMAND] [--rounds R] [--seconds S] [--budget S] [--fresh]
       npm run bench -- --sizes [--threads T,...] [--only PEER,...] [--python COMMAND] [--rounds R] [--seconds S] [--budget S] [--fresh]
       npm run bench -- --ranks [--config NAME,...] [--python COMMAND] [--rounds R] [--seconds S] [--json]
       npm run bench -- --sequence-losses [--threads T,...] [--rounds R] [--seconds S] [--json]

alone       Unrolled: training, forward passes, single tokens, peak memory
--profile   where a training step's time goes, kernel by kernel
--cliffs    GFLOP/s over cells, sizes and batches, odd ones included, against their neighbours
--against   the speed of this build over that of another checkout, which is built: both in one process, in turn
--memory    what the process and the engine hold, from 10 to N steps of training (default 10,000)
--peers     Unrolled beside PyTorch, ONNX Runtime, TensorFlow.js, jax-js and brain.js; writes bench/results.md and .json, where
            configurations that are not measured stay as they are
--sizes     training tokens/s against the hidden size, the same peers; writes bench/tokens-per-second.svg and .json
--ranks     training in two ranks of one thread each over one (mpirun), beside PyTorch's DistributedDataParallel, and how it
            would grow over machines
--sequence-losses  loss and gradients of CTC and of a CRF beside PyTorch's
--python    a command that runs Python with another PyTorch, which takes part beside the one found here: "chroot DIR python3"
--budget    seconds that one peer may take for one configuration; one that is too slow is reported as such
--fresh     measure all again; without it, what an interrupted run has finished is kept

configurations: ${Object.keys(CONFIGS).join(", ")}`;

export class UsageError extends Error {}

const FLAGS = {
  config: { type: "string" },
  threads: { type: "string" },
  engine: { type: "string" },
  only: { type: "string" },
  python: { type: "string" },
  seconds: { type: "string" },
  rounds: { type: "string" },
  budget: { type: "string" },
  steps: { type: "string" },
  peers: { type: "boolean", default: false },
  sizes: { type: "boolean", default: false },
  ranks: { type: "boolean", default: false },
  "sequence-losses": { type: "boolean", default: false },
  profile: { type: "boolean", default: false },
  cliffs: { type: "boolean", default: false },
  memory: { type: "boolean", default: false },
  against: { type: "string" },
  json: { type: "boolean", default: false },
  fresh: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
};

/** Each way to run, with what a plain call means. */
const MODES = {
  alone: { flags: ["config", "threads", "engine", "seconds", "json"], seconds: 6 },
  profile: { flags: ["config", "threads", "engine", "seconds", "json"], seconds: 4 },
  cliffs: { flags: ["threads", "engine", "seconds", "json"], seconds: 0.1 },
  against: { flags: ["config", "threads", "engine", "seconds", "json"], seconds: 4 },
  memory: { flags: ["config", "threads", "engine", "steps", "json"], seconds: 1 },
  peers: {
    flags: ["config", "threads", "only", "python", "seconds", "rounds", "budget", "fresh"],
    seconds: 3,
    threads: "1,2",
  },
  sizes: { flags: ["threads", "only", "python", "seconds", "rounds", "budget", "fresh"], seconds: 2, threads: "1" },
  ranks: { flags: ["config", "python", "rounds", "seconds", "json"], seconds: 4, config: "better650,charrnn512x2" },
  "sequence-losses": { flags: ["threads", "rounds", "seconds", "json"], seconds: 0.5, threads: "1,2" },
};

function modeOf(values) {
  const modes = ["peers", "sizes", "profile", "cliffs", "memory", "against", "ranks", "sequence-losses"];
  const given = modes.filter((name) => values[name]);
  if (given.length > 1) throw new UsageError(`--${given[0]} and --${given[1]} are two runs: give one of them.`);
  const mode = given[0] ?? "alone";
  for (const flag of [
    "config",
    "threads",
    "engine",
    "only",
    "python",
    "seconds",
    "rounds",
    "budget",
    "steps",
    "json",
    "fresh",
  ]) {
    if (values[flag] && !MODES[mode].flags.includes(flag)) {
      throw new UsageError(
        `--${flag} has no meaning ${mode === "alone" ? "without a mode that takes it" : `with --${mode}`}.`,
      );
    }
  }
  return mode;
}

function positive(name, text) {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new UsageError(`--${name} must be a positive number, got ${text}.`);
  return value;
}

function positiveInteger(name, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`--${name} must be a positive integer, got ${text}.`);
  return Number(text);
}

function namesOf(text = Object.keys(CONFIGS).join(",")) {
  const names = text.split(",");
  const unknown = names.find((name) => !Object.hasOwn(CONFIGS, name));
  if (unknown !== undefined) {
    throw new UsageError(
      `--config: there is no configuration ${JSON.stringify(unknown)}; there are ${Object.keys(CONFIGS).join(", ")}.`,
    );
  }
  return names;
}

function engineOf(name) {
  if (name === undefined || ENGINES.includes(name)) return name;
  throw new UsageError(
    `--engine must be one of ${ENGINES.join(", ")}, got ${JSON.stringify(name)}. 256-bit vectors are a variant of wasm: UNROLLED_WASM256=1, on Node 24 or later.`,
  );
}

function parse(args) {
  try {
    return parseArgs({ args, options: FLAGS }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** @throws UsageError */
export function readOptions(args) {
  const values = parse(args);
  if (values.help) return { mode: "help" };
  const mode = modeOf(values);
  const several = ["peers", "sizes", "sequence-losses"].includes(mode);
  const counts =
    values.threads?.split(",") ?? MODES[mode].threads?.split(",").filter((count) => count <= cpus().length);
  const threads = counts?.map((count) => positiveInteger("threads", count));
  if (!several && threads?.length > 1)
    throw new UsageError(`--threads must be one number here, got ${values.threads}.`);
  return {
    mode,
    names: namesOf(values.config ?? MODES[mode].config),
    threads,
    engine: engineOf(values.engine),
    only: values.only?.split(","),
    python: values.python,
    seconds: positive("seconds", values.seconds ?? MODES[mode].seconds),
    rounds: positiveInteger("rounds", values.rounds ?? "7"),
    steps: positiveInteger("steps", values.steps ?? "10000"),
    budget: positive("budget", values.budget ?? 120),
    against: values.against,
    json: values.json,
    fresh: values.fresh,
  };
}
