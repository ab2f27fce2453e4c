/** Results as Markdown. Rows that lose are printed like those that win. */
import { CONFIGS, hasLengths, stepFlops } from "./configs.mjs";
import { isPytorch } from "./entrants.mjs";
import { rates, SAME_LOSS } from "./race.mjs";
import { pairedRatios, summary } from "./statistics.mjs";
import { markdownTable, threeDigits } from "./table.mjs";

const present = (values) => values.filter((value) => value != null);
const spread = (values) => {
  const found = summary(present(values));
  return found === null ? "–" : `${threeDigits(found.min)} – ${threeDigits(found.max)}`;
};
const middle = (values) => threeDigits(summary(present(values))?.median);

const speeds = (lane, kind) =>
  kind === "stream" ? Array.from(lane.times.stream, (ms) => (ms == null ? null : 1 / ms)) : rates(lane, kind);
const typical = (lane, kind) => summary(present(speeds(lane, kind)))?.median ?? 0;

/** Speed against the fastest of those that `isPeer` names at the same number of threads, round by round. */
export function speedRatio(row, rows, isPeer, kind) {
  const others = rows.filter((candidate) => isPeer(candidate) && candidate.threads === row.threads);
  if (others.length === 0) return null;
  const fastest = others.reduce((best, lane) => (typical(lane, kind) > typical(best, kind) ? lane : best));
  return summary(pairedRatios(speeds(row, kind), speeds(fastest, kind)));
}

const isOnnxRuntime = ({ id }) => id === "onnxruntime";

function ratioCell(ratio) {
  if (ratio === null) return "–";
  const range = ratio.min === ratio.max ? "" : ` (${threeDigits(ratio.min)} – ${threeDigits(ratio.max)})`;
  return `${threeDigits(ratio.median)} ×${range}`;
}

function sameCell(row) {
  if (row.same !== true) return row.same === undefined ? "–" : "no";
  if (row.lossError === undefined) return "–";
  const count = `${row.losses.length} loss${row.losses.length === 1 ? "" : "es"}`;
  if (!(row.lossError <= SAME_LOSS)) return `NO: ${count} differ by ${row.lossError.toExponential(0)}`;
  return `yes: ${count} within ${row.lossError === 0 ? "0" : row.lossError.toExponential(0)}`;
}

const peerColumns = [
  ["peer", (row) => row.label, "left"],
  ["threads", (row) => String(row.threads)],
];

function trainingTable(rows, config) {
  const flopsPerToken = stepFlops(config) / (config.batch * config.seqLen);
  const columns = hasLengths(config)
    ? []
    : [["GFLOP/s", (row) => (row.same === true ? threeDigits(gflops(row) / 1e9) : "–")]];
  const gflops = (row) => summary(present(rates(row, "train")))?.median * flopsPerToken;
  return markdownTable(
    [
      ...peerColumns,
      ["tokens/s", (row) => middle(rates(row, "train"))],
      ["min – max", (row) => spread(rates(row, "train"))],
      ["× PyTorch", (row) => ratioCell(speedRatio(row, rows, isPytorch, "train"))],
      ...columns,
      ["peak MB", (row) => (row.peakMb === undefined ? "–" : String(Math.round(row.peakMb)))],
      ["same computation", sameCell, "left"],
    ],
    rows.filter((row) => row.trains !== false),
  );
}

function forwardTable(rows, config) {
  const micros = (row) => Array.from(row.times.stream, (ms) => (ms == null ? null : ms * 1e3));
  const token = [
    ["one token, µs", (row) => middle(micros(row))],
    ["min – max", (row) => spread(micros(row))],
    ["× ONNX Runtime", (row) => ratioCell(speedRatio(row, rows, isOnnxRuntime, "stream"))],
  ];
  const peers = [["× ONNX Runtime", (row) => ratioCell(speedRatio(row, rows, isOnnxRuntime, "forward"))]];
  const lengths = hasLengths(config);
  return markdownTable(
    [
      ...peerColumns,
      ["forward tokens/s", (row) => middle(rates(row, "forward"))],
      ["min – max", (row) => spread(rates(row, "forward"))],
      ...(lengths ? [] : peers),
      ["× PyTorch", (row) => ratioCell(speedRatio(row, rows, isPytorch, "forward"))],
      ...(lengths ? [] : token),
    ],
    rows,
  );
}

