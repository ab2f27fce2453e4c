import { noGrad } from "../../autograd/index.js";
import { percent } from "../../base/number-text.js";
import { Generator } from "../../base/random.js";
import { type Listed, piecesOf, type Told } from "../../base/report.js";
import { bits, type Metric, meanLoss, perplexity, Sums } from "../../metrics/index.js";
import { type Share, WHOLE } from "../../train/collective/share.js";
import { type Samples, StoredSamples } from "../stored/samples.js";
import type { Labelled } from "./data.js";
import { type ClassWriter, padded } from "./model.js";
import type { GenerateOutput } from "./types.js";

export function metrics(): readonly Metric<GenerateOutput>[] {
  const known = new Sums<GenerateOutput>({
    name: "copied",
    unit: "%",
    better: "lower",
    format: percent,
    size: 2,
    add(sums, output) {
      sums[0] += output.known;
      sums[1] += output.samples;
    },
    value: ([sum, all]) => sum / all,
  });
  return [perplexity(), bits(), meanLoss(), known];
}

const PIECE = 64; // Rows computed at once.
/** Texts drawn to see how many are copies. */
const SAMPLES = 256;

/** The loss of rows, and samples of all conditions beside the rows that may have been copied. */
export function* outputsOf(
  model: ClassWriter,
  rows: Listed<Labelled>,
  from: Samples<Labelled>,
  told?: Told,
  share: Share = WHOLE,
): Iterable<GenerateOutput> {
  for (const piece of piecesOf(rows, PIECE, told, share.takes)) {
    const batch = padded(piece, model.ends);
    yield { loss: noGrad(() => model.loss(batch).item()), count: batch.count, samples: 0, known: 0 };
  }
  share.takeTime();
  if (!share.takes(Math.ceil(rows.length / PIECE))) return;
  // As many of each condition as the rows have, in turn; a generator of their own leaves training's alone.
  const conditions = Array.from(spreadOf(from, SAMPLES), ({ condition }) => condition);
  const texts = model.draw(conditions, 1, new Generator(model.config.seed)).map((ids) => ids.join());
  const drawn = new Set(texts);
  const known = new Set<string>();
  for (const { ids } of from) {
    const text = ids.join();
    if (drawn.has(text)) known.add(text);
  }
  yield { loss: 0, count: 0, samples: SAMPLES, known: texts.filter((text) => known.has(text)).length };
}

function spreadOf<S>(samples: Samples<S>, count: number): Iterable<S> {
  if (samples instanceof StoredSamples) return samples.spread(count);
  const step = samples.length / count;
  return Array.from({ length: count }, (_, i) => samples[Math.floor(i * step)]);
}
