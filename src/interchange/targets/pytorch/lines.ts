import type { AttentionStep, PoolStep, RecurrentStep, Step, StepKind } from "../blueprint.js";
import { TORCH_CELLS } from "./cells.js";
import { attributeOf } from "./names.js";

type Lines = { readonly [K in StepKind]: (step: Extract<Step, { op: K }>) => readonly string[] };

const at = (module: string): string => `self.${attributeOf(module)}`;
const unary = ({ op, input, output }: Extract<Step, { op: "tanh" | "sigmoid" }>) => [
  `${output} = torch.${op}(${input})`,
];

/** What each step is in Python. */
const LINES: Lines = {
  embedding: ({ module, input, output }) => [`${output} = ${at(module)}(${input})`],
  linear: ({ module, input, output }) => [`${output} = ${at(module)}(${input})`],
  recurrent,
  convolution: ({ module, input, lengths, output }) => [
    `${output} = ${at(module)}((${input} * within(${input}, ${lengths})).permute(1, 2, 0)).permute(2, 0, 1)`,
  ],
  pool,
  attention,
  "best-path": ({ chain, input, lengths, output }) => [`${output} = ${at(chain)}(${input}, ${lengths})`],
  "last-hidden": ({ directions, hidden, input, output }) => [
    `${output} = ${input}[-${directions}:].transpose(0, 1).reshape(-1, ${directions * hidden})`,
  ],
  "join-directions": ({ layers, hidden, input, output }) => [
    `${output} = ${input}.reshape(${layers}, 2, -1, ${hidden}).transpose(1, 2).reshape(${layers}, -1, ${2 * hidden})`,
  ],
  concat: ({ inputs, output }) => [
    `${output} = ${inputs.length === 1 ? inputs[0] : `torch.cat([${inputs.join(", ")}], -1)`}`,
  ],
  tanh: unary,
  sigmoid: unary,
  softmax: ({ input, output }) => [`${output} = torch.softmax(${input}, -1)`],
  affine: ({ scale, shift, input, output }) => [`${output} = ${input} * ${scale} + ${shift}`],
  repeat: ({ input, like, output }) => [`${output} = ${input}.expand(len(${like}), -1, -1)`],
  flatten: ({ input, output }) => [`${output} = ${input}.flatten(-2)`],
  unflatten: ({ width, input, like, output }) => [`${output} = ${input}.reshape(*${like}.shape[:2], ${width})`],
  replace: ({ size, by, input, output }) => [`${output} = ${input}.masked_fill(${input} >= ${size}, ${by})`],
  state: ({ from, rows, hidden, input, output }) => [
    `${output} = ${input}[:, ${from}:${from + rows * hidden}].reshape(-1, ${rows}, ${hidden}).transpose(0, 1).contiguous()`,
  ],
  zeros: ({ input, output }) => [`${output} = torch.zeros_like(${input})`],
};

export function linesOf<K extends StepKind>(step: Extract<Step, { op: K }>): readonly string[] {
  return (LINES[step.op as K] as (step: Extract<Step, { op: K }>) => readonly string[])(step);
}

function recurrent({ module, cell, input, lengths, states, output, nextStates }: RecurrentStep): readonly string[] {
  const tuple = (names: readonly string[]) => `(${names.join(", ")}${names.length === 1 ? "," : ""})`;
  const before = states === null ? "None" : tuple(states);
  const rest = `${input}, ${before}, ${lengths ?? "None"}`;
  const call = Object.hasOwn(TORCH_CELLS, cell) ? `run(${at(module)}, ${rest})` : `${at(module)}(${rest})`;
  return [`${output}, ${tuple(nextStates)} = ${call}`];
}

function pool({ mode, module, input, lengths, output }: PoolStep): readonly string[] {
  if (mode === "mean") return [`${output} = ${input}.sum(0) / ${lengths}.unsqueeze(1)`];
  const masked = (x: string) => `${x}.masked_fill(~within(${input}, ${lengths}), -torch.inf)`;
  if (mode === "max") return [`${output} = ${masked(input)}.amax(0)`];
  return [
    `weights = torch.softmax(${masked(`(${input} @ ${at(module!)}.query).unsqueeze(2)`)}, 0)`,
    `${output} = (weights * ${input}).sum(0)`,
  ];
}

function attention({ module, score, query, keys, lengths, output, weights }: AttentionStep): readonly string[] {
  const of = at(module);
  const [q, k] = [`${query}.transpose(0, 1)`, `${keys}.transpose(0, 1)`];
  const scores = {
    dot: `${q} @ ${keys}.permute(1, 2, 0)`,
    general: `${q} @ F.linear(${k}, ${of}.weight).transpose(1, 2)`,
    additive: `torch.tanh(F.linear(${q}, ${of}.weight_query).unsqueeze(2) + F.linear(${k}, ${of}.weight_key).unsqueeze(1)) @ ${of}.v`,
  }[score];
  return [
    `scores = ${scores}`,
    `beyond = ~within(${keys}, ${lengths}).permute(1, 2, 0)`,
    `${weights} = torch.softmax(scores.masked_fill(beyond, -torch.inf), -1)`,
    `${output} = (${weights} @ ${k}).transpose(0, 1)`,
  ];
}
