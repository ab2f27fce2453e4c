import { FormatError, OptionError, show } from "../../base/errors.js";
import { requireTensor } from "../../tensor/ops/raw.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Graph, Source } from "./graph.js";
import { KerasLayer, type Signal } from "./layer.js";

type Wiring = Pick<Graph, "inputs" | "calls" | "outputs" | "outputNames">;

/**
 * A model of Keras or TensorFlow.js, layer by layer in modules of `nn`: its parameters are those of the file, can be trained on, and
 * have PyTorch's names (`layers.lstm.cells.0.weight_ih_l0`). Tensors are in Keras's layout, batch first: [N, T, F].
 */
export class KerasModel extends KerasLayer {
  /** By Keras's names, in which a dot is a hyphen. */
  layers: Map<string, KerasLayer>;
  readonly graph: Wiring;

  constructor(layers: Map<string, KerasLayer>, graph: Wiring) {
    super();
    this.layers = layers;
    this.graph = graph;
  }

  /** What the model calls its inputs, in order. */
  get inputNames(): readonly string[] {
    return this.graph.inputs;
  }

  /** The layers that give its outputs, in order. */
  get outputNames(): readonly string[] {
    return this.graph.outputNames;
  }

  /**
   * @param inputs  as many as the model has, batch first; ids as int32 or as whole float32
   * @returns       the output; where the model has several, ask `outputs`
   * @throws OptionError for another number of inputs, or a model of several outputs
   */
  forward(...inputs: Tensor[]): Tensor {
    const { length } = this.graph.outputs;
    if (length !== 1) {
      const [argument, must] = ["model", "have one output"];
      const fix = "Call outputs(...inputs), which gives all of them.";
      throw new OptionError({ op: "KerasModel.forward", argument, must, value: `${length} of them`, fix });
    }
    return this.outputs(...inputs)[0];
  }

  /** All outputs, in the model's order. @throws OptionError for another number of inputs */
  outputs(...inputs: Tensor[]): Tensor[] {
    const op = "KerasModel.forward";
    const { inputNames } = this;
    if (inputs.length !== inputNames.length) {
      const must = `be ${inputNames.length}: ${inputNames.map(show).join(", ")}`;
      throw new OptionError({ op, argument: "inputs", must, value: String(inputs.length) });
    }
    for (const [i, x] of inputs.entries()) requireTensor(op, inputNames[i], x);
    return this.call(inputs.map((x) => ({ x, mask: null }))).map(({ x }) => x);
  }

  /** @internal */
  override takes(count: number): boolean {
    return count === this.graph.inputs.length;
  }

  /** @internal */
  call(inputs: readonly Signal[]): readonly Signal[] {
    const made: (readonly Signal[])[] = [];
    const signal = ([call, output]: Source): Signal => {
      const from = call < 0 ? inputs : made[call];
      if (output < from.length) return from[output];
      const argument = `layer ${show(this.graph.calls[call]?.layer ?? "input")}`;
      const must = `give ${output + 1} tensors, as the model asks of it`;
      throw new FormatError({ op: "KerasModel.forward", argument, must, value: String(from.length) });
    };
    for (const { layer, inputs: sources } of this.graph.calls) {
      made.push(this.layers.get(keyOfLayer(layer))!.call(sources.map(signal)));
    }
    return this.graph.outputs.map(signal);
  }

  /** Begins again with zeros in every stateful layer. */
  override resetState(): void {
    for (const layer of this.layers.values()) layer.resetState();
  }
}

/** Names of parameters are joined by dots. */
export function keyOfLayer(name: string): string {
  return name.replaceAll(".", "-");
}
