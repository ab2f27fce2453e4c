import { encodeOnnx, type ValueToWrite } from "../../formats/onnx/encode.js";
import type { Port, Program, Step } from "../blueprint.js";
import { describedModel } from "../described.js";
import type { ModelToWrite, Obstacle, Precision, TargetWriter } from "../target.js";
import { GraphWriter } from "./graph.js";
import { addStep } from "./nodes.js";
import { hasCell } from "./recurrent.js";

/** What every runtime of the last years reads, and the first that has LayerNormalization. */
const OPSET = 17;

/** A graph for each program, with what the network does not know as its properties. */
export const onnxWriter: TargetWriter = {
  obstacles: ({ programs }) => {
    const found = new Map<string, Obstacle>();
    for (const step of programs.flatMap(({ steps }) => steps)) {
      if (step.op !== "recurrent" || hasCell(step.cell)) continue;
      found.set(step.module, { layer: step.module, why: `has the cell ${step.cell}` });
    }
    return [...found.values()];
  },
  write(model, precision) {
    const metadata = propertiesOf(model);
    const files = model.blueprint.programs.map((program): [string, Uint8Array] => {
      const name = program.name === "model" ? model.name : `${model.name}.${program.name}`;
      return [`${name}.onnx`, graphFile(model, program, { precision, metadata })];
    });
    return { files: new Map(files), notes: model.blueprint.notes };
  },
};

/** Texts by name, as ONNX has it: what is more than a text is JSON. */
function propertiesOf(model: ModelToWrite): Map<string, string> {
  const entries = Object.entries(describedModel(model));
  return new Map(entries.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]));
}

function graphFile(
  model: ModelToWrite,
  { name, inputs, steps, outputs }: Program,
  { precision, metadata }: { precision: Precision; metadata: ReadonlyMap<string, string> },
): Uint8Array {
  const graph = new GraphWriter(model.weights, precision);
  for (const step of steps) addStep(graph, step as Step);
  return encodeOnnx({
    producer: { name: "unrolled", version: "" },
    opset: OPSET,
    metadata,
    graph: graph.finished(inputs.map(valueToWrite), outputs.map(valueToWrite), `${model.blueprint.name} ${name}`),
  });
}

function valueToWrite({ name, type, shape }: Port): ValueToWrite {
  return { name, type: type === "int" ? "int64" : "float", shape };
}
