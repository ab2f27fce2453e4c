import { describe, expect, test, vi } from "vitest";
import { currentEngine } from "../../../src/engine/select.js";
import type { AttributeToWrite } from "../../../src/interchange/formats/onnx/encode.js";
import { compare, floats, type Graph, NO_RUNTIME, runtime } from "./onnxruntime.js";

type Kind = "RNN" | "LSTM" | "GRU";
const GATES = { RNN: 1, LSTM: 4, GRU: 3 };
const [L, N, I, H] = [5, 3, 4, 2];

interface Variant {
  kind: Kind;
  direction?: "forward" | "reverse" | "bidirectional";
  attributes?: Record<string, AttributeToWrite>;
  bias?: boolean;
  lengths?: number[];
  states?: boolean;
  peepholes?: boolean;
  /** Which outputs are asked for. */
  outputs?: string[];
  /** Whether a kernel does it. */
  fused?: boolean;
}

const title = ({ kind, direction = "forward", attributes = {}, ...rest }: Variant): string =>
  [
    kind,
    direction,
    ...Object.entries(attributes).map(([key, value]) => `${key}=${Object.values(value)}`),
    JSON.stringify(rest),
  ].join(" ");

function graphOf({
  kind,
  direction = "forward",
  attributes = {},
  bias = true,
  lengths,
  states,
  peepholes,
  outputs,
}: Variant): Graph {
  const D = direction === "bidirectional" ? 2 : 1;
  const G = GATES[kind] * H;
  const inputs: Graph["inputs"] = { X: floats(1, [L, N, I]) };
  const initializers: NonNullable<Graph["initializers"]> = { W: floats(2, [D, G, I]), R: floats(3, [D, G, H]) };
  const names = ["X", "W", "R", "", "", "", "", ""];
  const named = (place: number, name: string): string => {
    names[place] = name;
    return name;
  };
  if (bias) initializers[named(3, "B")] = floats(4, [D, 2 * G]);
  if (lengths) inputs[named(4, "lengths")] = { type: "int32", shape: [N], data: lengths };
  if (states) inputs[named(5, "h0")] = floats(5, [D, N, H]);
  if (states && kind === "LSTM") inputs[named(6, "c0")] = floats(6, [D, N, H]);
  if (peepholes) initializers[named(7, "P")] = floats(7, [D, 3 * H]);
  const made = outputs ?? (kind === "LSTM" ? ["Y", "Y_h", "Y_c"] : ["Y", "Y_h"]);
  const used = kind === "LSTM" ? 8 : 6;
  return {
    inputs,
    initializers,
    nodes: [
      {
        op: kind,
        inputs: names.slice(0, used),
        outputs: made,
        attributes: { hidden_size: { i: H }, direction: { s: direction }, ...attributes },
      },
    ],
    outputs: made.filter((name) => name !== ""),
  };
}

const KINDS: Kind[] = ["RNN", "LSTM", "GRU"];
const DIRECTIONS = ["forward", "reverse", "bidirectional"] as const;
const after = { linear_before_reset: { i: 1 } };
const functions = (...strings: string[]): Record<string, AttributeToWrite> => ({ activations: { strings } });

const VARIANTS: Variant[] = [
  ...KINDS.flatMap((kind) => {
    const attributes: Record<string, AttributeToWrite> = kind === "GRU" ? after : {};
    return DIRECTIONS.flatMap((direction): Variant[] => [
      { kind, direction, attributes, fused: true },
      { kind, direction, attributes, states: true, bias: false, fused: true },
      { kind, direction, attributes, states: true, lengths: [5, 2, 4], fused: true },
      { kind, direction, attributes, lengths: [3, 1, 3], fused: true },
      {
        kind,
        direction,
        attributes: { ...attributes, clip: { f: 0.3 } },
        states: true,
        lengths: [2, 5, 3],
        fused: false,
      },
    ]);
  }),
  ...DIRECTIONS.map((direction): Variant => ({ kind: "GRU", direction, states: true, fused: false })),
  ...DIRECTIONS.map((direction): Variant => ({ kind: "LSTM", direction, states: true, peepholes: true, fused: false })),
  { kind: "LSTM", attributes: { input_forget: { i: 1 } }, states: true, fused: false },
  { kind: "RNN", attributes: functions("Relu"), fused: true },
  { kind: "RNN", attributes: functions("Sigmoid"), fused: true },
  { kind: "RNN", direction: "bidirectional", attributes: functions("Relu", "Tanh"), fused: true },
  ...["Softsign", "Softplus", "Elu", "LeakyRelu", "ThresholdedRelu", "HardSigmoid", "ScaledTanh", "Affine"].map(
    (name): Variant => ({
      kind: "RNN",
      attributes: { ...functions(name), activation_alpha: { floats: [0.7] }, activation_beta: { floats: [0.4] } },
      states: true,
      fused: false,
    }),
  ),
  { kind: "RNN", attributes: functions("LeakyRelu"), fused: false },
  { kind: "RNN", attributes: functions("HardSigmoid"), fused: false },
  {
    kind: "LSTM",
    direction: "bidirectional",
    attributes: {
      ...functions("HardSigmoid", "LeakyRelu", "Tanh", "Sigmoid", "Affine", "Softsign"),
      activation_alpha: { floats: [0.3, 0.05, 0.9] },
      activation_beta: { floats: [0.4, 0.1] },
    },
    states: true,
    fused: false,
  },
  { kind: "GRU", attributes: { ...functions("HardSigmoid", "Relu"), ...after }, states: true, fused: false },
  { kind: "LSTM", outputs: ["", "Y_h"], fused: true },
  { kind: "LSTM", outputs: ["", "", "Y_c"], fused: true },
  { kind: "GRU", attributes: after, outputs: ["Y"], fused: true },
];

describe.skipIf(runtime === undefined)(`RNN, LSTM and GRU beside onnxruntime ${NO_RUNTIME}`, () => {
  test.each(VARIANTS.map((variant) => [title(variant), variant] as const))("%s", async (_, variant) => {
    const forward = vi.spyOn(currentEngine(), "sequenceForward");
    try {
      await compare(graphOf(variant), { rtol: 1e-5, atol: 2e-6 });
      // Three runs, one call a direction where the sequences are equally long.
      if (variant.fused) expect(forward.mock.calls.length).toBeGreaterThanOrEqual(3);
      else expect(forward.mock.calls.length).toBe(0);
    } finally {
      forward.mockRestore();
    }
  });
});
