import { FormatError } from "../../base/errors.js";
import { count } from "../../base/fields.js";
import { Generator } from "../../base/random.js";
import { functional } from "../../nn/index.js";
import { Tensor, tensor } from "../../tensor/index.js";
import type { Json } from "../../train/index.js";
import type { Remembers } from "../commands.js";
import { listOf, objectOf, PROBABILITY, TEXT } from "../described.js";
import { drawFrom, type GenerateOptions, type Reading, readOn } from "./generate.js";
import type { LanguageModel, RecurrentState } from "./model.js";
import { samplingProbabilities } from "./sampling.js";
import type { LanguageModelTypes } from "./task.js";

/** What was read or written until now. */
interface Memory {
  reading: Reading<RecurrentState> | null;
  /** Tokens in all. */
  tokens: number;
  /** The last of them: where words have spaces between them, what comes next depends on it. */
  last: number | null;
}

const natural = { type: "integer", minimum: 0 } as const;

/** A language model that goes on reading where it was, as a stream comes. */
export const remembers: Remembers<LanguageModelTypes, Memory> = {
  fields: { top: count(5, { help: "tokens that may come next, the likeliest first" }) },
  describe: () => ({
    input: TEXT,
    output: objectOf({
      tokens: { ...natural, description: "tokens of this piece" },
      read: { ...natural, description: "tokens of the session" },
      nats: { type: ["number", "null"], description: "how unlikely the piece was; null for the first token of all" },
      next: listOf(objectOf({ token: { type: "string" }, probability: PROBABILITY })),
    }),
  }),
  begin: () => ({ reading: null, tokens: 0, last: null }),
  read(model, _, memory, row, { top = 5 }) {
    if (typeof row !== "string") {
      throw new FormatError({ op: "session", argument: "row", must: "be a text", value: `${row.length} numbers` });
    }
    const ids = model.vocabulary.encode(row);
    if (ids.length === 0)
      throw new FormatError({ op: "session", argument: "text", must: "hold a token", value: "none" });
    const { reading, nats } = measured(model, ids, memory.reading);
    memory.reading = reading;
    memory.tokens += ids.length;
    memory.last = ids[ids.length - 1];
    return { tokens: ids.length, read: memory.tokens, nats, next: likeliest(model, reading, top as number) };
  },
  *write(model, memory, { prompt: _, ...options }) {
    const { vocabulary } = model;
    const text = vocabulary.stream();
    if (memory.last !== null) text.push(memory.last);
    const drawn = drawFrom(
      model,
      memory.reading,
      options as GenerateOptions,
      new Generator(Number(options["seed"] ?? 0)),
    );
    for (const { id, reading } of drawn) {
      memory.reading = reading;
      memory.tokens++;
      memory.last = id;
      const piece = text.push(id);
      if (piece !== "") yield piece;
    }
    const rest = text.end();
    if (rest !== "") yield rest;
  },
  bytes: ({ reading }) => (reading === null ? 0 : 4 * (reading.logits.length + numbersIn(reading.state))),
};

/** Reads on, and tells how unlikely what was read is after all before it. */
function measured(model: LanguageModel, ids: Int32Array, before: Reading<RecurrentState> | null) {
  let nats = before === null ? 0 : lossOf(before.logits, ids[0]);
  const counted = ids.length - (before === null ? 1 : 0);
  const reading = readOn(model, ids, before, (logits, from, last) => {
    // Each predicts the one after it; the last of a piece, the first of the next.
    const own = ids.slice(from + 1, from + logits.shape[0] + (last ? 0 : 1));
    if (own.length === 0) return;
    const losses = functional.crossEntropy(logits.narrow(0, 0, own.length).select(1, 0), tensor(own), {
      reduction: "sum",
    });
    nats += losses.item();
  });
  return { reading, nats: counted === 0 ? null : nats };
}

function lossOf(logits: ArrayLike<number>, id: number): number {
  return -Math.log(samplingProbabilities(logits)[id]);
}

function likeliest({ vocabulary }: LanguageModel, { logits }: Reading<RecurrentState>, top: number): Json {
  const probabilities = samplingProbabilities(logits);
  const order = Array.from(probabilities.keys()).sort((a, b) => probabilities[b] - probabilities[a] || a - b);
  return order.slice(0, top).map((id) => ({ token: vocabulary.tokenOf(id), probability: probabilities[id] }));
}

function numbersIn(state: unknown): number {
  if (state instanceof Tensor) return state.size;
  if (state === null || typeof state !== "object") return 0;
  return Object.values(state).reduce((sum: number, part) => sum + numbersIn(part), 0);
}
