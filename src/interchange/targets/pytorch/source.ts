import type { Blueprint, Port, Program, Step } from "../blueprint.js";
import { modulesOf } from "../steps-of.js";
import type { ModelToWrite, Precision } from "../target.js";
import { LAYERS, PYTHON_CELLS, TORCH_CELLS } from "./cells.js";
import { CHAIN, chainLine, chainsOf } from "./chain.js";
import { linesOf } from "./lines.js";
import { moduleLine, WEIGHTS } from "./modules.js";
import { attributeOf, docText } from "./names.js";

const RUN = `def run(layers, x, states=None, lengths=None):
    """Outputs [L, N, D*H], zero beyond a sequence's end, and the states at its end; states go in and come out as tuples."""
    if states is not None and len(states) == 1:
        (states,) = states
    if lengths is None:
        y, after = layers(x, states)
    else:
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths.cpu(), enforce_sorted=False)
        y, after = layers(packed, states)
        y, _ = nn.utils.rnn.pad_packed_sequence(y, total_length=len(x))
    return y, after if isinstance(after, tuple) else (after,)
`;

const WITHIN = `def within(x, lengths):
    """Which steps of x [L, N, ...] are a sequence's own: [L, N, 1]."""
    return (torch.arange(len(x), device=x.device).unsqueeze(1) < lengths).unsqueeze(2)
`;

/** A module of Python that rebuilds the network with `torch.nn`, and loads its weights. */
export function pythonSource({ title, blueprint }: ModelToWrite, name: string, precision: Precision): string {
  const all = blueprint.programs.flatMap(({ steps }) => steps);
  const cells = new Set(all.flatMap((step) => (step.op === "recurrent" ? [step.cell] : [])));
  const own = [...cells].filter((cell) => !Object.hasOwn(TORCH_CELLS, cell));
  const uses = (...ops: readonly Step["op"][]) => all.some(({ op }) => ops.includes(op));
  const parts = [
    ...(own.length < cells.size ? [RUN] : []),
    ...(uses("convolution", "pool", "attention", "best-path") ? [WITHIN] : []),
    ...(all.some((step) => step.op === "attention" || (step.op === "pool" && step.module !== null)) ? [WEIGHTS] : []),
    ...(own.length > 0 ? [LAYERS] : []),
    ...own.map((cell) => PYTHON_CELLS[cell][1]),
    ...(uses("best-path") ? [CHAIN] : []),
    classOf(blueprint),
    loadOf(blueprint, precision),
  ];
  const imports = [
    "from pathlib import Path",
    ...(own.length > 0 ? ["from types import SimpleNamespace"] : []),
    "",
    "import torch",
    "from torch import nn",
    ...(own.length > 0 || uses("attention") ? ["from torch.nn import functional as F"] : []),
  ];
  const needs = `${title[0].toUpperCase()}${title.slice(1)} that was trained with Unrolled: needs PyTorch alone.`;
  const example = `    model = load()  # reads ${name}.pt beside this file`;
  const head = `"""${needs}\n\n${example}\n\nWhat goes in and what comes out mean, says ${name}.json.\n"""\n\n${imports.join("\n")}\n`;
  return [head, ...parts].join("\n\n");
}

function classOf(blueprint: Blueprint): string {
  const modules = [...modulesOf(blueprint).values()];
  const init = [
    "def __init__(self):",
    "    super().__init__()",
    ...modules.map((step) => `    ${moduleLine(step)}`),
    ...chainsOf(blueprint).map((step) => `    ${chainLine(step)}`),
    ...tiedIn(blueprint).map(([to, from]) => `    self.${attributeOf(to)}.weight = self.${attributeOf(from)}.weight`),
  ];
  const methods = [init, ...blueprint.programs.map(methodOf)];
  const body = methods.map((lines) => lines.map((line) => (line === "" ? "" : `    ${line}`)).join("\n")).join("\n\n");
  return `class ${blueprint.name}(nn.Module):\n    """${blueprint.about}"""\n\n${body}\n`;
}

/** Modules whose weight is another's, and that one. */
function tiedIn(blueprint: Blueprint): (readonly [to: string, from: string])[] {
  return [...modulesOf(blueprint).values()].flatMap((step) =>
    step.op === "linear" && step.tied !== null ? [[step.module, step.tied] as const] : [],
  );
}

function methodOf({ name, about, inputs, outputs, steps }: Program): string[] {
  const last = inputs.length - 1;
  const parameters = inputs.map((port, i) => (i === last && isOptional(port, steps) ? `${port.name}=None` : port.name));
  const told = (port: Port) => `    ${port.name}: ${port.type} [${port.shape.join(", ")}], ${docText(port.about)}`;
  return [
    `def ${name === "model" ? "forward" : name}(self, ${parameters.join(", ")}):`,
    `    """${about}`,
    "",
    ...inputs.map(told),
    "    Returns:",
    ...outputs.map((port) => `    ${told(port)}`),
    '    """',
    ...steps.flatMap((step) => linesOf(step).map((line) => `    ${line}`)),
    `    return ${outputs.map((port) => port.name).join(", ")}`,
  ];
}

/** Lengths that only recurrent layers read: without them every sequence has all steps. */
function isOptional({ name }: Port, steps: readonly Step[]): boolean {
  return name === "lengths" && steps.every((step) => step.op === "recurrent" || !Object.values(step).includes(name));
}

function loadOf(blueprint: Blueprint, precision: Precision): string {
  const scaled = [
    '    for key in [key for key in weights if key.endswith(".scale")]:',
    '        scale, of = weights.pop(key), key[: -len(".scale")]',
    "        weights[of] = weights[of] * scale.reshape(-1, *[1] * (weights[of].dim() - 1))",
  ];
  return [
    'def load(path=Path(__file__).with_suffix(".pt")):',
    '    """The trained model, in evaluation mode."""',
    `    model = ${blueprint.name}()`,
    '    weights = torch.load(path, map_location="cpu", weights_only=True)',
    ...(precision === "int8" ? scaled : []),
    ...tiedIn(blueprint).map(
      ([to, from]) => `    weights["${attributeOf(to)}.weight"] = weights["${attributeOf(from)}.weight"]`,
    ),
    "    model.load_state_dict(weights)",
    "    return model.eval()",
    "",
  ].join("\n");
}
