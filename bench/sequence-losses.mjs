/**
 * `--sequence-losses`: loss and gradients of CTC and of a CRF beside PyTorch's, round by round in turn, at one and more threads.
 * The emissions are leaves on both sides, so nothing but the loss is timed.
 */
import { fileURLToPath } from "node:url";
import { configure, nn, randint, randn } from "../dist/index.js";
import { PeerProcess } from "./client.mjs";
import { pytorchPeer } from "./entrants.mjs";
import { warnWhenBusy } from "./machine.mjs";
import { median, pairedRatios } from "./statistics.mjs";
import { textTable } from "./table.mjs";
import { timedRuns } from "./timing.mjs";

/** T, N, C and S of each. */
const SHAPES = [
  ["ctc", 50, 8, 30, 10],
  ["ctc", 50, 64, 100, 10],
  ["ctc", 150, 16, 30, 40],
  ["ctc", 500, 8, 100, 50],
  ["ctc", 500, 64, 30, 50],
  ["crf", 25, 32, 9, 0],
  ["crf", 100, 16, 20, 0],
].map(([kind, steps, batch, classes, letters]) => ({ kind, steps, batch, classes, letters }));

const PREPARE_SECONDS = 60;

const LOSSES = {
  ctc({ steps, batch, classes, letters }) {
    const logProbs = nn.functional
      .logSoftmax(randn([steps, batch, classes]))
      .detach()
      .clone();
    logProbs.requiresGrad = true;
    const targets = randint(1, classes, [batch, letters]);
    const [inputs, lengths] = [steps, letters].map((length) => new Array(batch).fill(length));
    return [[logProbs], () => nn.functional.ctcLoss(logProbs, targets, inputs, lengths)];
  },
  crf({ steps, batch, classes }) {
    const crf = new nn.CRF(classes);
    const emissions = randn([steps, batch, classes], { requiresGrad: true });
    const tags = randint(0, classes, [steps, batch]);
    return [[emissions, ...crf.parameters()], () => crf.forward(emissions, tags).neg()];
  },
};

function ours(shape) {
  const [leaves, loss] = LOSSES[shape.kind](shape);
  return () => {
    for (const leaf of leaves) {
      leaf.grad?.dispose();
      leaf.grad = null;
    }
    loss().backward();
    // Gradients come to where a training step would read them.
    for (const leaf of leaves) void leaf.grad.buffer;
  };
}

async function compare(shape, threads, { rounds, seconds }) {
  configure({ engine: "wasm", threads });
  const run = ours(shape);
  const peer = new PeerProcess(
    pytorchPeer(fileURLToPath(new URL("peers/sequence_losses.py", import.meta.url)), threads),
  );
  await peer.request({ op: "prepare", ...shape, threads }, PREPARE_SECONDS);
  const times = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    times.ours.push(median(await timedRuns(run, seconds)));
    const { ms } = await peer.request({ op: "time", what: "train", seconds }, PREPARE_SECONDS);
    times.theirs.push(ms);
  }
  peer.stop();
  return {
    shape,
    threads,
    ours: median(times.ours),
    theirs: median(times.theirs),
    ratio: median(pairedRatios(times.theirs, times.ours)),
  };
}

const COLUMNS = [
  ["loss", ({ shape }) => shape.kind, "left"],
  ["T", ({ shape }) => String(shape.steps)],
  ["N", ({ shape }) => String(shape.batch)],
  ["C", ({ shape }) => String(shape.classes)],
  ["S", ({ shape }) => String(shape.letters || "")],
  ["threads", ({ threads }) => String(threads)],
  ["Unrolled ms", ({ ours: ms }) => ms.toFixed(2)],
  ["PyTorch ms", ({ theirs: ms }) => ms.toFixed(2)],
  ["times as fast", ({ ratio }) => ratio.toFixed(2)],
];

export async function compareSequenceLosses(options) {
  warnWhenBusy();
  const rows = [];
  for (const threads of options.threads) for (const shape of SHAPES) rows.push(await compare(shape, threads, options));
  console.log(options.json ? JSON.stringify(rows) : textTable(COLUMNS, rows));
}
