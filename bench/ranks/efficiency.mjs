/** npm run bench -- --ranks: training in two ranks of one thread each over one, beside PyTorch's DistributedDataParallel. */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONFIGS, hasLengths } from "../configs.mjs";
import { entrants, isPytorch } from "../entrants.mjs";
import { warnWhenBusy } from "../machine.mjs";
import { UsageError } from "../options.mjs";
import { makeProblem, writeProblem } from "../problem.mjs";
import { median } from "../statistics.mjs";
import { textTable } from "../table.mjs";
import { grown, NETWORKS } from "./simulation.mjs";

const RANKS = 2;
const here = (file) => join(import.meta.dirname, file);

/** The line of JSON that it prints, which libraries may print beside; null where there is none. */
function output({ command, args, env = {} }, problem = "ignore") {
  return new Promise((resolve, reject) => {
    const stdio = ["ignore", "pipe", "pipe", "ignore", problem];
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio });
    const [out, err] = [[], []];
    child.stdout.on("data", (part) => out.push(part));
    child.stderr.on("data", (part) => err.push(part));
    child.on("error", reject);
    child.on("close", (code) => {
      const lines = (parts) => String(Buffer.concat(parts)).trim().split("\n");
      const found = lines(out).find((line) => line.startsWith("{"));
      if (code === 0) resolve(found === undefined ? null : JSON.parse(found));
      else reject(new Error(`${command} ended with ${code}: ${lines(err).at(-1)}`));
    });
  });
}

function unrolled(problem, seconds, size) {
  const env = { UNROLLED_THREADS: "1", UNROLLED_ENGINE: "wasm" };
  const own = [here("rank.mjs"), problem, String(seconds)];
  if (size === 1) return output({ command: process.execPath, args: own, env });
  const asRoot = process.getuid?.() === 0 ? ["--allow-run-as-root"] : [];
  const args = [...asRoot, "-n", String(size), "--bind-to", "core", process.execPath, ...own];
  return output({ command: "mpirun", args, env });
}

/** A port that nobody listens on. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** The definitions of the peer, without its main program, and what a rank does with them. */
const DDP = `${readFileSync(here("../peers/pytorch.py"), "utf8").split("\ndef main():")[0]}\n${readFileSync(here("ddp.py"), "utf8")}`;

function pytorch({ start }) {
  return async (problem, seconds, size) => {
    const port = await freePort();
    const { command, args, env } = start(1);
    const found = await Promise.all(
      Array.from({ length: size }, async (_, rank) => {
        const file = openSync(problem, "r");
        const own = [DDP, String(rank), String(size), String(port), String(seconds)];
        try {
          return await output({ command, args: [...args.slice(0, -1), ...own], env: { ...env, USE_LIBUV: "0" } }, file);
        } finally {
          closeSync(file);
        }
      }),
    );
    return found[0];
  };
}

/** Milliseconds of a step alone and in ranks, in turn. */
async function measured(run, problem, { rounds, seconds }) {
  const times = { 1: [], [RANKS]: [] };
  let numbers = 0;
  for (let round = 0; round < rounds; round++) {
    for (const size of round % 2 === 0 ? [1, RANKS] : [RANKS, 1]) {
      const found = await run(problem, seconds, size);
      times[size].push(found.ms);
      numbers = found.numbers ?? 0;
    }
  }
  const alone = median(times[1]);
  const ratios = times[1].map((ms, i) => ms / times[RANKS][i]);
  return { alone, ranks: median(times[RANKS]), efficiency: median(ratios), best: Math.max(...ratios), numbers };
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;

const COLUMNS = [
  ["configuration", (row) => row.name, "left"],
  ["", (row) => row.label, "left"],
  ["1 rank, ms", (row) => row.alone.toFixed(1)],
  [`${RANKS} ranks, ms`, (row) => row.ranks.toFixed(1)],
  ["efficiency", (row) => percent(row.efficiency)],
  ["best round", (row) => percent(row.best)],
  ["tokens/s", (row) => Math.round(row.tokensPerSecond).toLocaleString("en-US")],
];

export async function measureRanks({ names, python, rounds, seconds, json }) {
  const unfit = names.find((name) => hasLengths(CONFIGS[name]));
  if (unfit !== undefined) throw new UsageError(`--ranks trains on batches of one length, and ${unfit} has many.`);
  warnWhenBusy();
  const folder = mkdtempSync(join(tmpdir(), "unrolled-ranks-"));
  const peers = entrants(python).filter((one) => isPytorch(one) && !one.missing && !one.id.endsWith("as-installed"));
  const rows = [];
  try {
    for (const name of names) {
      const { batch, seqLen } = CONFIGS[name];
      const problem = join(folder, name);
      writeProblem(problem, makeProblem(CONFIGS[name]));
      const all = [
        { label: "Unrolled, wasm", run: unrolled },
        ...peers.map((peer) => ({ label: `${peer.label}, DDP (gloo)`, run: pytorch(peer) })),
      ];
      for (const { label, run } of all) {
        const found = await measured(run, problem, { rounds, seconds });
        rows.push({ name, label, ...found, tokensPerSecond: (1000 * RANKS * batch * seqLen) / found.ranks });
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (json) for (const row of rows) console.log(JSON.stringify(row));
  else {
    console.log(`${textTable(COLUMNS, rows)}\n`);
    for (const row of rows.filter(({ numbers }) => numbers > 0)) console.log(simulated(row));
  }
}

/** How it would grow, in a table. */
function simulated({ name, alone, ranks, numbers }) {
  const rows = grown({ aloneMs: alone, ranksMs: ranks, ranks: RANKS, numbers });
  const columns = [
    ["machines", (row) => String(row.machines)],
    ...NETWORKS.map(({ label }, i) => [label, (row) => percent(row.efficiencies[i])]),
  ];
  return `${name}, simulated: efficiency of machines of one rank each, ${numbers.toLocaleString("en-US")} parameters\n${textTable(columns, rows)}\n`;
}
