import type { Step } from "../blueprint.js";
import { PYTHON_CELLS, TORCH_CELLS, TORCH_OPTIONS } from "./cells.js";
import { attributeOf } from "./names.js";

type Module = Step & { module: string };

/** A line of `__init__` for each module. */
export function moduleLine(step: Module): string {
  return `self.${attributeOf(step.module)} = ${constructorOf(step)}`;
}

function constructorOf(step: Module): string {
  switch (step.op) {
    case "embedding":
      return `nn.Embedding(${step.rows}, ${step.width})`;
    case "linear":
      return `nn.Linear(${step.inputSize}, ${step.outputSize}${step.bias ? "" : ", bias=False"})`;
    case "convolution":
      return `nn.Conv1d(${step.inputSize}, ${step.outputSize}, ${step.window}, padding=${(step.window - 1) / 2})`;
    case "recurrent": {
      const { cell, inputSize, hiddenSize, outputSize, numLayers, bidirectional } = step;
      const layers = numLayers === 1 ? "" : `, num_layers=${numLayers}`;
      const both = bidirectional ? ", bidirectional=True" : "";
      const projected = outputSize === hiddenSize ? "" : `, proj_size=${outputSize}`;
      const more = Object.hasOwn(TORCH_OPTIONS, cell) ? `, ${TORCH_OPTIONS[cell]}` : "";
      const name = TORCH_CELLS[cell] ?? PYTHON_CELLS[cell][0];
      return `${name}(${inputSize}, ${hiddenSize}${layers}${both}${projected}${more})`;
    }
    case "pool":
      return `Weights(query=(${step.width},))`;
    case "attention":
      return `Weights(${attentionShapes(step.score, step.width)})`;
    default:
      throw new TypeError(`${step.op} has no module`);
  }
}

function attentionShapes(score: "dot" | "general" | "additive", width: number): string {
  if (score === "dot") return "";
  const matrix = `(${width}, ${width})`;
  return score === "general" ? `weight=${matrix}` : `weight_query=${matrix}, weight_key=${matrix}, v=(${width},)`;
}

/** Parameters by themselves, of modules that `torch.nn` lacks. */
export const WEIGHTS = `class Weights(nn.Module):
    """Parameters by their names."""

    def __init__(self, **shapes):
        super().__init__()
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))
`;
