import { noGrad } from "../../autograd/index.js";
import { tensor } from "../../tensor/index.js";
import { buildRecurrent, type ImportedModel } from "./imported-model.js";
import type { RecurrentLayers } from "./recurrent-layers.js";
import type { FoundMatrix, Pooling, RecurrentParts } from "./recurrent-model.js";

/** An embedding, recurrent layers and a linear layer that a graph seems to be made of. */
export interface Candidate {
  readonly embedding: FoundMatrix;
  readonly recurrent: readonly RecurrentLayers[];
  readonly head: FoundMatrix;
}

/** What a graph makes of one sequence of ids: all that it gives, in a row. @throws anything where it cannot */
export type RunOnIds = (ids: Int32Array) => ArrayLike<number>;

/** Steps of the sequence that both read. */
const LENGTH = 7;
const POOLINGS: readonly Pooling[] = ["steps", "last", "mean", "max"];

/**
 * The parts of a graph, with what it does between its recurrent layers and its linear one: that under which our modules say what it
 * says, number by number. Null where none does: then it is no such chain.
 */
export function confirmed({ embedding, recurrent, head }: Candidate, run: RunOnIds): RecurrentParts | null {
  const tokens = embedding.weight.shape[0];
  // Without the id 0, which may be padding.
  const ids = Int32Array.from({ length: LENGTH }, (_, t) => 1 + ((t * t * 5 + 3 * t + 1) % Math.max(1, tokens - 1)));
  const kinds = recurrent.some(({ cell }) => cell === "rnn") ? (["tanh", "relu"] as const) : (["tanh"] as const);
  try {
    const told = noGrad(() => run(ids));
    for (const nonlinearity of kinds) {
      const layers = recurrent.map((one) => (one.cell === "rnn" ? { ...one, nonlinearity } : one));
      const parts = { embedding, recurrent: layers, head };
      const scores = scoresOf(parts, ids, nonlinearity);
      const pooling = POOLINGS.find((one) =>
        VIEWS.some((view) => isSame(told, view(scores[one], head.weight.shape[0]))),
      );
      if (pooling !== undefined) return { ...parts, pooling };
    }
  } catch {
    // What cannot be run on one sequence of ids is something else.
  }
  return null;
}

/** What the linear layer says of each step, and of all of them in each way that they can become one. */
function scoresOf(
  parts: RecurrentParts,
  ids: Int32Array,
  nonlinearity: "tanh" | "relu",
): Record<Pooling, Float64Array> {
  return noGrad(() => {
    const { embed, rnn, head } = buildRecurrent(parts, { nonlinearity }) as ImportedModel;
    const [y] = rnn.forward(embed!.forward(tensor(ids, { shape: [ids.length, 1] })));
    const width = y.shape[2];
    const last = parts.recurrent[parts.recurrent.length - 1];
    const side = width / (last.bidirectional ? 2 : 1);
    const ends = y
      .narrow(0, ids.length - 1, 1)
      .contiguous()
      .data()
      .slice();
    // The other direction ends at the first step.
    if (last.bidirectional) ends.set(y.narrow(0, 0, 1).narrow(2, side, side).contiguous().data(), side);
    const score = (x: typeof y) => Float64Array.from(head!.forward(x).contiguous().data());
    return {
      steps: score(y),
      last: score(tensor(ends, { shape: [1, 1, width] })),
      mean: score(y.mean(0)),
      max: score(y.max(0)),
    };
  });
}

type View = (scores: Float64Array, size: number) => Float64Array;

const eachRow = (of: (row: Float64Array) => Float64Array): View => {
  return (scores, size) => {
    const out = new Float64Array(scores.length);
    for (let at = 0; at < scores.length; at += size) out.set(of(scores.subarray(at, at + size)), at);
    return out;
  };
};

const softmax = (row: Float64Array): Float64Array => {
  const most = Math.max(
    ...row.slice(0, 1),
    row.reduce((a, b) => Math.max(a, b)),
  );
  const all = row.map((x) => Math.exp(x - most));
  const sum = all.reduce((a, b) => a + b);
  return all.map((x) => x / sum);
};

/** What may stand above the linear layer, and changes no answer. */
const VIEWS: readonly View[] = [(scores) => scores, eachRow(softmax), eachRow((row) => softmax(row).map(Math.log))];

function isSame(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length || a.length === 0) return false;
  for (let i = 0; i < a.length; i++) if (!(Math.abs(a[i] - b[i]) <= 1e-4 * Math.abs(b[i]) + 1e-5)) return false;
  return true;
}
