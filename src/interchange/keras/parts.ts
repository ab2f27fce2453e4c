import { Linear } from "../../nn/linear.js";
import type { Module } from "../../nn/module.js";
import { tensor } from "../../tensor/index.js";
import type { NamedArray } from "../named-array.js";
import { confirmed } from "../recognise/by-running.js";
import { type RecurrentLayers, recurrentLayersIn } from "../recognise/recurrent-layers.js";
import type { FoundMatrix, RecurrentParts } from "../recognise/recurrent-model.js";
import type { KerasLayer } from "./layer.js";
import { KerasBidirectional } from "./layers/bidirectional.js";
import { KerasEmbedding } from "./layers/dense.js";
import { KerasRecurrent } from "./layers/recurrent.js";
import { type KerasModel, keyOfLayer } from "./model.js";

/** A model that is a chain of an embedding, recurrent layers and a dense one; null for any other. */
export function partsOfKeras(model: KerasModel): RecurrentParts | null {
  const embeddings: FoundMatrix[] = [];
  const heads: FoundMatrix[] = [];
  const recurrent: RecurrentLayers[] = [];
  for (const { layer: name } of model.graph.calls) {
    const layer = model.layers.get(keyOfLayer(name))!;
    const linear = linearIn(layer);
    if (layer instanceof KerasEmbedding) embeddings.push(matrixOf(name, layer.table));
    else if (layer instanceof KerasRecurrent || layer instanceof KerasBidirectional) {
      const found = layersOf(name, layer);
      if (found === null) return null;
      recurrent.push(...found);
    } else if (linear !== null) heads.push(matrixOf(name, linear));
    else if (layer.parameters().length > 0) return null;
  }
  if (embeddings.length !== 1 || heads.length !== 1 || recurrent.length === 0) return null;
  model.resetState();
  const parts = confirmed({ embedding: embeddings[0], recurrent, head: heads[0] }, (ids) => {
    const [told] = model.outputs(tensor(ids, { shape: [1, ids.length] }));
    return told.contiguous().data();
  });
  model.resetState();
  return parts;
}

/** Of a dense layer, and of one at each step. */
function linearIn(layer: KerasLayer): Linear | null {
  const { module, layer: inner } = layer as { module?: Module; layer?: { module?: Module } };
  const found = module ?? inner?.module;
  return found instanceof Linear ? found : null;
}

function arraysOf(module: Module): Map<string, NamedArray> {
  return new Map(
    [...module.stateDict()].map(([name, x]) => [name, { dtype: x.dtype, shape: x.shape, data: x.data() }]),
  );
}

function matrixOf(name: string, module: Module): FoundMatrix {
  const arrays = arraysOf(module);
  return { prefix: `${name}.`, weight: arrays.get("weight")!, bias: arrays.get("bias") ?? null };
}

/** Each cell as layers of their own; null for a way of joining directions that ours do not have. */
function layersOf(name: string, layer: KerasRecurrent | KerasBidirectional): RecurrentLayers[] | null {
  const isBoth = layer instanceof KerasBidirectional;
  if (isBoth && layer.mergeMode !== "concat") return null;
  const [forwards, backwards] = isBoth ? [layer.forwards, layer.backwards] : [layer, null];
  if (backwards !== null && forwards.cells.length > 1) return null;
  const all: RecurrentLayers[] = [];
  for (const [k, cell] of forwards.cells.entries()) {
    const arrays = new Map([...arraysOf(cell)].map(([own, array]) => [`${name}-${k}.${own}`, array]));
    for (const [own, array] of backwards === null ? [] : arraysOf(backwards.cells[k])) {
      arrays.set(`${name}-${k}.${own}_reverse`, array);
    }
    const { found } = recurrentLayersIn(arrays);
    if (found.length !== 1) return null;
    all.push(found[0]);
  }
  return all;
}
