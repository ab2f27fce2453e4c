import { bytesOf, HALVES } from "../../formats/safetensors/stored-dtype.js";
import { encodeTorch, type TorchTensor } from "../../formats/torch/encode.js";
import { hasRows, quantizeRows, scaleName } from "../../int8.js";
import type { NamedArray } from "../../named-array.js";
import { chainScores } from "../chain-scores.js";
import { describedFile, ownWeights } from "../described.js";
import type { ModelToWrite, Precision, TargetWriter } from "../target.js";
import { chainsOf } from "./chain.js";
import { identifier, parameterOf } from "./names.js";
import { pythonSource } from "./source.js";

/** A state dict, a module in Python that takes it, and what the module does not know: vocabulary, classes, scales. */
export const pytorchWriter: TargetWriter = {
  obstacles: () => [],
  write(model, precision) {
    const name = identifier(model.name);
    const files = new Map([
      [`${name}.pt`, encodeTorch(stateDict(model, precision))],
      [`${name}.py`, new TextEncoder().encode(pythonSource(model, name, precision))],
      [`${name}.json`, describedFile(model)],
    ]);
    return { files, notes: model.blueprint.notes };
  },
};

function stateDict(model: ModelToWrite, precision: Precision): Map<string, TorchTensor> {
  const tensors = new Map<string, TorchTensor>();
  for (const [name, array] of ownWeights(model)) {
    const key = parameterOf(name);
    if (precision === "int8" && hasRows(array)) {
      const { data, scales } = quantizeRows(array);
      const bytes = new Uint8Array(data.buffer);
      tensors.set(key, { type: "CharStorage", shape: array.shape, bytes });
      tensors.set(scaleName(key), { type: "FloatStorage", shape: [scales.length], bytes: bytesOf(scales) });
    } else tensors.set(key, precision === "float16" ? halved(array) : whole(array));
  }
  // As they are: of layers alone weights are rounded.
  for (const step of chainsOf(model.blueprint)) {
    for (const [name, array] of Object.entries(chainScores(step, model.weights)))
      tensors.set(parameterOf(`${step.chain}.${name}`), whole(array));
  }
  return tensors;
}

function whole({ shape, data }: NamedArray): TorchTensor {
  return { type: "FloatStorage", shape, bytes: bytesOf(data) };
}

function halved({ shape, data }: NamedArray): TorchTensor {
  const halves = Uint16Array.from(data, HALVES.float16.bits);
  return { type: "HalfStorage", shape, bytes: new Uint8Array(halves.buffer) };
}
