import { noGrad } from "../../autograd/index.js";
import { type RecordedLayer, record } from "../../diagnostics/record.js";
import { functional } from "../../nn/index.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import type { ShownStep } from "../inspection/blocks.js";
import { gradientRow, normsByStep } from "../score/gradient-row.js";
import { atSteps, columns, inputGradients, type Predictions } from "../score/input-gradients.js";
import type { ScoreBlock } from "../score/score-blocks.js";
import type { PairData, PairMap } from "../score/score-data.js";
import { expectedBlocks } from "../score/written-blocks.js";
import { paddedSources } from "./batch.js";
import { copyLogProbs, copyLosses, type Pointing } from "./copying.js";
import type { Decoded, Encoded, EncoderDecoder } from "./model.js";

/** A source, and what was written of it, its end too. */
export interface WrittenPair {
  model: EncoderDecoder;
  source: Int32Array;
  written: readonly number[];
  sourceSteps: readonly ShownStep[];
  targetSteps: readonly ShownStep[];
  /** Where the decoder looked, a row a token that was written; null without attention. */
  attention: readonly (readonly number[])[] | null;
  labelOf(id: number): string;
}

/** Tokens whose gradients a pair shows at once: each is a walk of its own. */
const MOST_ROWS = 100;

/** What a score shows of a pair: expectations, where each token comes from, and two axes with what lies between them. */
export function pairBlocks(pair: WrittenPair): ScoreBlock[] {
  const { sourceSteps, targetSteps, labelOf } = pair;
  const walk = walkOf(pair);
  const layersOf = (name: string) => record(pair.model, walk.run).filter((layer) => layer.name.startsWith(name));
  return [
    ...expectedBlocks({ steps: targetSteps, ids: walk.targets, labelOf }, walk.logProbs),
    {
      ...{ kind: "traced", steps: targetSteps },
      about: "From the token under the cursor to those written before it: what each does to −log of its probability.",
      rows: (steps) => walk.rows(steps).map(({ step, before }) => gradientRow(step, before)),
    },
    { kind: "pair", steps: targetSteps, pair: () => pairData(pair, walk) },
    { kind: "layers", steps: targetSteps, from: -1, layers: () => layersOf("decoder") },
    {
      ...{ kind: "layers", steps: sourceSteps, from: 0 },
      layers: () => (pair.model.config.reverse ? layersOf("encoder").map(backwards) : layersOf("encoder")),
    },
  ];
}

function pairData({ sourceSteps, attention }: WrittenPair, { rows, targets }: Walk): PairData {
  const looked: PairMap[] = [];
  if (attention !== null) {
    looked.push({
      ...{ id: "attention", title: "attention", across: "pair" },
      about: "Where the decoder looks as it writes each token; the weights of a row are 1 in all.",
      values: Float32Array.from(attention.flat()),
    });
  }
  const steps = targets.length;
  const width = sourceSteps.length + steps;
  const known = rows(Array.from({ length: Math.min(steps, MOST_ROWS) }, (_, t) => t));
  const values = new Float32Array(known.length * width);
  for (const [t, { source, before }] of known.entries()) {
    values.set(source, t * width);
    values.set(before, t * width + sourceSteps.length);
  }
  const about =
    "What each token of the source, and each that was written before, does to −log of a token's probability.";
  return {
    ...{ title: "source", steps: sourceSteps },
    maps: [...looked, { ...{ id: "gradient", title: "gradient", across: "both", about, values } }],
  };
}

/** How a pair is walked through, and back. */
interface Walk {
  /** Ids of what is written, its end too. */
  targets: Int32Array;
  run(): void;
  logProbs(): Float32Array;
  /** Of each step what the source does to it, and what was written before does. */
  rows(steps: readonly number[]): { step: number; source: Float32Array; before: Float32Array }[];
}

function walkOf({ model, source, written }: WrittenPair): Walk {
  const { begin, end } = model.ends;
  const { reverse } = model.config;
  const targets = Int32Array.from([...written, end]);
  const [length, steps] = [source.length, targets.length];
  const read = noGrad(() => model.read(paddedSources([source], reverse)));
  const known = tensor([begin, ...written], { shape: [steps, 1], dtype: "int32" });
  const before = noGrad(() => model.readWritten(known));
  const decode = ([x, y]: readonly Tensor[]) => {
    const count = x.shape[1];
    const sources = paddedSources(new Array<Int32Array>(count).fill(source), reverse);
    const encoded = model.encodeRead(x, new Array<number>(count).fill(length), sources);
    return { encoded, decoded: model.decodeRead(encoded, y, model.begin(encoded)) };
  };
  const predictions: Predictions = {
    model,
    read: ({ length: width }) => [columns(read, width), columns(before, width)],
    predicted(x, places) {
      const { encoded, decoded } = decode(x);
      const wanted = Int32Array.from(places, (t) => targets[t]);
      if (encoded.origins === null) {
        return functional.crossEntropy(atSteps(decoded.logits, places), tensor(wanted), { reduction: "sum" });
      }
      const count = places.length;
      const all = Int32Array.from({ length: steps * count }, (_, i) => targets[Math.floor(i / count)]);
      const losses = copyLosses(decoded as Pointing, encoded.origins, tensor(all, { shape: [steps, count] }));
      return atSteps(losses, places).sum();
    },
  };
  return {
    targets,
    run: () => void noGrad(() => decode([read, before])),
    logProbs: () =>
      noGrad(() => {
        const { encoded, decoded } = decode([read, before]);
        return logProbsOf(encoded, decoded);
      }),
    rows: (places) =>
      inputGradients(predictions, places).map(([ofSource, ofWritten], b) => {
        const norms = normsByStep(ofSource, length);
        // What stands before the first token is none of them.
        const own = normsByStep(ofWritten, steps, places[b] + 1).subarray(1);
        return { step: places[b], source: reverse ? norms.reverse() : norms, before: own };
      }),
  };
}

/** [T, V] in a row; tokens that can only be copied stand behind those of the vocabulary. */
function logProbsOf({ origins }: Encoded, decoded: Decoded): Float32Array {
  const { logits, gate, weights } = decoded;
  if (origins === null) return logits.logSoftmax(-1).contiguous().data() as Float32Array;
  const rows = Array.from({ length: logits.shape[0] }, (_, t) => {
    const step = { logits: logits.narrow(0, t, 1), gate: gate!.narrow(0, t, 1), weights: weights!.narrow(1, t, 1) };
    return copyLogProbs(step, origins)[0];
  });
  return Float32Array.from(rows.flatMap((row) => [...row]));
}

/** A layer that read a sequence from its end, in the order of the sequence. */
function backwards(layer: RecordedLayer): RecordedLayer {
  const turned = (values: Float32Array): Float32Array => {
    const width = values.length / layer.steps;
    return values.map((_, i) => values[(layer.steps - 1 - Math.floor(i / width)) * width + (i % width)]);
  };
  return {
    ...layer,
    h: turned(layer.h),
    c: layer.c === null ? null : turned(layer.c),
    gates: layer.gates.map((gate) => ({ ...gate, values: turned(gate.values) })),
  };
}
