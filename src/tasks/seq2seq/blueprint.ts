import type { Blueprint, Port, Program, Step } from "../../interchange/targets/blueprint.js";
import type { Known } from "../commands.js";
import { floats, ints, lengthsOf } from "../export/ports.js";
import { recurrentPart } from "../recurrent/blueprint.js";
import { endsOf } from "../tokens/vocabularies.js";
import { decoderInput } from "./model.js";
import type { Seq2SeqTypes } from "./types.js";

const COPY_NOTE =
  "the probability of a token is sigmoid(gate) times its softmax of logits, and 1 - sigmoid(gate) times the weights of the steps of the " +
  "source at which it stands; a token of the source that the vocabulary lacks has an id from the vocabulary's size on";

/** An encoder and a decoder in the words of other toolkits, a program each. */
export function seq2seqBlueprint(known: Known<Seq2SeqTypes>): Blueprint {
  const { copy, reverse } = known.config;
  const notes = [
    "the decoder begins with <bos> and a target ends with <eos>",
    ...(reverse ? ["sources are read backwards: their ids are to be turned round"] : []),
    ...(copy ? [COPY_NOTE] : []),
  ];
  const about = "An encoder of sources, and a decoder that writes targets from what it ended with.";
  return { name: "EncoderDecoder", about, notes, programs: [encoder(known), decoder(known)] };
}

/** What both programs know by one name: what the encoder gives, and what of it the decoder reads. */
function shared({ hidden, attention, peeky }: Known<Seq2SeqTypes>["config"]): Port[] {
  return [
    ...(attention === "none" ? [] : [floats("outputs", ["S", "N", hidden], "what the encoder says of each step")]),
    ...(peeky ? [floats("last", ["N", hidden], "what the highest layer of the encoder ended with")] : []),
  ];
}

function embedded({ config, meta }: Known<Seq2SeqTypes>, side: "source" | "target"): Step[] {
  const { size } = meta[side];
  const module = side === "source" ? "embedSource" : "embedTarget";
  const by = endsOf(meta.target).unknown;
  return [
    ...(config.copy ? [{ op: "replace", size, by, input: "ids", output: "known" } as const] : []),
    { op: "embedding", module, rows: size, width: config.embed, input: config.copy ? "known" : "ids", output: "x" },
  ];
}

function encoder(known: Known<Seq2SeqTypes>): Program {
  const { config } = known;
  const { hidden, bidirectional, embed, peeky } = config;
  const part = recurrentPart(
    { ...config, input: embed, hidden: bidirectional ? hidden / 2 : hidden },
    {
      module: "encoder",
      input: "x",
      output: "outputs",
      lengths: "lengths",
      from: null,
      to: bidirectional ? "both_" : "",
    },
  );
  const states = part.after.map(({ name, shape, about }): Port => {
    const [rows, n, width] = shape as [number, string, number];
    if (!bidirectional) return floats(name, shape, about);
    return floats(name.replace("both_", ""), [rows / 2, n, 2 * width], about);
  });
  const joined = part.steps.flatMap(({ numLayers: layers, hiddenSize, nextStates }) =>
    nextStates.map((input): Step => {
      const output = input.replace("both_", "");
      return { op: "join-directions", layers, hidden: hiddenSize, input, output };
    }),
  );
  const top = part.steps[part.steps.length - 1].nextStates[0].replace("both_", "");
  const layers = part.steps[part.steps.length - 1].numLayers;
  return {
    name: "encode",
    about: "Sources side by side: what the decoder begins with, and looks back at.",
    inputs: [ints("ids", ["S", "N"], "tokens of the sources by their places in the vocabulary"), lengthsOf("tokens")],
    steps: [
      ...embedded(known, "source"),
      ...part.steps,
      ...(bidirectional ? joined : []),
      ...(peeky ? [{ op: "last-hidden", layers, directions: 1, hidden, input: top, output: "last" } as const] : []),
    ],
    outputs: [...shared(config), ...states],
  };
}

function decoder(known: Known<Seq2SeqTypes>): Program {
  const { config, meta } = known;
  const { hidden, attention, peeky, inputFeeding, copy } = config;
  const steps = inputFeeding ? 1 : "T";
  const settings = { ...config, input: decoderInput(config), bidirectional: false };
  const part = recurrentPart(settings, { module: "decoder", input: "read", output: "y", lengths: null });
  const fed = (name: string, about: string) => floats(name, [1, "N", hidden], about);
  const read = ["x", ...(peeky ? ["peeked"] : []), ...(inputFeeding ? ["fed"] : [])];
  const looks = attention !== "none";
  const head = { inputSize: hidden * (peeky ? 2 : 1), outputSize: meta.target.size, bias: true, tied: null };
  const shown = looks ? "found" : "y";
  return {
    name: "decode",
    about: `The next tokens of targets, ${inputFeeding ? "one" : "one or more"}, from the state after those before.`,
    inputs: [
      ints("ids", [steps, "N"], "the token before each, <bos> to begin with"),
      ...shared(config),
      ...part.before,
      ...(inputFeeding ? [fed("fed", "next_fed of the step before: zeros to begin with")] : []),
      ...(looks ? [ints("lengths", ["N"], "tokens of each source, 1 to S")] : []),
    ],
    steps: [
      ...embedded(known, "target"),
      ...(peeky ? [{ op: "repeat", input: "last", like: "x", output: "peeked" } as const] : []),
      { op: "concat", inputs: read, output: "read" },
      ...part.steps,
      ...(looks ? attended(config) : []),
      { op: "concat", inputs: [shown, ...(peeky ? ["peeked"] : [])], output: "shown" },
      { op: "linear", module: "head", ...head, input: "shown", output: "logits" },
    ],
    outputs: [
      floats("logits", [steps, "N", meta.target.size], "scores of each token; their softmax are probabilities"),
      ...part.after,
      ...(looks ? [floats("weights", ["N", steps, "S"], "where the decoder looked")] : []),
      ...(inputFeeding ? [fed("next_fed", "what the head read")] : []),
      ...(copy ? [floats("gate", [steps, "N", 1], "the logit of writing a token of the vocabulary")] : []),
    ],
  };
}

/** What the decoder finds in the source. */
function attended({ hidden, embed, attention, inputFeeding, copy }: Known<Seq2SeqTypes>["config"]): Step[] {
  const score = attention as "dot" | "general" | "additive";
  const both = { inputSize: 2 * hidden, outputSize: hidden, bias: false, tied: null };
  const gate = { inputSize: 2 * hidden + embed, outputSize: 1, bias: true, tied: null };
  const keys = { query: "y", keys: "outputs", lengths: "lengths" };
  return [
    { op: "attention", module: "attention", score, width: hidden, ...keys, output: "context", weights: "weights" },
    { op: "concat", inputs: ["context", "y"], output: "both" },
    { op: "linear", module: "combine", ...both, input: "both", output: "combined" },
    { op: "tanh", input: "combined", output: "found" },
    ...(inputFeeding ? [{ op: "concat", inputs: ["found"], output: "next_fed" } as const] : []),
    ...(copy
      ? ([
          { op: "concat", inputs: ["context", "y", "x"], output: "seen" },
          { op: "linear", module: "pointer", ...gate, input: "seen", output: "gate" },
        ] as const)
      : []),
  ];
}