/** What a table cannot say: who was left out and why, who computes something else. */
export function notes(rows) {
  const lines = new Map();
  for (const row of rows) {
    for (const text of [row.note, typeof row.same === "string" ? row.same : undefined]) {
      if (text === undefined) continue;
      const key = `${row.label}: ${text.replace(/\.$/, "")}`;
      lines.set(key, [...(lines.get(key) ?? []), row.threads]);
    }
  }
  const all = (label) => rows.filter((row) => row.label === label).length;
  return [...lines].map(([key, threads]) => {
    const label = key.slice(0, key.indexOf(": "));
    return threads.length === all(label)
      ? key
      : `${label}, ${threads.join(" and ")} threads: ${key.slice(label.length + 2)}`;
  });
}

const describe = (config) => {
  const { cell, vocabulary, embedding, hidden, layers, bidirectional, batch, seqLen, lengths, classes, tells } = config;
  const net = `${bidirectional ? "bidirectional " : ""}${cell}, vocabulary ${vocabulary.toLocaleString("en-US")}, embedding ${embedding}`;
  const sizes = `hidden size ${hidden}, ${layers} layer${layers === 1 ? "" : "s"}, batch ${batch}`;
  if (!hasLengths(config)) return `${net}, ${sizes}, length ${seqLen}`;
  const what = tells === "steps" ? "each step" : "each sequence";
  return (
    `${net}, ${sizes}; sequences of ${lengths[0]} to ${lengths[1]} steps, one of ${classes} classes for ${what}. A step makes its batch of ` +
    "the sequences, padded with lengths here and packed in PyTorch; tokens without padding are counted"
  );
};

function configSection({ name, config, date, settings, warning, rows }) {
  const measured = rows.filter((row) => row.tokensPerStep !== undefined);
  const said = notes(rows).map((line) => `- ${line}.`);
  return [
    `## ${name}`,
    `${describe(config)}. Measured ${date}, ${settings.rounds} rounds, windows of ${settings.seconds} s.` +
      (warning ? ` Note: ${warning}.` : ""),
    `### Training\n\n${trainingTable(measured, config)}`,
    `### Forward only${hasLengths(config) ? "" : ", and one token at a time"}\n\n${forwardTable(measured, config)}`,
    ...(said.length > 0 ? [said.join("\n")] : []),
  ].join("\n\n");
}

/** Each peer's version, once. */
export function versionLines(rows) {
  const found = new Map();
  for (const { label, version, detail } of rows) {
    if (version !== undefined && !found.has(label)) found.set(label, `${version}${detail ? ` (${detail})` : ""}`);
  }
  return [...found].map(([label, version]) => `- ${label}: ${version}`);
}

/** In the order of `CONFIGS`, what was measured anew in the place of what was there. */
export function merged(before, after) {
  const names = new Set(after.map(({ name }) => name));
  const order = Object.keys(CONFIGS);
  return [...before.filter(({ name }) => !names.has(name) && order.includes(name)), ...after].sort(
    (a, b) => order.indexOf(a.name) - order.indexOf(b.name),
  );
}

export function markdown({ machine, results }) {
  const rows = results.flatMap((result) => result.rows);
  return `${[
    "# Benchmark",
    "Written by `npm run bench -- --peers`; do not edit. A training step is: zero gradients, forward, cross entropy, backward, " +
      "clip the norm to 0.25, SGD 0.1. Peers run in turn, window by window, each in a process of its own. Figures are medians over the " +
      "rounds, with their smallest and largest; `×` is speed against that peer at the same number of threads (of several PyTorch the one that is fastest there), the median of the ratios " +
      "of single rounds. Peak memory is the whole process's. *Same computation*: the first losses from the same weights and data, against " +
      `ours, relative difference at most ${SAME_LOSS}. GFLOP/s count the plain computation, whoever does it. Unrolled does less where a batch ` +
      "has at least twice as many tokens as the embedding has rows (charrnn128x2, charrnn512x2): it multiplies each row by the first layer's weights once. " +
      "And for single tokens it keeps that product of a row from token to token, which takes the first layer's input weights out of what a token reads.",
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.os}. ` +
      "The windows named are for training, a third of it for forward passes, a sixth for single tokens.",
    versionLines(rows).join("\n"),
    ...results.map(configSection),
  ].join("\n\n")}\n`;
}
