import { Embedding } from "../../../nn/embedding.js";
import { Linear } from "../../../nn/linear.js";
import { cast } from "../../../tensor/ops/cast.js";
import { reshape } from "../../../tensor/ops/shape.js";
import { transposedArray } from "../../named-array.js";
import { activationName, activationOf } from "../activations.js";
import { KerasLayer, type LayerSpec, ModuleLayer, type Signal } from "../layer.js";
import { stepMaskOf } from "../step-mask.js";

/** kernel [I, O], over the last dimension. */
export function buildDense({ op, where, config, weights, dialect }: LayerSpec): KerasLayer {
  const units = config.count("units");
  const kernel = weights.take("kernel", [null, units]);
  const bias = config.boolean("use_bias", true);
  const linear = new Linear(kernel.shape[0], units, { bias });
  const activation = activationOf(op, where, activationName(config, "activation", "linear"), dialect);
  linear.loadStateDict({
    weight: transposedArray(kernel),
    ...(bias ? { bias: weights.take("bias", [units]) } : {}),
  });
  return new ModuleLayer(linear, activation);
}

/** A vector for each token; with `mask_zero`, steps with token 0 do not count. Ids may come as floats, as TensorFlow.js has them. */
export class KerasEmbedding extends KerasLayer {
  table: Embedding;
  readonly maskZero: boolean;

  constructor(table: Embedding, maskZero: boolean) {
    super();
    this.table = table;
    this.maskZero = maskZero;
  }

  call([{ x }]: readonly Signal[]): readonly Signal[] {
    const ids = x.dtype === "int32" ? x : cast(x, "int32");
    const y = this.table.forward(ids);
    if (!this.maskZero) return [{ x: y, mask: null }];
    const data = ids.data();
    const steps = ids.shape[1] ?? 1;
    return [{ x: y, mask: stepMaskOf(ids, (n, t) => data[n * steps + t] !== 0) }];
  }
}

export function buildEmbedding({ config, weights }: LayerSpec): KerasLayer {
  const [rows, width] = [config.count("input_dim"), config.count("output_dim")];
  const weight = weights.take("embeddings", [rows, width]);
  const table = new Embedding(rows, width);
  table.loadStateDict({ weight });
  return new KerasEmbedding(table, config.boolean("mask_zero", false));
}

/** A layer at each step by itself: [N, T, ..] is [N·T, ..] to it. */
export class KerasTimeDistributed extends KerasLayer {
  layer: KerasLayer;

  constructor(layer: KerasLayer) {
    super();
    this.layer = layer;
  }

  override resetState(): void {
    this.layer.resetState();
  }

  call([{ x, mask }]: readonly Signal[]): readonly Signal[] {
    const [batch, steps, ...rest] = x.shape;
    const [y] = this.layer.call([{ x: reshape(x, [batch * steps, ...rest]), mask: null }]);
    return [{ x: reshape(y.x, [batch, steps, ...y.x.shape.slice(1)]), mask }];
  }
}

export function buildTimeDistributed(spec: LayerSpec): KerasLayer {
  return new KerasTimeDistributed(spec.inner(spec.config.object("layer"), "layer"));
}
