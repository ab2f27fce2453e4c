import { noGrad } from "../../autograd/index.js";
import { numberText, percent } from "../../base/number-text.js";
import { cutText } from "../../base/width.js";
import { readTable } from "../../data/readers/index.js";
import { functional } from "../../nn/index.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import type { Inspects } from "../commands.js";
import { judgedLoss } from "../health/judge.js";
import type { Evidence } from "../health/measured.js";
import type { Block } from "../inspection/blocks.js";
import { inspected } from "../inspection/report.js";
import { chosenRows, rowChoice, sampleTitle } from "../inspection/rows.js";
import { shownSteps } from "../inspection/tokens.js";
import { type WalkedLayer, walk, walkBlocks } from "../inspection/walk.js";
import { typedText } from "../rows/text-cells.js";
import type { ScoreBlock } from "../score/score-blocks.js";
import { writtenBlocks } from "../score/written-blocks.js";
import { countUnknown, unitOf } from "../tokens/unknown.js";
import { conditionText, writtenConditions } from "./conditions.js";
import { type Labelled, labelledOf, type Meaning } from "./data.js";
import { INSPECT_FIELDS } from "./inspect-fields.js";
import { type ClassWriter, padded } from "./model.js";
import type { GenerateTypes } from "./types.js";

/** How a writer would have written a text. */
interface Sample {
  line: number;
  condition: string;
  text: string;
  /** Its end, too. */
  tokens: string[];
  /** Of each token after those before it. */
  probabilities: number[];
  /** What would have been likeliest there. */
  likeliest: { token: string; probability: number }[][];
  /** Of all of it, in nats. */
  logProbability: number;
  layers: WalkedLayer[];
}

/** The next token's probabilities along a text, under what it is written of. */
export const inspect: Inspects<GenerateTypes> = {
  fields: INSPECT_FIELDS,
  async run(model, { config, meta }, content, options) {
    const { cell, layers, hidden } = config;
    const about = `a writer of texts, ${layers} ${cell} ${layers === 1 ? "layer" : "layers"} of ${hidden}`;
    const { label = null, condition = null } = options as { label?: string | null; condition?: string | null };
    const rows: { row: Labelled; line: number }[] = [];
    if (typeof content === "string") {
      const ids = typedText("generate", meta.vocabulary, content);
      const given = writtenConditions(meta.conditions, { label, condition }, "inspect");
      rows.push(...given.map((own) => ({ row: { ids, condition: own }, line: 1 })));
    } else if (content !== null) {
      const table = readTable(content.bytes, content.name);
      const all = labelledOf(table, config, meta).map((row, i) => ({ row, line: table.lines[i] }));
      rows.push(...chosenRows(all, rowChoice({ row: options["row"], rows: options["rows"] })));
    }
    const told = rows.map(({ row, line }) => toldOf(model, meta, row, line));
    const samples = told.map(({ sample }) => sample);
    return inspected(model, {
      about,
      values: { model: { task: "generate", cell, layers, hidden }, ...(content !== null && { samples }) },
      blocks: told.flatMap(({ blocks }) => blocks),
      more: told.flatMap(({ more }) => more),
      settings: config as unknown as Readonly<Record<string, unknown>>,
      walks: samples.map((sample) => sample.layers),
      evidence: () => evidenceOf(samples, meta, rows),
    });
  },
};

function evidenceOf(samples: readonly Sample[], { vocabulary }: Meaning, rows: readonly { row: Labelled }[]): Evidence {
  if (samples.length === 0) return {};
  const count = samples.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const loss = -samples.reduce((sum, { logProbability }) => sum + logProbability, 0) / count;
  const read = rows.flatMap(({ row }) => [...row.ids]);
  const unknown = countUnknown(vocabulary, read);
  const unit = unitOf(vocabulary.kind);
  return {
    judged: judgedLoss(loss, vocabulary.size, count, `${unit}s`),
    unknown: { count: unknown, share: unknown / Math.max(1, read.length), unit },
    // Each token has a gradient of its own.
    remembers: false,
  };
}

const MOST = 3; // Tokens that are named at each step.

/** What is told of a text, and what a score shows besides. */
interface Told {
  sample: Sample;
  blocks: Block[];
  more: ScoreBlock[];
}

function toldOf(model: ClassWriter, meta: Meaning, row: Labelled, line: number): Told {
  const { conditions, vocabulary } = meta;
  const { written, targets } = padded([row], model.ends);
  const logits = (x: Tensor) => {
    const condition = model.conditions(new Array(x.shape[1]).fill(row.condition));
    return model.steps(x, condition, model.start(condition))[0];
  };
  const { x, all } = noGrad(() => {
    const x = model.read(written);
    return { x, all: logits(x).softmax(-1).data() };
  });
  const ids = [...targets.data()];
  const size = all.length / ids.length;
  const { score, layers } = walk(model, x, (leaf) =>
    functional.crossEntropy(logits(leaf), tensor(targets.data(), { shape: targets.shape }), { reduction: "sum" }).neg(),
  );
  const sample: Sample = {
    line,
    condition: conditionText(conditions, row.condition),
    text: vocabulary.decode(row.ids),
    tokens: ids.map((id) => vocabulary.tokenOf(id)),
    probabilities: ids.map((id, t) => all[t * size + id]),
    likeliest: ids.map((_, t) => {
      const own = all.subarray(t * size, (t + 1) * size);
      const order = [...own.keys()].sort((a, b) => own[b] - own[a]).slice(0, MOST);
      return order.map((id) => ({ token: vocabulary.tokenOf(id), probability: own[id] }));
    }),
    logProbability: score,
    layers,
  };
  const labelOf = (id: number) => shownSteps(vocabulary, [id])[0].label;
  const blocks = blocksOf(sample, meta);
  const more = writtenBlocks({ ...{ model, ids, x, logits, labelOf }, steps: shownSteps(vocabulary, ids) });
  return { sample, blocks, more: [blocks[0], ...more] };
}

/** Rows of a table in a report. */
const MOST_ROWS = 60;

function blocksOf(sample: Sample, { vocabulary }: Meaning): Block[] {
  const { line, condition, text, tokens, probabilities, likeliest, logProbability, layers } = sample;
  const name = `line ${line}, ${condition}`;
  const shown = (list: readonly string[]) =>
    shownSteps(
      vocabulary,
      list.map((token) => vocabulary.idOf(token)!),
    );
  const steps = shown(tokens);
  const unit = unitOf(vocabulary.kind);
  const nats = -logProbability / tokens.length;
  const rows = tokens.slice(0, MOST_ROWS).map((_, t) => {
    const named = shown(likeliest[t].map(({ token }) => token));
    const told = named.map(({ label }, i) => `${cutText(label, 12)} ${percent(likeliest[t][i].probability)} %`);
    return [cutText(steps[t].label, 20), `${percent(probabilities[t])} %`, told.join("  ")];
  });
  return [
    { kind: "heading", text: sampleTitle(name, text) },
    { kind: "text", text: `${numberText(nats)} nats a ${unit}, perplexity ${numberText(Math.exp(nats))}` },
    {
      ...{ kind: "weighed", title: `Surprise of each ${unit}, ${name}`, steps, unit: "nats", reportOnly: true },
      about: "−log of its probability after those before it, under what the text is of.",
      weights: probabilities.map((probability) => -Math.log(probability)),
    },
    {
      ...{ kind: "table", title: `Next ${unit}s, ${name}`, isRight: (column) => column === 1 },
      rows: [[unit, "probability", "likeliest"], ...rows],
    },
    ...walkBlocks(layers, "the log probability of the text"),
  ];
}
